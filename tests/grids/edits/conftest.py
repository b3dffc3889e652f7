"""Edits are tested on a town of the test's own making."""

from collections.abc import AsyncIterator

import pytest_asyncio


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_database(databases, empty_template) -> AsyncIterator[str]:
    """The worker's own empty database."""
    url = await databases.clone(empty_template)
    yield url
    await databases.drop(url)
