"""The contract is tested on the reference city at NOON: over HTTP with commits, or inside one outer transaction."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from service.settings import Settings
from tests.conftest import Databases
from tests.contract.live import Live, live
from tests.reference_city import client, graphs, shared_database, shared_graphs


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
