"""The reports are tested on the reference city, at noon on a Wednesday."""

from typing import Any

import pytest

from tests.reference_city import client, graphs, settings, shared_database, shared_graphs


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
