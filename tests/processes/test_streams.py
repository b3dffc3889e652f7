"""Streams of real processes: stopped, killed and started again under writers, beside each other."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import Any

import httpx

from service.db.base import utcnow
from service.events.record import record
from tests.live.sse import Reading, Said, reading
from tests.processes.fleet import until

AREA = "440802001"
LOST = (httpx.TransportError, StopAsyncIteration)


class Follower:
    """A client that opens its stream again from its last id, whatever becomes of the server."""

    def __init__(self, headers: dict[str, str], cursor: str) -> None:
        self.headers = headers
        self.last_id = cursor
        self.heard: list[Any] = []
        self.words: list[str] = []
        self.opened = 0

    async def follow(self, client: Callable[[], httpx.AsyncClient]) -> None:
        """Follow until cancelled."""
        while True:
            with suppress(*LOST):
                async with reading(client(), self.headers, after=self.last_id, kinds=["task."]) as stream:
                    self.opened += 1
                    await self.listen(stream)
            await asyncio.sleep(0.05)

    async def listen(self, stream: Reading) -> None:
        """Note all that is said until the stream breaks or ends."""
        while True:
            said: Said = await stream.next(own=True)
            self.last_id = said.id
            if "." in said.event:
                self.heard.append(said.data["data"]["n"])
            elif said.event != "heartbeat":
                self.words.append(said.event)


async def write(sessions, numbers: list[int], chance: Random) -> None:
    """One event in each transaction, which stays open for a moment."""
    for number in numbers:
        async with sessions.begin() as session:
            await record(session, "task.test", utcnow(), area_code=AREA, data={"n": number})
            await asyncio.sleep(chance.random() * 0.02)


async def test_nothing_is_lost_or_repeated_over_restarts_and_two_processes_tell_the_same(
    fleet, now_callers, fresh_sessions
):
    one, two = await fleet.serve_two()
    headers = now_callers.dispatcher
    cursor = (await one.client.get("/api/v1/events/cursor", headers=headers)).json()["cursor"]
    current = one
    restless, steady = Follower(headers, cursor), Follower(headers, cursor)
    chance = Random(1)

    async with asyncio.TaskGroup() as group:
        following = [
            group.create_task(restless.follow(lambda: current.client)),
            group.create_task(steady.follow(lambda: two.client)),
        ]

        async def part(numbers: range) -> None:
            """Six writers at once, and everybody has heard something new of them."""
            before = len(restless.heard)
            shares = [list(numbers[n::6]) for n in range(6)]
            writers = asyncio.gather(*(write(fresh_sessions, share, chance) for share in shares))
            await until(lambda: heard_more(restless, before), "the stream goes on")
            writing.append(writers)

        async def heard_more(follower: Follower, before: int) -> bool:
            return len(follower.heard) > before

        writing: list[Any] = []
        await part(range(300))
        # Told to end: the stream says so and ends, and the process with it.
        one.signal(signal.SIGTERM)
        assert await one.process.wait() in (0, -signal.SIGTERM)
        assert "stopping" in restless.words
        assert "without completing" not in one.said
        current = await fleet.serve(one.port)
        await part(range(300, 600))
        # Killed: it says nothing.
        await current.kill()
        current = await fleet.serve(one.port)
        await part(range(600, 900))
        await asyncio.gather(*writing)

        async def all_heard() -> bool:
            return len(restless.heard) >= 900 and len(steady.heard) >= 900

        await until(all_heard, "everything is heard")
        for each in following:
            each.cancel()
    assert sorted(restless.heard) == list(range(900))
    assert restless.heard == steady.heard
    assert (restless.opened, steady.opened) == (3, 1)
