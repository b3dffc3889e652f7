"""After the hourly jobs nothing is kept for longer than its time; off duty nothing precise is kept at all."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from service.access.models import AuditEntry
from service.db.base import new_id
from service.upkeep import CITY, handlers
from tests.privacy.conftest import SPOT
from tests.privacy.life import everywhere

PLACES = [f"{number}" for number in SPOT]


@pytest.fixture
def upkeep(sessions, settings, clock):
    """Run each of the jobs once."""

    async def upkeep():
        for handler in handlers(settings).values():
            async with sessions.begin() as session:
                await handler(session, CITY, clock.at)

    return upkeep


async def test_no_precise_position_outlives_its_time(session, clock, nearest, upkeep):
    await upkeep()
    on_duty = await everywhere(session, PLACES)
    assert all("presence" in tables and len(tables) == 2 for tables in on_duty.values())
    clock.at += timedelta(days=29)
    await upkeep()
    kept = await everywhere(session, PLACES)
    assert all(len(tables) == 1 and "presence" not in tables for tables in kept.values()), "older than a day"
    clock.at += timedelta(days=3)
    await upkeep()
    assert await everywhere(session, PLACES) == {}


async def test_looks_and_the_audit_are_forgotten(session, clock, client, login, nearest, upkeep, settings):
    await session.execute(text("DELETE FROM audit"))
    headers = await login("dispatcher", areas=["4408"])
    query = {"area": "440802", "limit": 500}
    assert (await client.get("/api/v1/positions", params=query, headers=headers)).json()["items"]
    session.add(AuditEntry(id=UUID(int=1), at=clock.at, action="x", outcome="done", detail={}))
    await session.commit()

    async def left():
        return [
            await session.scalar(text(f"SELECT count(*) FROM {each}")) for each in ("position_look", "audit")
        ]

    for days, expected in ((settings.look_days, [1, 1]), (1, [0, 1]), (settings.audit_days - 180, [0, 0])):
        clock.at += timedelta(days=days)
        await upkeep()
        assert await left() == expected


async def test_what_people_were_told_is_forgotten_but_not_what_they_have_still_to_hear(
    session, clock, upkeep, settings
):
    member = await session.scalar(text("SELECT id FROM member ORDER BY number LIMIT 1"))
    told = [
        ("done", "sent"),
        ("dead", "dead"),
        ("cancelled", "cancelled"),
        ("done", "due"),
        ("waiting", "dead"),
    ]
    for number, (state, delivery) in enumerate(told):
        given = {"id": new_id(), "delivery": new_id(), "number": number, "member": member, "at": clock.at}
        await session.execute(
            text(
                "INSERT INTO notification (id, event_id, member_id, template, params, urgency, state, step, created_at)"
                f" VALUES (:id, :number, :member, 'offer_made', '{{}}', 'urgent', '{state}', 0, :at)"
            ),
            given,
        )
        await session.execute(
            text(
                "INSERT INTO delivery (id, notification_id, channel, state, attempts, next_at, created_at)"
                f" VALUES (:delivery, :id, 'sms', '{delivery}', 1, :at, :at)"
            ),
            given,
        )
    await session.commit()
    left = text(
        "SELECT n.state, d.state FROM notification n JOIN delivery d ON d.notification_id = n.id ORDER BY event_id"
    )
    clock.at += timedelta(days=settings.event_days)
    await upkeep()
    assert len((await session.execute(left)).all()) == len(told)
    clock.at += timedelta(hours=1)
    await upkeep()
    assert [tuple(row) for row in await session.execute(left)] == [("done", "due"), ("waiting", "dead")]
    assert await session.scalar(text("SELECT count(*) FROM delivery")) == 2
