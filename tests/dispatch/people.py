"""People with a past: put somewhere, on duty, with offers answered and engagements ended."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from service.db.base import new_id
from tests.dispatch.conftest import CHIKAN

NORTH = 0.0005
"""Degrees, some 55 m."""


def local(moment):
    """A local time ("2026-06-03 23:00") in UTC."""
    return datetime.fromisoformat(f"{moment}+08:00").astimezone(UTC)


async def normal_members(session, count, where="true"):
    """Normal members by number, as strings."""
    found = await session.scalars(
        text(
            "SELECT m.id FROM member m JOIN unit u ON u.id = m.unit_id JOIN grid g ON g.id = m.home_grid_id"
            f" JOIN grid o ON o.id = u.office_grid_id WHERE m.tier = 'normal' AND {where}"
            " ORDER BY m.number LIMIT :count"
        ),
        {"count": count},
    )
    members = [str(member) for member in found]
    assert len(members) == count
    return members


async def on_duty(session, *members):
    """Switch members on, without an end."""
    for member in members:
        await session.execute(
            text(
                "INSERT INTO duty_switch (member_id, state, set_at) VALUES (:id, 'on', '2026-06-01T00:00Z')"
                " ON CONFLICT (member_id) DO UPDATE SET state = 'on', until = NULL"
            ),
            {"id": member},
        )
    await session.commit()


async def put(session, at, *members, place=CHIKAN):
    """Put members somewhere, seen there just now, and switch them on duty."""
    for member in members:
        await session.execute(
            text(
                "INSERT INTO presence (member_id, at, location, accuracy_m, grid_id)"
                " SELECT :id, :at, here.point, 10, v.grid_id FROM"
                " (SELECT ST_SetSRID(ST_Point(:lon, :lat), 4490) AS point) here"
                " JOIN grid_version v ON v.leaf AND v.valid_to IS NULL AND ST_Covers(v.geom, here.point)"
                " JOIN grid g ON g.id = v.grid_id AND g.layer = 'governance'"
                " ON CONFLICT (member_id) DO UPDATE SET at = excluded.at, location = excluded.location,"
                " grid_id = excluded.grid_id"
            ),
            {"id": member, "at": at, "lon": place[0], "lat": place[1]},
        )
    await on_duty(session, *members)


async def settle_in(session, community, *members):
    """Let members live in a community, which is a leaf grid."""
    await session.execute(
        text(
            "UPDATE member SET home_grid_id = (SELECT id FROM grid WHERE layer = 'governance' AND code = :code)"
            " WHERE id = ANY(CAST(:members AS uuid[]))"
        ),
        {"code": community, "members": list(members)},
    )
    await session.commit()


async def set_limits(session, member, hours=None, quiet=(None, None), unwanted=()):
    """Set a member's limits; quiet hours in minutes of the day."""
    await session.execute(
        text("INSERT INTO member_limits VALUES (:id, :hours, :start, :end, :unwanted)"),
        {"id": member, "hours": hours, "start": quiet[0], "end": quiet[1], "unwanted": list(unwanted)},
    )
    await session.commit()


async def asked(session, task, member, at, state, answer=None, precedence="normal"):
    """An offer of the past, written as one of a task that there is; gives its id."""
    offer = new_id()
    await session.execute(
        text(
            "INSERT INTO offer (id, task_id, wave_id, seat_id, member_id, precedence, state, acceptance, created_at,"
            " expires_at, answer, ended_at) SELECT :id, :task, w.id, s.id, :member, :precedence, :state, 0.4, :at,"
            " :until, :answer, :until FROM wave w, seat s WHERE w.task_id = :task AND s.task_id = :task"
            " ORDER BY w.number, s.number LIMIT 1"
        ),
        {
            "id": offer,
            "task": task["id"],
            "member": member,
            "precedence": precedence,
            "state": state,
            "at": at,
            "until": at + timedelta(minutes=3),
            "answer": answer,
        },
    )
    await session.commit()
    return offer


async def served(
    session,
    task,
    member,
    begin,
    end,
    state="released",
    precedence="normal",
    counted_for="unit",
    on_scene=True,
):
    """An engagement of the past, from the yes to its end (None: it still goes on); gives its id."""
    engagement = new_id()
    offer = await asked(session, task, member, begin, "accepted", "yes", precedence)
    await session.execute(
        text(
            "INSERT INTO engagement (id, task_id, seat_id, member_id, offer_id, precedence, state, accepted_at,"
            " move_by, on_scene_at, ended_at, counted_for) SELECT :id, task_id, seat_id, member_id, id, precedence,"
            " :state, :begin, :begin, :scene, :end, :counted_for FROM offer WHERE id = :offer"
        ),
        {
            "id": engagement,
            "offer": offer,
            "state": state,
            "begin": begin,
            "scene": begin if on_scene else None,
            "end": end,
            "counted_for": counted_for,
        },
    )
    await session.commit()
    return engagement
