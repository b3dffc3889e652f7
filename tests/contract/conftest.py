"""The contract is tested on the reference city: over HTTP with commits of its own, or inside a transaction."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from service.settings import Settings
from tests.conftest import Databases
from tests.contract.live import Live, live


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def live_database(databases: Databases, city_template: str) -> AsyncIterator[str]:
    """The worker's own copy of the city, to be written to."""
    url = await databases.clone(city_template)
    yield url
    await databases.drop(url)


@pytest.fixture(scope="session")
def city(live_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The city, served."""
    home: Path = tmp_path_factory.mktemp("live")
    settings = Settings(database_url=live_database, home=home, token_key="k" * 43)
    with live(settings) as server:
        yield server
