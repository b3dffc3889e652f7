"""Rows that the driver writes in one statement, in the session's transaction."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from service.db import driver
from service.db.base import new_id
from service.dispatch.models import Escalation
from service.events.models import Event
from service.events.record import events
from service.timers.models import Timer
from service.timers.schedule import schedule, timer
from tests.conftest import NOON


async def kinds(sessions):
    """What the outbox and the timers hold."""
    async with sessions() as session:
        told = await session.scalars(select(Event.kind).where(Event.kind.like("test.%")).order_by(Event.id))
        due = await session.scalars(select(Timer.kind).where(Timer.kind.like("test.%")))
        return list(told), list(due)


async def test_they_are_of_the_transaction_even_where_nothing_was_said_in_it_before(fresh_sessions):
    async with fresh_sessions() as session:
        await driver.insert(session, Event, events("test.undone", NOON))
        await session.rollback()
    async with fresh_sessions() as session:
        await schedule(session, "test.undone", new_id(), NOON, "440802")
        await session.rollback()
    assert await kinds(fresh_sessions) == ([], [])


async def test_rows_of_several_tables_are_written_together_and_those_of_one_in_their_order(fresh_sessions):
    rows = driver.Rows().add(Event, events("test.1", NOON, unit_codes=["U1", "单位"], data={"a": [1, None]}))
    rows.add(Timer, [timer("test.due", new_id(), NOON, "440802001001")])
    rows.add(Event, events("test.2", NOON, member_ids=[new_id(), new_id()])).add(Event, [])
    async with fresh_sessions.begin() as session:
        await rows.write(session)
        await rows.write(session)
    assert await kinds(fresh_sessions) == (["test.1", "test.2", "test.2"], ["test.due"])
    async with fresh_sessions() as session:
        first = (await session.scalars(select(Event).where(Event.kind == "test.1"))).one()
        due = (await session.scalars(select(Timer).where(Timer.kind == "test.due"))).one()
    assert (first.at, first.unit_codes, first.data) == (NOON, ["U1", "单位"], {"a": [1, None]})
    assert (first.task_id, first.member_id) == (None, None)
    assert (due.area, due.due_at, due.attempts, due.last_error) == ("440802001", NOON, 0, None)


async def test_a_row_that_refers_to_nothing_is_refused_as_the_session_would(session):
    row = {
        "id": new_id(),
        "task_id": UUID(int=1),
        "number": 1,
        "rung": "town",
        "unit_codes": [],
        "officers": [],
        "at": datetime(2026, 9, 1, tzinfo=UTC),
    }
    with pytest.raises(DBAPIError, match="fk_escalation_task_id"):
        async with session.begin_nested():
            await driver.insert(session, Escalation, [row])
    assert await session.scalar(text("SELECT 1")) == 1
