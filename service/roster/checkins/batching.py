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

PAUSE_S = 0.003
"""Between batches: those who were just answered come again, and larger batches cost less for each. Whoever comes while
nobody else does is served at once."""
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
        self.waiting: deque[tuple[Ask, asyncio.Future[Answer]]] = deque()
        self.held = 0
        self.running = False
        self.task: asyncio.Task[None] | None = None

    async def ask(self, one: Ask) -> Answer:
        """The answer to one, once the work that it was part of is done. Raises Unavailable when too much waits."""
        if self.held >= self.room:
            raise Unavailable("too-busy", retry_after=RETRY_AFTER_S)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.waiting.append((one, future))
        self.held += self.weight(one)
        if not self.running:
            self.running = True
            self.task = asyncio.create_task(self.run())
        return await future

    async def run(self) -> None:
        """Work until nobody waits."""
        while self.waiting:
            batch = self.next()
            answers = await self.answers([one for one, _ in batch])
            for (_, future), answer in zip(batch, answers, strict=True):
                if future.done():  # The client went away.
                    continue
                if isinstance(answer, BaseException):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
            await asyncio.sleep(PAUSE_S)
        self.running = False

    def next(self) -> list[tuple[Ask, asyncio.Future[Answer]]]:
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
