"""The worker's loop: takes what is due, and does it in the transaction that deletes its row.

Several workers share the table through SKIP LOCKED. A worker that dies rolls back; one that freezes loses its
transaction to `idle_in_transaction_session_timeout`; either way the timer is due again for the others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import RETRYABLE, Sessions, sqlstate
from service.timers.models import Timer

Handler = Callable[[AsyncSession, UUID, datetime], Awaitable[None]]
"""Given the session, the subject and the time; never commits."""

QUICK_PAUSE = timedelta(milliseconds=100)
MOST_QUICK_RETRIES = 5
LONGEST_PAUSE = timedelta(minutes=5)
RECONNECT_SECONDS = 1.0
FIRED = Counter("vanguard_timers_total", "Timers that ran", ["kind", "outcome"])
log = structlog.get_logger()


class Due(NamedTuple):
    """A timer that is due."""

    id: UUID
    kind: str
    subject_id: UUID
    attempts: int


async def run_one(sessions: Sessions, handlers: Mapping[str, Handler], clock: Callable[[], datetime]) -> bool:
    """Do the one that is due the longest, if any. True when there was one.

    A handler that fails is rolled back and its timer pushed back, longer each time; one that lost to a
    concurrent transaction is due again almost at once.
    """
    now = clock()
    timer: Due | None = None
    try:
        async with sessions.begin() as session:
            timer = await take(session, now)
            if timer is None:
                return False
            # Deleted first: a handler may set the same timer anew.
            await session.execute(delete(Timer).where(Timer.id == timer.id))
            await handlers[timer.kind](session, timer.subject_id, now)
    except Exception as error:
        if timer is None:
            raise
        await push_back(sessions, timer, error, now)
        return True
    FIRED.labels(timer.kind, "done").inc()
    return True


async def take(session: AsyncSession, now: datetime) -> Due | None:
    """Lock the timer that is due the longest and that no other worker holds."""
    due = (
        select(Timer.id, Timer.kind, Timer.subject_id, Timer.attempts)
        .where(Timer.due_at <= now)
        .order_by(Timer.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (await session.execute(due)).one_or_none()
    return Due(*row) if row else None


async def push_back(sessions: Sessions, timer: Due, error: Exception, now: datetime) -> None:
    """Note why it failed and try again later, in a transaction of its own."""
    log.error("timer failed", kind=timer.kind, subject_id=str(timer.subject_id), exc_info=error)
    FIRED.labels(timer.kind, "failed").inc()
    if sqlstate(error) in RETRYABLE and timer.attempts < MOST_QUICK_RETRIES:
        pause = QUICK_PAUSE
    else:
        pause = min(timedelta(seconds=2 ** min(timer.attempts, 10)), LONGEST_PAUSE)
    async with sessions.begin() as session:
        await session.execute(
            update(Timer)
            .where(Timer.id == timer.id)
            .values(attempts=Timer.attempts + 1, last_error=repr(error)[:1000], due_at=now + pause)
        )


async def run_forever(
    sessions: Sessions,
    handlers: Mapping[str, Handler],
    clock: Callable[[], datetime],
    stop: asyncio.Event,
    poll_seconds: float,
    start: Callable[[AsyncSession, datetime], Awaitable[None]] | None = None,
) -> None:
    """Do what is due until `stop` is set; a database that restarts is waited for.

    `start` runs once, as soon as the database answers: it sets the timers that are always there.
    """
    while not stop.is_set():
        try:
            if start is not None:
                async with sessions.begin() as session:
                    await start(session, clock())
                start = None
            pause = 0.0 if await run_one(sessions, handlers, clock) else poll_seconds
        except (DBAPIError, InterfaceError, OSError, TimeoutError) as error:
            log.warning("database does not answer", error=str(error)[:200])
            pause = RECONNECT_SECONDS
        if pause:
            await wait(stop, pause)


async def wait(stop: asyncio.Event, seconds: float) -> None:
    """Sleep, but wake when `stop` is set."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
