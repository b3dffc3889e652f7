"""The short road of a lane: what goes by it, what goes the usual way, and that both may be had on one connection."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from service.web.express import Express, read
from service.web.plain import Application, Plain, PlainRoute

PATH = "/lane"
HEADERS = ("Host: x", "Authorization: Bearer t")


def request(body="1", *headers, method="POST", path=PATH, length=None):
    """A request as it is sent."""
    length = len(body) if length is None else length
    lines = [f"{method} {path} HTTP/1.1", *HEADERS, *headers, f"Content-Length: {length}"]
    return "\r\n".join([*lines, "", body]).encode()


class Road:
    """A lane whose two roads say which they are, with the body. What the short one is to answer is held until `go`."""

    def __init__(self):
        self.app = Application()
        self.app.add_lane(
            PlainRoute("POST", PATH, self.usual, guard=None, at_once=self.short), {}, {}, body_limit=99
        )
        self.app.add_middleware(Hello)
        self.held = []

    async def usual(self, request, body):
        """The usual way."""
        return answer(b"usual " + body)

    def short(self, headers, body, done):
        """The short road, for all but `no`; `back` is sent back to the usual way."""
        if body == b"no":
            return False
        self.held.append(lambda: done(None if body == b"back" else answer(b"short " + body)))
        return True

    async def go(self):
        """Answer the next."""
        await until(lambda: self.held)
        self.held.pop(0)()


class Hello:
    """Answers whatever is not the lane's."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"hello"})


def answer(body):
    """A 200."""
    return Plain([(b"content-length", b"%d" % len(body))], body)


@asynccontextmanager
async def connection(road):
    """A connection to a server of it, and the protocol at its other end."""
    config, ends = Config(road.app, log_config=None, lifespan="off"), []

    def end():
        ends.append(Express(config=config, server_state=ServerState(), app_state={}))
        return ends[-1]

    server = await asyncio.get_running_loop().create_server(end, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(request("no"))
    assert await said(reader) == "usual no"
    try:
        yield reader, writer, ends[0]
    finally:
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()


async def until(true):
    """Let everything else go on until something is so."""
    while not true():  # noqa: ASYNC110  (what is waited for has no event)
        await asyncio.sleep(0)


async def said(reader):
    """The body of the next answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    (length,) = [
        line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    ]
    return (await reader.readexactly(int(length))).decode()


async def test_both_roads_are_had_on_one_connection_in_order():
    road = Road()
    async with connection(road) as (reader, writer, _):
        writer.write(request("a"))
        await road.go()
        assert await said(reader) == "short a"
        # In two parts, too large, sent back, another path: as if there were no short road.
        writer.write(request("", length=2))
        await asyncio.sleep(0.01)
        writer.write(b"bc")
        assert await said(reader) == "usual bc"
        writer.write(request("back"))
        await road.go()
        assert await said(reader) == "usual back"
        writer.write(request("", method="GET", path="/other"))
        assert await said(reader) == "hello"
        # What comes while one is under way waits for its answer.
        writer.write(request("d"))
        await asyncio.sleep(0.01)
        writer.write(request("e") + request("no"))
        await road.go()
        assert [await said(reader) for _ in range(3)] == ["short d", "usual e", "usual no"]


async def test_the_rest_of_a_request_is_no_request_of_its_own_whatever_it_looks_like():
    road, inner = Road(), request("a")
    async with connection(road) as (reader, writer, end):
        # In a header: whoever comes next on a proxy's connection must not be taken for the end of it.
        writer.write(b"GET /other HTTP/1.1\r\nX: ")
        await until(lambda: end.midway)
        writer.write(inner)
        assert await said(reader) == "hello"
        # In a body that was answered before it was read.
        writer.write(request("", path="/other", length=len(inner)))
        assert await said(reader) == "hello"
        writer.write(inner)
        await until(lambda: not end.midway)
        assert not road.held
        writer.write(request("b"))
        await road.go()
        assert await said(reader) == "short b"


async def test_a_server_that_stops_answers_first_and_a_client_that_left_harms_nothing():
    road = Road()
    async with connection(road) as (reader, writer, end):
        writer.write(request("a"))
        await until(lambda: road.held)
        end.shutdown()
        await road.go()
        assert await said(reader) == "short a"
        assert await reader.read() == b""
    async with connection(road) as (_, writer, end):
        writer.write(request("b"))
        await until(lambda: road.held)
        writer.close()
        await until(end.transport.is_closing)
        await road.go()


@pytest.mark.parametrize(
    "head",
    [
        request("1", "Transfer-Encoding: chunked"),
        request("1", "Transfer-Encoding : chunked"),
        request("1", "Expect: 100-continue"),
        request("1", "Connection: close"),
        request("1", "Connection: Upgrade", "Upgrade: websocket"),
        request("1", "Content-Length: 7"),
        request("1", "X: a\nContent-Length: 7"),
        request("1", " folded: line"),
        request("1", "nothing"),
        request("1", length="+1"),
        request("1", length=100),
        request("1", path=PATH + "?a=b"),
        request("1", path="/%6cane"),
        request("1", method="GET"),
        request("1").replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
)
def test_what_is_out_of_the_ordinary_goes_the_usual_way(head):
    lanes = Road().app.lanes
    assert read(request("1").partition(b"\r\n\r\n")[0], lanes).length == 1
    assert read(head.partition(b"\r\n\r\n")[0], lanes) is None
