"""Dispatch is tested on the reference city, at noon on a Wednesday, with a few people put where a test wants them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.worker import handlers
from service.timers.loop import Handler, run_one
from tests.reference_city import client, graphs, settings, shared_database, shared_graphs

CHIKAN = (110.3600, 21.2700)
"""In the town 中山街道 of the county 赤坎区."""


@pytest.fixture
async def fresh_database(databases, city_template) -> AsyncIterator[str]:
    """A copy of the city of the test's own, for commits, races and processes."""
    url = await databases.clone(city_template)
    yield url
    await databases.drop(url)


@pytest.fixture
async def dispatcher(login) -> dict[str, str]:
    """Headers of a dispatcher of the whole city."""
    return await login("dispatcher", areas=["4408"])


def task_body(lon: float = CHIKAN[0], lat: float = CHIKAN[1], **changes: Any) -> dict[str, Any]:
    """A critical task with three seats in Chikan, changed as a test wants."""
    return {
        "category": "emergency_response",
        "title": "演练：爆管抢险",
        "urgency": "critical",
        "location": {"lon": lon, "lat": lat, "crs": "CGCS2000"},
        "seats": [{"skills": [], "count": 3}],
    } | changes


@pytest.fixture
def post(client: httpx.AsyncClient, dispatcher: dict[str, str]) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Post a task as the dispatcher; gives the 201's body."""

    async def post(*place: float, headers: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
        answer = await client.post(
            "/api/v1/tasks", json=task_body(*place, **changes), headers=headers or dispatcher
        )
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return post


@pytest.fixture
def phone(
    client: httpx.AsyncClient, session: AsyncSession, login
) -> Callable[..., Awaitable[httpx.Response]]:
    """Call a route as a member: `await phone(member_id, "POST", "/offers/…/accept")`."""
    headers: dict[UUID, dict[str, str]] = {}

    async def call(member_id: str, method: str, path: str, **options: Any) -> httpx.Response:
        who = UUID(str(member_id))
        if who not in headers:
            await session.execute(
                text("UPDATE account SET member_id = NULL WHERE member_id = :id"), {"id": who}
            )
            await session.commit()
            headers[who] = await login("member", member_id=who)
        return await client.request(method, f"/api/v1{path}", headers=headers[who], **options)

    return call


@pytest.fixture
def effects(settings, graphs) -> Mapping[str, Handler]:
    """What does each kind of timer."""
    return handlers(settings, graphs)


@pytest.fixture
def let_pass(sessions, clock, effects) -> Callable[[float], Awaitable[None]]:
    """Let minutes pass, and do all that falls due meanwhile, in its order and at its time."""

    async def let_pass(minutes: float) -> None:
        until = clock.at + timedelta(minutes=minutes)
        while due := await next_due(sessions, until):
            clock.at = max(clock.at, due)
            await run_one(sessions, effects, clock)
        clock.at = until

    return let_pass


async def next_due(sessions, until: datetime) -> datetime | None:
    """When the next timer up to a time is due. The session ends at once: it would roll back what comes after it."""
    async with sessions() as session:
        statement = text("SELECT min(due_at) FROM timer WHERE due_at <= :until")
        due: datetime | None = await session.scalar(statement, {"until": until})
        return due


def offers_of(task: dict[str, Any], state: str | None = None) -> list[dict[str, Any]]:
    """All offers of a task as it is read over REST."""
    offers = [offer for wave in task["waves"] for offer in wave["offers"]]
    return [offer for offer in offers if state is None or offer["state"] == state]


@pytest.fixture
def read(client: httpx.AsyncClient, dispatcher: dict[str, str]) -> Callable[[str], Awaitable[dict[str, Any]]]:
    """Read a task as the dispatcher."""

    async def read(task_id: str) -> dict[str, Any]:
        answer = await client.get(f"/api/v1/tasks/{task_id}", headers=dispatcher)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return read
