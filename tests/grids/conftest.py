"""The map is tested on the reference city."""

from collections.abc import AsyncIterator

import pytest_asyncio


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_database(databases, city_template) -> AsyncIterator[str]:
    """The worker's own copy of the city."""
    url = await databases.clone(city_template)
    yield url
    await databases.drop(url)
