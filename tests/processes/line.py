"""Clients that do not give up: a request without an answer is sent again, with its key, to the next process."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx

from tests.processes.city import Callers, Headers, Look, offers_of, task_body
from tests.processes.fleet import DEADLINE_SECONDS, Api

PAUSE_SECONDS = 0.1
UNANSWERED = "no answer"


class Line:
    """Posts incidents, answers for those who are asked, and remembers every word that was acknowledged."""

    def __init__(self, apis: Sequence[Api], callers: Callers) -> None:
        self.apis = list(apis)
        self.callers = callers
        self.sent = 0
        self.met: Counter[int | str] = Counter()
        """Statuses, and how many requests got no answer."""
        self.posted: dict[str, dict[str, Any]] = {}
        """The 201's body by title, which is the key as well."""
        self.answered: dict[str, str] = {}
        """yes or no by offer."""
        self.engaged: set[str] = set()

    @property
    def acknowledged(self) -> int:
        """How many words were acknowledged."""
        return len(self.posted) + len(self.answered)

    async def incident(self, title: str) -> None:
        """Post an emergency; the first who is asked says yes, the second no."""
        task = (await self.post(title)).json()
        assert task["title"] == title
        self.posted[title] = task
        yes, no, *_ = offers_of(task)
        answer = await self.call(f"/api/v1/offers/{yes['id']}/accept", self.callers.phones[yes["member_id"]])
        assert answer.json()["engagement"]["state"] == "accepted"
        self.answered[yes["id"]] = "yes"
        self.engaged.add(answer.json()["engagement"]["id"])
        answer = await self.call(f"/api/v1/offers/{no['id']}/decline", self.callers.phones[no["member_id"]])
        assert answer.json()["offer"]["state"] == "declined"
        self.answered[no["id"]] = "no"

    async def post(self, title: str) -> httpx.Response:
        """Post an emergency under the key that its title is; gives the 201."""
        headers = self.callers.dispatcher | {"Idempotency-Key": title.encode().hex()}
        return await self.call("/api/v1/tasks", headers, json=task_body(title))

    async def call(self, path: str, headers: Headers, **options: Any) -> httpx.Response:
        """Send until it is done. Raises AssertionError for an answer that is none to send again for."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                self.sent += 1
                api = self.apis[self.sent % len(self.apis)]
                try:
                    answer = await api.client.post(path, headers=headers, **options)
                except httpx.TransportError:
                    self.met[UNANSWERED] += 1
                else:
                    self.met[answer.status_code] += 1
                    if answer.is_success:
                        return answer
                    assert answer.status_code == 503 or in_flight(answer), answer.text
                await asyncio.sleep(PAUSE_SECONDS)

    async def check(self, look: Look) -> None:
        """All that was acknowledged is there, once, and its keys still give the same."""
        assert dict(await look.rows("SELECT title, count(*)::int FROM task GROUP BY title")) == dict.fromkeys(
            self.posted, 1
        )
        said = await look.rows("SELECT id::text, answer FROM offer WHERE answer IS NOT NULL")
        assert dict(said) == self.answered
        assert set(await look.column("SELECT id::text FROM engagement")) == self.engaged
        for title, task in self.posted.items():
            again = await self.post(title)
            assert again.headers["idempotent-replayed"] == "true"
            assert again.json() == task
        assert await look.value("SELECT count(*) FROM task") == len(self.posted)
        await look.check()


def in_flight(answer: httpx.Response) -> bool:
    """Whether the first request of that key still runs: its process is gone, its connection not yet."""
    return answer.status_code == 409 and answer.json()["type"] == "/problems/request-in-flight"
