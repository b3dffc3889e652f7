"""What all desks of the drill share: the people, the notes, and what the service says when it is asked anew."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from service.demo.drill.client import Broken, Json, Person, Refusal, Service
from service.demo.drill.found import Found
from service.demo.drill.notes import Ack, Deed, Notes
from service.demo.drill.scenario import Plan
from service.demo.drill.screen import Screen

CLOCKS_DIFFER = timedelta(minutes=10)
"""The service's clock may be behind by as much."""

Read = TypeVar("Read")


class Floor:
    """Everybody who takes part. `mark` is in the instructions of every task of this run."""

    def __init__(
        self,
        service: Service,
        dispatcher: Person,
        phones: dict[str, str],
        notes: Notes,
        screen: Screen,
        plan: Plan,
        mark: str,
    ) -> None:
        self.service = service
        self.dispatcher = dispatcher
        self.phones = phones
        """Device tokens by member."""
        self.notes = notes
        self.screen = screen
        self.seed = plan.seed
        self.pace = plan.pace
        self.mark = mark
        self.since = datetime.now(UTC) - CLOCKS_DIFFER
        self._members: dict[str, Person] = {}

    def member(self, member_id: str) -> Person | None:
        """A member with their phone; None for one who has none in the accounts' file."""
        if member_id not in self.phones:
            return None
        if member_id not in self._members:
            self._members[member_id] = Person.with_phone(self.service, self.phones[member_id])
        return self._members[member_id]

    async def told(self, call: Awaitable[Json]) -> Json | None:
        """The answer of a call, or None with a note of why there is none."""
        try:
            return await call
        except (Refusal, Broken) as error:
            self.note(error)
        return None

    def note(self, error: Refusal | Broken) -> None:
        """Note why an action was not done."""
        by_the_state = isinstance(error, Refusal) and error.status == 409
        (self.notes.refusals if by_the_state else self.notes.faults).append(str(error))

    async def do(
        self,
        who: Person,
        deed: Deed,
        path: str,
        body: Json | None = None,
        *,
        task_id: str,
        subject: str,
        member_id: str | None = None,
    ) -> Json | None:
        """Do one thing, and note it the moment that it is acknowledged."""
        answer = await self.told(who.post(path, body))
        if answer is not None:
            self.notes.acks.append(Ack(task_id, deed, subject, member_id, answer))
        return answer

    async def tasks_of_run(self) -> list[Json]:
        """All tasks that carry the run's mark, also those whose post was never answered."""
        return [task async for page in self.pages_of_run() for task in page]

    async def pages_of_run(self, **filters: str) -> AsyncIterator[list[Json]]:
        """The same, as many at a time as the service reads at once."""
        async for page in self._pages("/tasks", filters):
            yield [task for task in page if self.mark in (task["instructions"] or "")]

    async def activations_of_run(self, **filters: str) -> list[Json]:
        """The activations that carry the run's mark, likewise."""
        pages = self._pages("/activations", filters)
        return [each async for page in pages for each in page if self.mark in each["reason"]]

    async def _pages(self, path: str, filters: Mapping[str, str]) -> AsyncIterator[list[Json]]:
        params = {"since": self.since.isoformat(), "limit": "100", **filters}
        while True:
            page = await self.told(self.dispatcher.get(path, **params))
            if page is None:
                return
            yield page["items"]
            if page["next"] is None:
                return
            params["after"] = page["next"]

    async def leave_nothing_open(self) -> int:
        """Cancel whatever of this run still goes on; how many tasks that were."""
        going_on = [task for task in await self.tasks_of_run() if task["ended_at"] is None]
        for task in going_on:
            path, body = f"/tasks/{task['id']}/cancel", {"reason": "演练中止"}
            await self.do(self.dispatcher, Deed.CANCEL, path, body, task_id=task["id"], subject=task["id"])
        return len(going_on)

    async def found(self) -> Found:
        """What the service says of everything in the notes, read anew."""
        of_run = {task["id"]: task for task in await self.tasks_of_run()}
        wanted: dict[str, set[str]] = {}
        for ack in self.notes.of(Deed.ACCEPT, Deed.DECLINE):
            wanted.setdefault(ack.member_id or "", set()).add(ack.subject)
        own = await self._each(self._own(member_id, offers) for member_id, offers in wanted.items())
        known = dict.fromkeys(ack.task_id for ack in self.notes.acks)
        read = {task_id: of_run[task_id] for task_id in known if task_id in of_run}
        ledgers = await self._each(self._ledger(task_id) for task_id in read)
        return Found(
            tasks=read,
            ledgers=dict(zip(read, ledgers, strict=True)),
            own={offer["id"]: offer for offers in own for offer in offers},
            of_run=list(of_run),
            activations=await self.activations_of_run(),
        )

    async def _each(self, calls: Iterable[Coroutine[Any, Any, Read]]) -> list[Read]:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(call) for call in calls]
        return [each.result() for each in running]

    async def _ledger(self, task_id: str) -> list[Json]:
        found = await self.told(self.dispatcher.get(f"/tasks/{task_id}/waves"))
        return found["items"] if found else []

    async def _own(self, member_id: str, wanted: set[str]) -> list[Json]:
        """Those of a member's offers, newest first, until all are seen or there are no more."""
        person = self.member(member_id)
        assert person is not None
        found: list[Json] = []
        params: dict[str, str] = {}
        while True:
            page = await self.told(person.get("/offers", **params))
            if page is None:
                return found
            found += [offer for offer in page["items"] if offer["id"] in wanted]
            if len(found) == len(wanted) or page["next"] is None:
                return found
            params["after"] = page["next"]
