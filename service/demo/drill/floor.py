"""What all desks of the drill share: the people, the notes, and what the service says when it is asked anew."""

import asyncio
from collections.abc import Awaitable, Coroutine, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from service.demo.drill.check import Found
from service.demo.drill.client import Broken, Json, Person, Refusal, Service
from service.demo.drill.notes import Ack, Deed, Notes
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
        seed: int,
        mark: str,
    ) -> None:
        self.service = service
        self.dispatcher = dispatcher
        self.phones = phones
        """Device tokens by member."""
        self.notes = notes
        self.screen = screen
        self.seed = seed
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
        except Refusal as refusal:
            (self.notes.refusals if refusal.status == 409 else self.notes.faults).append(str(refusal))
        except Broken as broken:
            self.notes.faults.append(str(broken))
        return None

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
        found: list[Json] = []
        params = {"since": self.since.isoformat(), "limit": "100"}
        while True:
            page = await self.told(self.dispatcher.get("/tasks", **params))
            if page is None:
                return found
            found += [task for task in page["items"] if self.mark in (task["instructions"] or "")]
            if page["next"] is None:
                return found
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
        tasks = await self._each(
            self._task(task_id) for task_id in dict.fromkeys(ack.task_id for ack in self.notes.acks)
        )
        wanted: dict[str, set[str]] = {}
        for ack in self.notes.of(Deed.ACCEPT, Deed.DECLINE):
            wanted.setdefault(ack.member_id or "", set()).add(ack.subject)
        own = await self._each(self._own(member_id, offers) for member_id, offers in wanted.items())
        return Found(
            tasks={task["id"]: task for task in tasks if task is not None},
            own={offer["id"]: offer for offers in own for offer in offers},
            of_run=[task["id"] for task in await self.tasks_of_run()],
        )

    async def _each(self, calls: Iterable[Coroutine[Any, Any, Read]]) -> list[Read]:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(call) for call in calls]
        return [each.result() for each in running]

    async def _task(self, task_id: str) -> Json | None:
        return await self.told(self.dispatcher.get(f"/tasks/{task_id}"))

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
