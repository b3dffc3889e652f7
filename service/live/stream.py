"""What goes over one stream: hello, what was missed, then what happens, with a heartbeat now and then, and an end."""

import json
from collections.abc import AsyncIterator
from typing import Any, cast

import structlog
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from service.db.engine import Sessions
from service.events.follow import Place, after
from service.live.hub import ENDED, PAGE, UNREACHABLE, Clock, Hub
from service.live.listener import Ended, Listener, message_of

FAREWELL_SECONDS = 3.0
"""How long a stream may take to end by itself when the process does."""
STALLED_SECONDS = 30.0
"""After so long without taking anything, a client is cut off; it comes back by its last id."""
log = structlog.get_logger()


class Stream:
    """One listener's stream, from a place on."""

    def __init__(self, hub: Hub, sessions: Sessions, clock: Clock, listener: Listener, place: Place) -> None:
        self.hub = hub
        self.sessions = sessions
        self.clock = clock
        self.listener = listener
        self.place = place
        """What the client has been told of, or need not be."""

    async def messages(self) -> AsyncIterator[bytes]:
        """Everything that is sent, until the stream ends."""
        yield self.own_word("hello")
        try:
            async for wire in self.missed():
                yield wire
        except UNREACHABLE as error:
            log.warning("events cannot be read", error=str(error))
            self.listener.end(Ended.UNAVAILABLE)
        async for wire in self.happening():
            yield wire
        why = self.listener.ended
        assert why is not None
        ENDED.labels(why).inc()
        yield self.own_word(why)

    async def missed(self) -> AsyncIterator[bytes]:
        """What happened between the client's place and the listener's joining: read for this stream alone."""
        while self.listener.ended is None:
            async with self.sessions() as session:
                events = await after(session, self.place, PAGE)
            views = [(event, self.listener.view_of(event)) for event in events]
            if told := [message_of(event, how).wire for event, how in views if how is not None]:
                yield b"".join(told)
            if events:
                self.place = events[-1].place
            if len(events) < PAGE:
                break

    async def happening(self) -> AsyncIterator[bytes]:
        """What the hub offers, and heartbeats, until the listener's end."""
        while True:
            # What came while the rest was read for this stream alone has been sent. All that waits is sent as one.
            if waiting := await self.listener.next(self.patience()):
                if told := [message.wire for message in waiting if message.place > self.place]:
                    yield b"".join(told)
                    self.place = waiting[-1].place
                continue
            if self.listener.ended is not None:
                return
            now = self.clock()
            until = self.listener.who.until
            if until is not None and until <= now:
                self.listener.end(Ended.EXPIRED)
                continue
            self.place = max(self.place, self.hub.position)
            yield self.own_word("heartbeat")

    def patience(self) -> float:
        """Seconds until the next heartbeat, or the token's end if that comes first."""
        pace = self.hub.settings.event_heartbeat_seconds
        until = self.listener.who.until
        left = pace if until is None else (until - self.clock()).total_seconds()
        return min(pace, max(left, 0.0))

    def own_word(self, word: str) -> bytes:
        """A message of the stream itself. Its id is the place up to which the client has been told everything."""
        cursor = self.place.cursor
        return ServerSentEvent(json.dumps({"cursor": cursor}), event=word, id=cursor).encode()


class Farewell:
    """What sse-starlette sets when the process is told to end."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener

    def set(self) -> None:
        """Let the stream end by itself, with its last word."""
        self.listener.end(Ended.STOPPING)


class StreamResponse(EventSourceResponse):
    """A stream as an answer: its listener leaves with it, however it ends."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        super().__init__(
            stream.messages(),
            headers={"Cache-Control": "no-store"},
            # The stream's own heartbeats carry the cursor.
            ping=0,
            send_timeout=STALLED_SECONDS,
            shutdown_event=cast(Any, Farewell(stream.listener)),
            shutdown_grace_period=FAREWELL_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            ENDED.labels("stalled").inc()
            log.info("a stream's client took nothing", seconds=STALLED_SECONDS)
        finally:
            self.stream.hub.leave(self.stream.listener)
