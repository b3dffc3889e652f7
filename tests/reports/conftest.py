"""The reports are tested on the reference city, at noon on a Wednesday."""

from collections.abc import AsyncIterator
from typing import Any

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
    """The tests' grid graph; tests that change the map take one of their own."""
    return shared_graphs


@pytest.fixture
async def client(settings, sessions, clock, graphs) -> AsyncIterator[httpx.AsyncClient]:
    """A client inside the outer transaction."""
    async with serving(settings, sessions, clock, graphs) as client:
        yield client


@pytest.fixture
async def dispatcher(login) -> dict[str, str]:
    """Headers of a dispatcher of the whole city, who may read its roster."""
    return await login("dispatcher", areas=["4408"])


@pytest.fixture
async def gis(login) -> dict[str, str]:
    """Headers of a GIS officer of the whole city, who may read no roster."""
    return await login("gis", areas=["4408"])


@pytest.fixture
def ask(client):
    """Ask as somebody: `await ask(gis, "/coverage", area="4408")` gives the 200's body."""

    async def ask(headers: dict[str, str], path: str, **query: Any) -> dict[str, Any]:
        answer = await client.get(f"/api/v1{path}", params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return ask


@pytest.fixture
def ask_all(ask):
    """Ask for all pages: gives the first body, with the items of all."""

    async def ask_all(headers: dict[str, str], path: str, **query: Any) -> dict[str, Any]:
        body = first = await ask(headers, path, limit=500, **query)
        while body["next"]:
            body = await ask(headers, path, limit=500, after=body["next"], **query)
            first["items"] += body["items"]
        return first

    return ask_all
