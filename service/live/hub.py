"""The one reader of a process: it follows the outbox while anybody listens, and fans out in memory.

It never waits for a listener, and reads the outbox once however many there are. Every so often it looks again, in one
statement for all, whether those who listen still may.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import structlog
from prometheus_client import Counter as Count
from prometheus_client import Gauge
from sqlalchemy.exc import SQLAlchemyError

from service.access.queries import still_there
from service.access.rules import Action, Caller
from service.db.engine import Sessions
from service.errors import TooMany, Unavailable
from service.events.follow import BEGINNING, Happened, Place, after, newest
from service.live.listener import Audience, Ended, Listener, Message, message_of
from service.live.rules import View, hears_whole
from service.settings import Settings

LISTENERS = Gauge("vanguard_event_listeners", "Streams of events that are open")
LAG = Gauge("vanguard_event_lag_seconds", "How long ago a process with listeners had read all events; else 0")
ENDED = Count("vanguard_event_streams_ended_total", "Streams that the service ended", ["why"])
PAGE = 500
RETRY_SECONDS = 1.0
COME_BACK_SECONDS = 30
UNREACHABLE = (SQLAlchemyError, OSError)
log = structlog.get_logger()
Clock = Callable[[], datetime]
Key = TypeVar("Key")


def drop(among: dict[Key, set[Listener]], key: Key, listener: Listener) -> None:
    """Take a listener out of one of its sets, and the set away with the last."""
    among[key].discard(listener)
    if not among[key]:
        del among[key]


class Hub:
    """Everybody who listens at this process, and the task that reads for them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.position: Place = BEGINNING
        """How far has been read, and offered to everybody."""
        self.everybody: set[Listener] = set()
        self.audiences: defaultdict[Audience, set[Listener]] = defaultdict(set)
        self.members: defaultdict[UUID, set[Listener]] = defaultdict(set)
        self.accounts: Counter[UUID] = Counter()
        self.task: asyncio.Task[None] | None = None
        self.starting = asyncio.Lock()
        self.caught_up_at = 0.0
        LAG.set_function(self.lag)

    def lag(self) -> float:
        """Seconds since all that could be read had been."""
        return time.monotonic() - self.caught_up_at if self.everybody else 0.0

    async def join(self, sessions: Sessions, clock: Clock, who: Caller, kinds: Collection[str]) -> Listener:
        """A listener who is offered every event after `position`. Raises TooMany and Unavailable."""
        if self.accounts[who.account_id] >= self.settings.streams_per_account:
            most = self.settings.streams_per_account
            raise TooMany("too-many-streams", retry_after=COME_BACK_SECONDS, most=most)
        if len(self.everybody) >= self.settings.streams:
            raise Unavailable("streams-full", retry_after=COME_BACK_SECONDS)
        listener = Listener(who, tuple(kinds), self.settings.event_queue)
        self.put(listener)
        try:
            async with self.starting:
                if self.task is None:
                    async with sessions() as session:
                        self.position = await newest(session)
                    self.caught_up_at = time.monotonic()
                    self.task = asyncio.create_task(self.run(sessions, clock), name="events")
        except BaseException:
            self.leave(listener)
            raise
        return listener

    def put(self, listener: Listener) -> None:
        """Have it among those who listen."""
        who = listener.who
        self.everybody.add(listener)
        self.accounts[who.account_id] += 1
        self.audiences[listener.audience].add(listener)
        if who.member_id is not None:
            self.members[who.member_id].add(listener)
        LISTENERS.inc()

    def leave(self, listener: Listener) -> None:
        """It listens no more. Repeats are harmless."""
        if listener not in self.everybody:
            return
        self.everybody.discard(listener)
        who = listener.who
        self.accounts[who.account_id] -= 1
        if not self.accounts[who.account_id]:
            del self.accounts[who.account_id]
        drop(self.audiences, listener.audience, listener)
        if who.member_id is not None:
            drop(self.members, who.member_id, listener)
        LISTENERS.dec()

    async def run(self, sessions: Sessions, clock: Clock) -> None:
        """Read until nobody listens. Should it fail in a way that is not foreseen, all streams end, and who comes back
        starts it again."""
        try:
            look_at = time.monotonic() + self.settings.event_heartbeat_seconds
            while self.everybody:
                await asyncio.sleep(await self.turn(sessions))
                if time.monotonic() >= look_at:
                    await self.look_again(sessions, clock())
                    look_at = time.monotonic() + self.settings.event_heartbeat_seconds
        finally:
            self.task = None
            for listener in self.everybody:
                listener.end(Ended.UNAVAILABLE)

    async def turn(self, sessions: Sessions) -> float:
        """Read a page, and give the seconds to wait before the next. A database that is away is asked again."""
        try:
            full = await self.read(sessions)
        except UNREACHABLE as error:
            log.warning("events cannot be read", error=str(error))
            return max(RETRY_SECONDS, self.settings.event_poll_seconds)
        return 0.0 if full else self.settings.event_poll_seconds

    async def read(self, sessions: Sessions) -> bool:
        """Read a page and offer it; whether there may be more."""
        async with sessions() as session:
            events = await after(session, self.position, PAGE)
        for event in events:
            self.tell(event)
            self.position = event.place
        full = len(events) == PAGE
        if not full:
            self.caught_up_at = time.monotonic()
        return full

    def tell(self, event: Happened) -> None:
        """Offer an event to all who may hear it; it is written out once for each view, and whether it is told whole is
        asked once for all who have the same roles and scope."""
        whole: Message | None = None
        for listeners in self.audiences.values():
            some = next(iter(listeners))
            if some.wants(event.kind) and hears_whole(
                some.who, event.kind, event.area_code, event.unit_codes
            ):
                whole = whole or message_of(event, View.WHOLE)
                for listener in listeners:
                    listener.offer(whole)
        if event.member_id is not None and event.member_id in self.members:
            own = message_of(event, View.OWN)
            for listener in self.members[event.member_id]:
                if listener.view_of(event) is View.OWN:
                    listener.offer(own)

    async def look_again(self, sessions: Sessions, now: datetime) -> None:
        """End the streams of those who may not listen any more; the others' roles and scopes are as they are now."""
        listeners = list(self.everybody)
        devices = {each.who.device_id for each in listeners if each.who.device_id is not None}
        try:
            async with sessions() as session:
                found = await still_there(session, devices, now)
        except UNREACHABLE as error:
            log.warning("listeners cannot be looked at", error=str(error))
            return
        for listener in listeners:
            who = found.get(listener.who.device_id) if listener.who.device_id else None
            if (
                who is None
                or who.account_id != listener.who.account_id
                or who.reach(Action.EVENT_READ) is None
            ):
                listener.end(Ended.REVOKED)
            elif listener in self.everybody:
                self.leave(listener)
                listener.who = replace(who, until=listener.who.until)
                self.put(listener)

    async def stop(self) -> None:
        """End all streams and the reading: the process ends."""
        for listener in self.everybody:
            listener.end(Ended.STOPPING)
        if self.task is not None:
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await self.task
