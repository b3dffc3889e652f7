"""The worker's loop: takes what is due, and does it in the transaction that deletes its row.

Several workers share the timers by area (see `shares`): with a timer its share's row is taken, so a worker whose
share is another's now finds nothing there. A worker that dies rolls back; one that freezes loses its transaction
to `idle_in_transaction_session_timeout`; either way the timer is due again for whoever takes the share over.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVarTuple
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy import Select, delete, select, update
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import RETRYABLE, Sessions, sqlstate
from service.errors import Again
from service.timers.models import Share, Timer

Handler = Callable[[AsyncSession, UUID, datetime], Awaitable[None]]
"""Given the session, the subject and the time; never commits."""
Columns = TypeVarTuple("Columns")

QUICK_PAUSE = timedelta(milliseconds=100)
MOST_QUICK_RETRIES = 5
LONGEST_PAUSE = timedelta(minutes=5)
RECONNECT_SECONDS = 1.0
AWAY = (DBAPIError, InterfaceError, OSError, TimeoutError)
"""What a database that does not answer raises."""
FIRED = Counter("vanguard_timers_total", "Timers that ran", ["kind", "outcome"])
LATE = Histogram(
    "vanguard_timer_late_seconds",
    "From when a timer was due to when it was taken",
    ["kind"],
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 60, 300),
)
log = structlog.get_logger()


class Due(NamedTuple):
    """A timer that is due."""

    id: UUID
    area: str
    kind: str
    subject_id: UUID
    due_at: datetime
    attempts: int


async def run_one(
    sessions: Sessions,
    handlers: Mapping[str, Handler],
    clock: Callable[[], datetime],
    worker_id: UUID | None = None,
) -> bool:
    """Do the one that is due the longest in the worker's areas, if any. True when there was one.

    Without a worker: in all areas, for one who is alone with the database. A handler that fails is rolled back and
    its timer pushed back, longer each time; one that lost to a concurrent transaction is due again almost at once.
    """
    now = clock()
    timer: Due | None = None
    try:
        async with sessions.begin() as session:
            timer = await take(session, now, worker_id)
            if timer is None:
                return False
            # Deleted first: a handler may set the same timer anew.
            await session.execute(delete(Timer).where(Timer.id == timer.id))
            await handlers[timer.kind](session, timer.subject_id, now)
    except Exception as error:
        if timer is None:
            raise
        await push_back(sessions, timer, error, now, worker_id)
        return True
    late = (now - timer.due_at).total_seconds()
    FIRED.labels(timer.kind, "done").inc()
    LATE.labels(timer.kind).observe(late)
    log.info("timer done", kind=timer.kind, area=timer.area, late_seconds=round(late, 3))
    return True


async def take(session: AsyncSession, now: datetime, worker_id: UUID | None) -> Due | None:
    """Lock the timer that is due the longest in the worker's areas and that nobody holds, and its share with it."""
    due = (
        select(Timer.id, Timer.area, Timer.kind, Timer.subject_id, Timer.due_at, Timer.attempts)
        .where(Timer.due_at <= now)
        .order_by(Timer.due_at)
        .limit(1)
    )
    row = (await session.execute(fenced(due, worker_id))).one_or_none()
    return Due(*row) if row else None


def fenced(timers: Select[*Columns], worker_id: UUID | None) -> Select[*Columns]:
    """The same timers, locked with their shares, and only while those are the worker's.

    A share that somebody is just taking is passed by, and nobody takes one that is locked.
    """
    if worker_id is None:
        return timers.with_for_update(key_share=True, skip_locked=True)
    mine = timers.join(Share, Share.area == Timer.area).where(Share.worker_id == worker_id)
    return mine.with_for_update(key_share=True, skip_locked=True, of=(Share, Timer))


async def push_back(
    sessions: Sessions, timer: Due, error: Exception, now: datetime, worker_id: UUID | None
) -> None:
    """Note why it failed and try again later, in a transaction of its own.

    Not where the share is another's by now, nor where the timer was set anew meanwhile.
    """
    log.error("timer failed", kind=timer.kind, subject_id=str(timer.subject_id), exc_info=error)
    FIRED.labels(timer.kind, "failed").inc()
    if (isinstance(error, Again) or sqlstate(error) in RETRYABLE) and timer.attempts < MOST_QUICK_RETRIES:
        pause = QUICK_PAUSE
    else:
        pause = min(timedelta(seconds=2 ** min(timer.attempts, 10)), LONGEST_PAUSE)
    same = select(Timer.id).where(Timer.id == timer.id, Timer.due_at == timer.due_at)
    async with sessions.begin() as session:
        if await session.scalar(fenced(same, worker_id)) is None:
            return
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
    start: Callable[[AsyncSession, datetime], Awaitable[None]] | None,
    worker: Callable[[], UUID],
) -> None:
    """Do what is due in the areas of `worker`, as it is registered then, until `stop` is set.

    A database that restarts is waited for. `start` runs once, as soon as it answers: it sets the timers that
    are always there.
    """
    while not stop.is_set():
        try:
            if start is not None:
                async with sessions.begin() as session:
                    await start(session, clock())
                start = None
            pause = 0.0 if await run_one(sessions, handlers, clock, worker()) else poll_seconds
        except AWAY as error:
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
