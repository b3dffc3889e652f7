"""A worker from its start to its stop, and the sessions it works with."""

import asyncio
from datetime import timedelta

from sqlalchemy import func, select, text

from service.db.base import new_id, utcnow
from service.db.engine import make_engine
from service.timers.models import Share, Timer, Worker
from service.timers.rules import pace_of
from service.timers.schedule import schedule
from service.timers.worker import work

PACE = pace_of(timedelta(seconds=10))


async def nothing(session, now):
    """Set no timers at the start."""


async def test_a_worker_does_what_is_due_and_leaves_no_trace_when_it_stops(fresh_sessions):
    stop = asyncio.Event()
    async with fresh_sessions.begin() as session:
        await schedule(session, "ring", new_id(), utcnow(), "440802001")

    async def ring(session, subject_id, now):
        stop.set()

    async with asyncio.timeout(30):
        await work(fresh_sessions, {"ring": ring}, utcnow, stop, PACE, 0.01, nothing)
    async with fresh_sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Timer)) == 0
        assert await session.scalar(select(func.count()).select_from(Worker)) == 0
        assert list(await session.scalars(select(Share.worker_id))) == [None]


async def test_a_worker_s_transactions_end_when_they_are_idle_for_less_than_its_lease(fresh_settings):
    engine = make_engine(fresh_settings, PACE.longest_idle)
    async with engine.connect() as connection:
        shown = [
            (await connection.execute(text(f"SHOW {name}"))).scalar_one()
            for name in ("idle_in_transaction_session_timeout", "tcp_user_timeout")
        ]
    await engine.dispose()
    assert shown[0] == "6s"
    assert shown[1] in ("6s", "6000")
    assert timedelta(seconds=6) < PACE.lease
