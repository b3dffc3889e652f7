"""The contract is tested on the reference city at NOON: over HTTP with commits, or inside one outer transaction."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from service.grids.store import GraphStore
from service.settings import Settings
from tests.conftest import Clock, Databases, serving
from tests.contract.live import Live, live


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def live_database(databases: Databases, city_template: str) -> AsyncIterator[str]:
    """The worker's own copy of the city, to be written to."""
    url = await databases.clone(city_template)
    yield url
    await databases.drop(url)


@pytest.fixture(scope="session")
def city(live_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The city over HTTP."""
    home = tmp_path_factory.mktemp("live")
    with live(Settings(database_url=live_database, home=home, token_key="k" * 43)) as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_database(databases: Databases, city_template: str) -> AsyncIterator[str]:
    """The worker's own copy of the city, for tests that roll back."""
    url = await databases.clone(city_template)
    yield url
    await databases.drop(url)


@pytest.fixture(scope="session")
def graphs() -> GraphStore:
    """One grid graph for all tests: none changes the map."""
    return GraphStore()


@pytest.fixture
async def client(
    settings: Settings, sessions, clock: Clock, graphs: GraphStore
) -> AsyncIterator[httpx.AsyncClient]:
    """A client inside the outer transaction."""
    async with serving(settings, sessions, clock, graphs) as client:
        yield client
