"""The safety timer: on the scene a member is asked to say that they are well; where they do not, others are told."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.dispatch.conftest import offers_of

KINDS = ("engagement.confirm_due", "engagement.confirmed", "engagement.unconfirmed", "member.need_help")
INTERVAL = 30
"""Minutes, of the emergency section of the playbook that the city came with."""


@pytest.fixture
def said(session):
    """`await said()`: the kinds of events about safety, in order."""

    async def said():
        found = text("SELECT kind FROM outbox WHERE kind = ANY(:kinds) ORDER BY id")
        return list(await session.scalars(found, {"kinds": list(KINDS)}))

    return said


@pytest.fixture
def on_scene(post, phone):
    """`task, member, path = await on_scene()`: a member on the scene of a new task."""

    async def on_scene(**changes):
        task = await post(**changes)
        offer = offers_of(task)[0]
        accepted = await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept")
        path = f"/engagements/{accepted.json()['engagement']['id']}"
        answer = await phone(offer["member_id"], "POST", f"{path}/on-scene")
        assert answer.status_code == 200, answer.text
        return task, offer["member_id"], path

    return on_scene


def mine(task, member):
    """The member's engagement in a task as a dispatcher reads it."""
    seats = [seat["engagement"] for seat in task["seats"] if seat["engagement"]]
    [own] = [each for each in seats if each["member_id"] == member]
    return own


def short(moment):
    """A time as JSON has it."""
    return moment.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("drill", [False, True])
async def test_who_does_not_answer_is_asked_then_overdue_then_reported(
    on_scene, read, let_pass, said, session, clock, login, drill
):
    await login("dispatcher", areas=["440802"])
    task, member, _ = await on_scene(drill=drill)
    own = mine(await read(task["id"]), member)
    due = clock.at + timedelta(minutes=INTERVAL)
    assert (own["confirm_by"], own["confirmed_at"], own["overdue"]) == (short(due), None, False)
    await let_pass(INTERVAL - 1)
    assert await said() == []
    assert mine(await read(task["id"]), member)["overdue"] is False
    await let_pass(1)
    assert await said() == ["engagement.confirm_due"]
    own = mine(await read(task["id"]), member)
    assert (own["overdue"], own["confirm_by"]) == (True, short(due))
    await let_pass(INTERVAL)
    assert await said() == ["engagement.confirm_due", "engagement.unconfirmed"]
    told = (await session.execute(text("SELECT * FROM outbox WHERE kind = 'engagement.unconfirmed'"))).one()
    assert (str(told.member_id), str(told.task_id), told.data["drill"]) == (member, task["id"], drill)
    managers = text(
        "SELECT a.id FROM account a, member m JOIN unit u ON u.id = m.unit_id"
        " WHERE m.id = :id AND u.code = ANY(a.units) AND a.active"
    )
    expected = [
        await session.scalar(text("SELECT created_by FROM task WHERE id = :id"), {"id": task["id"]}),
        await session.scalar(text("SELECT id FROM account WHERE areas = '{440802}'")),
        *await session.scalars(managers, {"id": member}),
    ]
    assert told.data["officers"] == [str(each) for each in expected]
    await let_pass(5 * INTERVAL)
    assert len(await said()) == 2, "once: whoever was told does what is to be done"


async def test_who_says_that_they_are_well_is_asked_again_an_interval_later(
    on_scene, phone, read, let_pass, said, clock, session
):
    task, member, path = await on_scene()
    await let_pass(20)
    said_at = clock.at - timedelta(minutes=5)
    answer = await phone(member, "POST", f"{path}/confirm", json={"how": "safe", "at": short(said_at)})
    assert answer.status_code == 200, answer.text
    due = said_at + timedelta(minutes=INTERVAL)
    assert (answer.json()["confirmed_at"], answer.json()["confirm_by"]) == (short(said_at), short(due))
    how = await session.execute(
        text("SELECT how, how_at FROM presence WHERE member_id = :id"), {"id": member}
    )
    assert tuple(how.one()) == ("safe", said_at)
    await let_pass(24)
    assert await said() == ["engagement.confirmed"]
    await let_pass(1)
    assert await said() == ["engagement.confirmed", "engagement.confirm_due"]
    older = {"how": "safe", "at": short(said_at - timedelta(minutes=1))}
    answer = await phone(member, "POST", f"{path}/confirm", json=older)
    assert answer.json()["confirm_by"] == short(due), "an older word, come late, moves nothing back"
    await phone(member, "POST", f"{path}/release")
    await let_pass(3 * INTERVAL)
    assert "engagement.unconfirmed" not in await said()
    ended = await phone(member, "POST", f"{path}/confirm", json={"how": "safe"})
    assert (ended.status_code, ended.json()["type"]) == (409, "/problems/wrong-state")
    assert mine(await read(task["id"]), member)["overdue"] is False


@pytest.mark.parametrize(
    ("how", "minutes", "asked"), [("safe", 10, False), ("safe", -1, True), ("need_help", 10, True)]
)
async def test_a_check_in_that_says_so_counts(on_scene, let_pass, said, clock, session, how, minutes, asked):
    _, member, _ = await on_scene()
    await session.execute(
        text(
            "INSERT INTO presence (member_id, how, how_at) VALUES (:id, :how, :at) ON CONFLICT (member_id)"
            " DO UPDATE SET how = excluded.how, how_at = excluded.how_at"
        ),
        {"id": member, "how": how, "at": clock.at + timedelta(minutes=minutes)},
    )
    await session.commit()
    await let_pass(INTERVAL)
    assert await said() == (["engagement.confirm_due"] if asked else [])
    await let_pass(10)
    assert await said() == ["engagement.confirm_due"]


async def test_a_call_for_help_is_told_at_once_wherever_they_are(post, phone, said, session, let_pass):
    task = await post()
    offer, other = offers_of(task)[:2]
    accepted = await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept")
    path = f"/engagements/{accepted.json()['engagement']['id']}/confirm"
    answer = await phone(offer["member_id"], "POST", path, json={"how": "need_help"})
    assert (answer.status_code, answer.json()["confirmed_at"]) == (200, None)
    event = (await session.execute(text("SELECT * FROM outbox WHERE kind = 'member.need_help'"))).one()
    assert (str(event.member_id), str(event.task_id)) == (offer["member_id"], task["id"])
    assert event.area_code == task["grid"]["code"]
    assert (await phone(other["member_id"], "POST", path, json={"how": "safe"})).status_code == 404
    for bad in ({}, {"how": "fine"}, {"how": "safe", "at": "2026-06-04T04:00:00Z"}):
        assert (await phone(offer["member_id"], "POST", path, json=bad)).status_code == 422


async def test_where_the_playbook_asks_nobody_nobody_is_asked(on_scene, read, let_pass, said, session):
    await session.execute(text("UPDATE playbook SET sections = sections #- '{emergency,confirm_minutes}'"))
    await session.commit()
    task, member, _ = await on_scene()
    assert mine(await read(task["id"]), member)["confirm_by"] is None
    await let_pass(200)
    assert await said() == []
