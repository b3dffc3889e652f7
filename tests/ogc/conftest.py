"""The OGC API is tested on the reference city with tasks in it: in one outer transaction, or over HTTP for GDAL."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import httpx
import pytest
import pytest_asyncio

from service.access import keys
from service.access.models import Account
from service.access.queries import as_caller
from service.access.rules import Action
from service.db.base import utcnow
from service.settings import Settings
from tests.conftest import NOON
from tests.contract.live import Live, live
from tests.reference_city import client, graphs, shared_database, shared_graphs

READS = (Action.GRID_READ, Action.COVERAGE_READ, Action.TASK_PLACE_READ)
PLACES = (("public_request", 110.36, 21.27, "urgent"), ("emergency_response", 110.405, 21.195, "critical"))


class GisKey(NamedTuple):
    """An account of a GIS officer and an API key of it."""

    username: str
    key: str


async def post_tasks(client: httpx.AsyncClient, headers: dict[str, str]) -> list[str]:
    """Post a task at each of the places; gives their ids."""
    found = []
    for category, lon, lat, urgency in PLACES:
        body = {
            "category": category,
            "title": "张三家进水",
            "instructions": "某路 5 号二楼",
            "urgency": urgency,
            "location": {"lon": lon, "lat": lat, "crs": "CGCS2000"},
            "seats": [{"count": 2}],
        }
        answer = await client.post("/api/v1/tasks", headers=headers, json=body)
        assert answer.status_code == 201, answer.text
        found.append(answer.json()["id"])
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def served_database(databases, city_template) -> AsyncIterator[str]:
    """The worker's own copy of the city, for the server."""
    url = await databases.clone(city_template)
    yield url
    await databases.drop(url)


@pytest.fixture(scope="session")
def city(served_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The city over HTTP, with a task at each of the places."""
    settings = Settings(database_url=served_database, home=tmp_path_factory.mktemp("ogc"), token_key="k" * 43)
    with live(settings) as server:
        dispatcher = server.somebody("dispatcher", areas=["4408"])
        transport = httpx.ASGITransport(server.app)

        async def post() -> None:
            async with httpx.AsyncClient(transport=transport, base_url="http://vanguard.test") as client:
                await post_tasks(client, dispatcher.headers)

        server.run(post())
        # From here on clients ask, which have clocks of their own, with keys, which do not end.
        server.app.state.clock = utcnow
        yield server


def make_key(server: Live, areas: tuple[str, ...] = ("4408",), actions: tuple[Action, ...] = READS) -> GisKey:
    """A GIS officer with a key that may read those things."""
    officer = server.somebody("gis", areas=list(areas))

    async def make() -> GisKey:
        async with server.sessions.begin() as session:
            account = await session.get_one(Account, officer.account_id)
            made = await keys.make(session, as_caller(account), "QGIS", actions, None, NOON)
            return GisKey(account.username, made.key)

    return server.run(make())


@pytest.fixture(scope="session")
def gis_key(city: Live) -> GisKey:
    """The key of a GIS officer of the whole city."""
    return make_key(city)


@pytest.fixture
async def gis(login) -> dict[str, str]:
    """Headers of a GIS officer of the whole city."""
    return await login("gis", areas=["4408"])


@pytest.fixture
async def tasks(client, login) -> list[str]:
    """Tasks at the places, by their ids."""
    return await post_tasks(client, await login("dispatcher", areas=["4408"]))


@pytest.fixture
def ask(client, gis):
    """Ask for something under /ogc: `await ask("/collections")` gives the 200's JSON."""

    async def ask(path: str, headers: dict[str, str] | None = None, **query: Any) -> dict[str, Any]:
        named = {
            name.rstrip("_").replace("_crs", "-crs").replace("_lang", "-lang"): each
            for name, each in query.items()
        }
        answer = await client.get(f"/ogc{path}", params=named, headers=headers or gis)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return ask
