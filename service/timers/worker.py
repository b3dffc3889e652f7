"""A worker: the loop that does what is due, and beside it the beat by which the others know that it lives."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.db.engine import Sessions
from service.timers.loop import AWAY, Handler, run_forever, wait
from service.timers.rules import Pace
from service.timers.shares import leave, open_shares, register, see, strike_off, take_free, take_surplus

SHARES = Gauge("vanguard_worker_shares", "Areas whose timers this worker does")
TAKEOVERS = Counter("vanguard_takeovers_total", "Areas taken over from a worker that was not seen any more")
log = structlog.get_logger()


class Registration:
    """Which worker a process is: another one each time that the others took it for dead."""

    def __init__(self, sessions: Sessions, lease: timedelta) -> None:
        self.sessions = sessions
        self.lease = lease
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.id: UUID = new_id()
        """Nobody's until the first beat."""

    async def beat(self) -> None:
        """Be seen, and take what is one's part: what has no worker, new areas, what others have too much of."""
        async with self.sessions.begin() as session:
            now = (await session.execute(select(func.now()))).scalar_one()
            if not await see(session, self.id, now):
                # Known from here on, also when the answer to the commit is lost.
                self.id = await register(session, self.name, now)
            await strike_off(session, now - self.lease)
            taken = await take_free(session, self.id, now)
            await open_shares(session, self.id, now)
            held = await take_surplus(session, self.id, now)
        SHARES.set(held)
        for share in taken:
            if share.before is not None:
                TAKEOVERS.inc()
                log.warning("area taken over", area=share.area, before=str(share.before), by=str(self.id))

    async def leave(self) -> None:
        """Give everything back, for the others to take at their next beat."""
        async with self.sessions.begin() as session:
            await leave(session, self.id)
        SHARES.set(0)


async def work(
    sessions: Sessions,
    handlers: Mapping[str, Handler],
    clock: Callable[[], datetime],
    stop: asyncio.Event,
    pace: Pace,
    poll_seconds: float,
    start: Callable[[AsyncSession, datetime], Awaitable[None]],
) -> None:
    """Be one of the workers until `stop` is set, and leave the others one's part.

    The sessions' transactions must end when they are idle for `pace.longest_idle`. `start` runs once.
    """
    me = Registration(sessions, pace.lease)
    beat_seconds = pace.beat.total_seconds()
    poll_seconds = min(poll_seconds, beat_seconds)
    while not stop.is_set() and not await went(me.beat):
        await wait(stop, beat_seconds)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(beat_forever(me, stop, beat_seconds))
            group.create_task(
                run_forever(sessions, handlers, clock, stop, poll_seconds, start, lambda: me.id)
            )
    finally:
        await went(me.leave)


async def beat_forever(me: Registration, stop: asyncio.Event, seconds: float) -> None:
    """Beat until `stop` is set; the first time after a pause."""
    await wait(stop, seconds)
    while not stop.is_set():
        await went(me.beat)
        await wait(stop, seconds)


async def went(call: Callable[[], Awaitable[None]]) -> bool:
    """Whether it went well; False when the database did not answer."""
    try:
        await call()
    except AWAY as error:
        log.warning("database does not answer", error=str(error)[:200])
        return False
    return True
