"""One open stream: whose it is, what waits for it, and why it ends."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from typing import NamedTuple

from sse_starlette import ServerSentEvent

from service.access.rules import Action, Caller, Role
from service.events.follow import Happened, Place
from service.live.rules import View, view
from service.live.schemas import EventOut


class Ended(StrEnum):
    """Why a stream ends: the name of its last message."""

    EXPIRED = "expired"
    """The token's time is up: get another, and go on from the last id."""
    REVOKED = "revoked"
    """The device or the account is not good any more, or may not follow: log in again."""
    OVERFLOW = "overflow"
    """The client read too slowly: go on from the last id, which may mean a snapshot first."""
    STOPPING = "stopping"
    """The process ends: go on from the last id, at once."""
    UNAVAILABLE = "unavailable"
    """The database did not answer: go on from the last id in a while."""


class Message(NamedTuple):
    """An event as it goes over the wire, and its place."""

    place: Place
    kind: str
    wire: bytes


def message_of(event: Happened, how: View) -> Message:
    """What is sent of an event to whoever has that view of it."""
    body = EventOut.of(event, how).model_dump_json()
    wire = ServerSentEvent(body, event=event.kind, id=event.cursor).encode()
    return Message(event.place, event.kind, wire)


class Audience(NamedTuple):
    """What listeners who hear the same have in common."""

    roles: frozenset[Role]
    areas: tuple[str, ...]
    units: tuple[str, ...]
    actions: frozenset[Action] | None
    kinds: tuple[str, ...]


class Listener:
    """A caller who listens, and a bounded queue."""

    def __init__(self, who: Caller, kinds: Sequence[str], most: int) -> None:
        """`kinds` are beginnings of kinds, none for all; `most` messages may wait."""
        self.who = who
        self.kinds = tuple(kinds)
        self.most = most
        self.waiting: list[Message] = []
        self.ended: Ended | None = None
        self.woken = asyncio.Event()

    @property
    def audience(self) -> Audience:
        """What decides whether an event is told whole: the same for all listeners with the same."""
        return Audience(self.who.roles, self.who.areas, self.who.units, self.who.actions, self.kinds)

    def wants(self, kind: str) -> bool:
        """Whether it asked for this kind."""
        return not self.kinds or kind.startswith(self.kinds)

    def view_of(self, event: Happened) -> View | None:
        """How much of an event is told; None: nothing."""
        if not self.wants(event.kind):
            return None
        return view(self.who, event.kind, event.area_code, event.unit_codes, event.member_id)

    def offer(self, message: Message) -> None:
        """Have a message wait; with too many waiting the stream ends after those, and the client comes back."""
        if self.ended is not None:
            return
        if len(self.waiting) >= self.most:
            self.end(Ended.OVERFLOW)
            return
        self.waiting.append(message)
        self.woken.set()

    def end(self, why: Ended) -> None:
        """Have the stream end. What waits for somebody who may not have it any more is dropped."""
        if why is Ended.REVOKED:
            self.waiting.clear()
        self.ended = self.ended or why
        self.woken.set()

    async def next(self, seconds: float) -> list[Message]:
        """All that waits, or the next that comes in so many seconds; empty: nothing came, or there is no more."""
        if not self.waiting and self.ended is None:
            self.woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.woken.wait()
        # Also after the time is up: something may have come before this was woken to say so.
        found = list(self.waiting)
        self.waiting.clear()
        return found
