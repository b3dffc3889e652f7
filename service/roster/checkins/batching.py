"""Concurrent requests share one piece of work: whatever comes while one runs is the next one's.

The flag `running` is set and cleared without anything awaited in between, so no request is ever left waiting with
nobody at work.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from service.errors import Unavailable

Ask = TypeVar("Ask")
Answer = TypeVar("Answer")
Told = Callable[[Answer | Exception], None]

PAUSE_S = 0.015
"""Between batches, at most: many that come one by one share a few transactions, as each costs much the same however
many are in it. Whoever comes after a quiet moment is served at once."""
FEW = 16
"""A pause ends as soon as as many wait as were just answered (who come again), if these were not so few."""
RETRY_AFTER_S = 2
"""Of a request that found the queue full."""


class Batcher(Generic[Ask, Answer]):
    """At most one `work` at a time a process; it answers each of those it is given, with an exception or a value.

    `weight` is how much one is; a batch takes up to `most` of it, one at least, and `room` is what may wait.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Ask]], Awaitable[Sequence[Answer | Exception]]],
        weight: Callable[[Ask], int],
        *,
        most: int,
        room: int,
    ) -> None:
        self.work = work
        self.weight = weight
        self.most = most
        self.room = room
        self.waiting: deque[tuple[Ask, Told[Answer]]] = deque()
        self.held = 0
        self.running = False
        self.task: asyncio.Task[None] | None = None
        self.awaited = 0
        self.pause: asyncio.Future[None] | None = None

    async def ask(self, one: Ask) -> Answer:
        """The answer to one, once the work that it was part of is done. Raises Unavailable when too much waits."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def told(answer: Answer | Exception) -> None:
            if future.done():  # The client went away.
                return
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

        self.put(one, told)
        return await future

    def put(self, one: Ask, told: Told[Answer]) -> None:
        """Have one done with the next ones; `told`, which must not fail, hears the answer or what went wrong. Raises
        Unavailable when too much waits."""
        if self.held >= self.room:
            raise Unavailable("too-busy", retry_after=RETRY_AFTER_S)
        self.waiting.append((one, told))
        self.held += self.weight(one)
        if not self.running:
            self.running = True
            self.task = asyncio.create_task(self.run())
        elif self.pause is not None and len(self.waiting) >= self.awaited:
            end(self.pause)

    async def run(self) -> None:
        """Work until nobody waits."""
        while self.waiting:
            batch = self.next()
            answers = await self.answers([one for one, _ in batch])
            for (_, told), answer in zip(batch, answers, strict=True):
                told(answer)
            await self.wait_for(len(batch))
        self.running = False

    async def wait_for(self, count: int) -> None:
        """Pause until so many wait, FEW at least, or for as long as a pause may be."""
        self.awaited = max(count, FEW)
        if len(self.waiting) >= self.awaited:
            return
        loop = asyncio.get_running_loop()
        self.pause = loop.create_future()
        timer = loop.call_later(PAUSE_S, end, self.pause)
        await self.pause
        timer.cancel()
        self.pause = None

    def next(self) -> list[tuple[Ask, Told[Answer]]]:
        """Who is served next."""
        batch, taken = [self.waiting.popleft()], 0
        taken = self.weight(batch[0][0])
        while self.waiting and taken + self.weight(self.waiting[0][0]) <= self.most:
            batch.append(self.waiting.popleft())
            taken += self.weight(batch[-1][0])
        self.held -= taken
        return batch

    async def answers(self, asked: Sequence[Ask]) -> Sequence[Answer | Exception]:
        """What the work says; what goes wrong with it goes wrong for each of them, and the next batch is tried."""
        try:
            return await self.work(asked)
        except Exception as error:
            return [error] * len(asked)


def end(pause: asyncio.Future[None]) -> None:
    """End a pause, unless it has ended."""
    if not pause.done():
        pause.set_result(None)
