"""The bodies of requests, read within a limit and kept, so that a request can be run again from its beginning."""

from collections.abc import Awaitable, Callable
from tempfile import SpooledTemporaryFile
from typing import Any, Protocol

from starlette.types import Message, Receive

from service.errors import TooLarge

CHUNK_BYTES = 256 * 1024
IN_MEMORY_BYTES = 1024 * 1024
"""An upload that is larger is kept on disk."""


class Kept(Protocol):
    """A body that can be read again."""

    def replay(self) -> Receive:
        """A `receive` that gives the body from its beginning, then whatever the client does next."""
        ...

    def close(self) -> None:
        """Forget it."""
        ...


class Small:
    """A body that is held in memory, whole."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self.body = body
        self.receive = receive

    @classmethod
    async def read(cls, receive: Receive, limit: int) -> "Small":
        """The whole body. Raises TooLarge as soon as it passes `limit` bytes."""
        body = bytearray()
        more = True
        while more:
            message: dict[str, Any] = dict(await receive())
            if message["type"] == "http.disconnect":
                break
            body += message.get("body", b"")
            if len(body) > limit:
                raise TooLarge("body-too-large", limit=limit)
            more = message.get("more_body", False)
        return cls(bytes(body), receive)

    def replay(self) -> Callable[[], Awaitable[Message]]:
        """As `Kept` has it."""
        given = False

        async def again() -> Message:
            nonlocal given
            if not given:
                given = True
                return {"type": "http.request", "body": self.body, "more_body": False}
            return await self.receive()

        return again

    def close(self) -> None:
        """Nothing is left behind."""


class Upload:
    """A body that is only read when the application asks for it, and kept on disk from there.

    So whoever is refused at the door sends it for nothing, and a large file is never in memory.
    """

    def __init__(self, receive: Receive, limit: int) -> None:
        self.receive = receive
        self.limit = limit
        self.file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  (`close` closes it)
        self.size = 0
        self.whole = False

    def replay(self) -> Callable[[], Awaitable[Message]]:
        """As `Kept` has it. The first `receive` takes all that comes, so that whoever parses the body meets no end that
        is none; it raises TooLarge as soon as the body passes the limit."""
        place = 0
        given = False

        async def again() -> Message:
            nonlocal place, given
            if given or not await self.fetched():
                return await self.receive() if given else {"type": "http.disconnect"}
            self.file.seek(place)
            chunk = self.file.read(CHUNK_BYTES)
            place += len(chunk)
            given = place == self.size
            return {"type": "http.request", "body": chunk, "more_body": not given}

        return again

    async def fetched(self) -> bool:
        """Whether all of it is there: takes what is still to come. Raises TooLarge. False: the client went away."""
        while not self.whole:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                return False
            chunk = message.get("body", b"")
            if self.size + len(chunk) > self.limit:
                raise TooLarge("body-too-large", limit=self.limit)
            self.file.seek(self.size)
            self.file.write(chunk)
            self.size += len(chunk)
            self.whole = not message.get("more_body", False)
        return True

    def close(self) -> None:
        """Delete what is on disk."""
        self.file.close()
