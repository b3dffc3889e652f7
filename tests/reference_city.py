"""Fixtures of the tests that run on the reference city: the conftest of a folder takes those that it needs."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from service.grids.store import GraphStore
from service.settings import Settings
from tests.conftest import serving


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_database(databases, city_template) -> AsyncIterator[str]:
    """The worker's own copy of the city, for tests that roll back."""
    url = await databases.clone(city_template)
    yield url
    await databases.drop(url)


@pytest.fixture
def settings(shared_database, tmp_path) -> Settings:
    """Settings under which nobody has to log in again while a test lets time pass."""
    return Settings(
        database_url=shared_database, home=tmp_path, token_key="k" * 43, access_token_minutes=7 * 24 * 60
    )


@pytest.fixture(scope="session")
def shared_graphs() -> GraphStore:
    """One grid graph for all tests that leave the map as it is."""
    return GraphStore()


@pytest.fixture
def graphs(shared_graphs) -> GraphStore:
    """The tests' grid graph; modules that change the map override this with one of their own."""
    return shared_graphs


@pytest.fixture
async def client(settings, sessions, clock, graphs) -> AsyncIterator[httpx.AsyncClient]:
    """A client inside the outer transaction."""
    async with serving(settings, sessions, clock, graphs) as client:
        yield client
