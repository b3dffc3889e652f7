"""The application called as a server calls it, without one: what the service itself adds, and no socket."""

from typing import NamedTuple

from fastapi import FastAPI
from starlette.types import Message


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[bytes, bytes]
    parts: tuple[bytes, ...]

    @property
    def body(self) -> bytes:
        """The body as a whole, which a client may put together, and the service does not."""
        return b"".join(self.parts)


class InProcess:
    """Calls with one Authorization header."""

    def __init__(self, app: FastAPI, authorization: str) -> None:
        self.app = app
        self.headers = [(b"host", b"127.0.0.1"), (b"authorization", authorization.encode())]

    async def get(self, address: str, *headers: tuple[bytes, bytes]) -> Answer:
        """The answer to a GET."""
        path, _, query = address.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [*self.headers, *headers],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
        }
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        parts = tuple(message.get("body", b"") for message in sent[1:])
        return Answer(sent[0]["status"], dict(sent[0]["headers"]), parts)
