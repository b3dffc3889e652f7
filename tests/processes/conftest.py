"""Races and crashes run on a copy of the reference city of the test's own, in which everybody is on duty at any hour.

The city stands at NOON; real processes live now. So presence there is stale, people are taken at their office or
home, and `now_callers` hold tokens of the present, `callers` such of NOON.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from service.db.base import utcnow
from service.db.engine import server_settings
from service.grids.store import GraphStore
from service.settings import Settings
from tests.conftest import Clock, Databases, serving
from tests.processes.city import Callers, Look, log_in
from tests.processes.fleet import Fleet, fleet_on


@pytest.fixture
async def fresh_database(databases: Databases, city_template: str) -> AsyncIterator[str]:
    """A copy of the city, everybody on duty."""
    url = await databases.clone(city_template)
    yield url
    await databases.drop(url)


@pytest.fixture
def fresh_settings(fresh_database: str, tmp_path: Path) -> Settings:
    """Settings under which nobody has to log in again while a test lets time pass."""
    return Settings(
        database_url=fresh_database, home=tmp_path, token_key="k" * 43, access_token_minutes=7 * 24 * 60
    )


@pytest.fixture
async def look(fresh_database: str) -> AsyncIterator[Look]:
    """SQL on the test's database, past the service."""
    settings = dict(server_settings(Settings(database_url=fresh_database)))
    settings |= {"application_name": "test", "idle_in_transaction_session_timeout": "0"}
    connection = await asyncpg.connect(fresh_database, server_settings=settings)
    await connection.execute(
        "INSERT INTO duty_switch (member_id, state, set_at) SELECT id, 'on', now() FROM member"
        " ON CONFLICT (member_id) DO UPDATE SET state = 'on', until = NULL"
    )
    yield Look(connection)
    await connection.close()


@pytest.fixture
async def now_callers(look: Look, fresh_settings: Settings) -> Callers:
    """Everybody's headers, for real processes."""
    return await log_in(look, fresh_settings, utcnow())


@pytest.fixture
async def fleet(fresh_settings: Settings, look: Look, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Processes on the test's database."""
    async with fleet_on(fresh_settings.database_url, tmp_path, fresh_settings.token_key) as fleet:
        yield fleet


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Show the ends of the processes' logs with a failure."""
    report = yield
    fleet = getattr(item, "funcargs", {}).get("fleet")
    if report.failed and fleet is not None:
        report.sections.extend((f"the end of {each.log.name}", each.tail) for each in fleet.started)
    return report


@pytest.fixture
async def callers(look: Look, fresh_settings: Settings, clock: Clock) -> Callers:
    """Everybody's headers, for an application in this process that lives at the clock's time."""
    return await log_in(look, fresh_settings, clock.at)


@pytest.fixture(scope="session")
def graphs() -> GraphStore:
    """One grid graph for all tests: none changes the map."""
    return GraphStore()


@pytest.fixture
async def fresh_client(
    fresh_settings: Settings, fresh_sessions, clock: Clock, graphs: GraphStore
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application in this process, whose requests really commit on a pool of connections."""
    async with serving(fresh_settings, fresh_sessions, clock, graphs) as client:
        yield client
