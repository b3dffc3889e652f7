"""The short road of a lane: a request that came whole is answered from the connection itself, past ASGI.

A task, a scope and two writes for each request cost uvicorn more than a check-in costs. So `Express`, the protocol of
`vanguard serve`, looks at what arrives: one whole request of a lane, written the plain way, which its route can take
at once, it hands over, and writes the answer in one go. Everything else (another path, a body in parts, a header out of
the ordinary, an error, a refusal) goes the usual way, by the parser and the application, as if this were not there.
"""

import re
import time
from asyncio import TimerHandle
from collections.abc import Mapping
from typing import Any, NamedTuple

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.db.base import new_id
from service.web import observe
from service.web.plain import Application, Lane, Plain

FIRST_LINE = re.compile(rb"(?P<method>[A-Z]+) (?P<path>/[A-Za-z0-9/_-]*) HTTP/1\.1")
HEADER = re.compile(rb"[A-Za-z0-9-]+:[\t\x20-\x7e\x80-\xff]*")
"""A header that no two parsers read in two ways."""
UNUSUAL = frozenset({b"transfer-encoding", b"expect", b"upgrade"})
"""Headers that change how a request is read: such a one goes the usual way."""
ALIVE = b"keep-alive"


class Head(NamedTuple):
    """What the head of a request says, of which nothing is out of the ordinary."""

    lane: Lane
    headers: Mapping[bytes, bytes]
    """By their names in lower case."""
    length: int
    """Of the body."""


class Express(HttpToolsProtocol):
    """One connection. While a request is on the short road, `flying` is set; what else comes waits in `later`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.application = application_of(self.app)
        self.flying = False
        self.later = b""
        self.midway = False
        """The parser has part of a request: what comes next is the rest of it, whatever it looks like."""
        self.ending = False
        self.head = b""
        self.read: Head | None = None
        """What `head` says: a client sends the same one again and again."""

    def data_received(self, data: bytes) -> None:
        """Take the short road where that can be."""
        if self.flying:
            self.later += data
            self.flow.pause_reading()
        elif not self.took(data):
            super().data_received(data)

    def took(self, data: bytes) -> bool:
        """Whether a request is on the short road now."""
        head, end, body = data.partition(b"\r\n\r\n")
        if head != self.head:
            self.head, self.read = head, read(head, self.application.lanes)
        if not end or self.read is None or self.read.length != len(body) or not self.is_idle():
            return False
        lane, began = self.read.lane, time.perf_counter()

        def done(answer: Plain | None) -> None:
            self.flying = False
            if self.transport.is_closing():
                return
            if answer is None:
                super(Express, self).data_received(data)
            else:
                self.write(lane, answer, began)
            self.go_on()

        assert lane.route.at_once is not None
        self.flying = lane.route.at_once(self.read.headers, body, done)
        if self.flying:
            self._unset_keepalive_if_required()
        return self.flying

    def is_idle(self) -> bool:
        """Whether nothing of an earlier request is still to be read, answered or sent."""
        idle = self.cycle is None or self.cycle.response_complete
        return idle and not self.midway and not self.flow.write_paused and not self.root_path

    def on_message_begin(self) -> None:
        """The parser has the first byte of a request."""
        self.midway = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """The parser has its last byte."""
        self.midway = False
        super().on_message_complete()

    def write(self, lane: Lane, answer: Plain, began: float) -> None:
        """Send an answer, whole, and count it."""
        headers = [
            *self.server_state.default_headers,
            *answer.headers,
            (b"x-request-id", new_id().hex.encode()),
        ]
        if self.ending:
            headers.append((b"connection", b"close"))
        lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        self.transport.write(b"HTTP/1.1 200 OK\r\n%b\r\n%b" % (lines, answer.body))
        self.server_state.total_requests += 1
        observe.answered(lane.route.method, lane.route.path, 200, time.perf_counter() - began)
        if self.ending:
            self.transport.close()
            return
        self.timeout_keep_alive_task: TimerHandle | None = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def go_on(self) -> None:
        """Read what came meanwhile."""
        if self.later:
            later, self.later = self.later, b""
            self.flow.resume_reading()
            self.data_received(later)

    def shutdown(self) -> None:
        """End once what is under way is answered."""
        if self.flying:
            self.ending = True
        else:
            super().shutdown()


def application_of(app: Any) -> Application:
    """The application inside of what uvicorn puts around it."""
    while not isinstance(app, Application):
        app = app.app
    return app


def read(head: bytes, lanes: Mapping[tuple[str, str], Lane]) -> Head | None:
    """What a request's head says, without the empty line behind it; None where the usual way has to look at it."""
    first, _, rest = head.partition(b"\r\n")
    asked, lines = FIRST_LINE.fullmatch(first), rest.split(b"\r\n")
    if asked is None or not all(HEADER.fullmatch(line) for line in lines):
        return None
    lane = lanes.get((asked["method"].decode(), asked["path"].decode()))
    headers = {
        name.lower(): value.strip(b" \t") for name, _, value in (line.partition(b":") for line in lines)
    }
    length = headers.get(b"content-length", b"")
    if lane is None or lane.route.at_once is None or len(headers) < len(lines) or not length.isdigit():
        return None
    unusual = not UNUSUAL.isdisjoint(headers) or headers.get(b"connection", ALIVE).lower() != ALIVE
    return None if unusual or int(length) > lane.body_limit else Head(lane, headers, int(length))
