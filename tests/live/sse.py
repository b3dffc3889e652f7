"""A client of streams, as a page or a phone is one."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import httpx


class Said(NamedTuple):
    """One message."""

    event: str
    id: str
    data: dict[str, Any]


class Reading:
    """An open stream."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.last_id: str | None = None
        self._messages = self._read()

    async def _read(self) -> AsyncIterator[Said]:
        fields: dict[str, str] = {}
        async for line in self.answer.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                self.last_id = fields["id"]
                yield Said(fields["event"], fields["id"], json.loads(fields["data"]))
                fields = {}

    async def next(self, *, own: bool = False) -> Said:
        """The next event; with `own` the stream's own words count too. StopAsyncIteration at its end."""
        while True:
            said = await anext(self._messages)
            if own or "." in said.event:
                return said

    async def until(self, event: str) -> list[Said]:
        """Everything up to a message of that name, which is the last."""
        found = [await self.next(own=True)]
        while found[-1].event != event:
            found.append(await self.next(own=True))
        return found

    async def rest(self) -> list[Said]:
        """Everything to the stream's end."""
        return [said async for said in self._messages]


@asynccontextmanager
async def reading(
    client: httpx.AsyncClient, headers: dict[str, str], after: str | None = None, **query: Any
) -> AsyncIterator[Reading]:
    """Open a stream, from behind a last id if there is one, and read its hello."""
    headers = headers | ({"Last-Event-ID": after} if after else {})
    async with client.stream("GET", "/api/v1/events", headers=headers, params=query) as answer:
        if answer.status_code != 200:
            await answer.aread()
        assert answer.status_code == 200, answer.text
        stream = Reading(answer)
        assert (await stream.next(own=True)).event == "hello"
        yield stream
