"""Databases for the tests, on a real PostGIS: VANGUARD_TEST_DATABASE_URL names its superuser (deploy/test sets it).

One template is migrated per run, under a file lock, and cloned (about 0.1 s) for each worker and for each test that
needs commits of its own. Other tests run inside one outer transaction that is rolled back.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import hypothesis
import pytest
import pytest_asyncio
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import NullPool, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker

from service.access import passwords
from service.access.commands import SESSION, create_account, open_device
from service.access.rules import Role
from service.access.tokens import Tokens
from service.app import create_app
from service.db.base import new_id
from service.db.engine import Sessions, make_engine, make_sessions
from service.db.migrate import migrate
from service.demo.city import build_city
from service.demo.store import store
from service.grids.store import GraphStore
from service.settings import Settings
from service.web.observe import set_up_logging

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("vanguard", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("vanguard")

NOON = datetime(2026, 6, 3, 4, 0, tzinfo=UTC)
"""A Wednesday, 12:00 in Shanghai: the time in tests that name no other."""


class Clock:
    """The time of a test, moved by hand."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture(scope="session", autouse=True)
def logging() -> None:
    """The service's own logs: structlog's default draws each traceback for seconds."""
    set_up_logging()


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Still argon2, but in microseconds: a login test must not take the 140 ms that a guess has to cost."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "hasher", PasswordHash((cheap,)))
        yield


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at NOON until a test moves it."""
    return Clock()


def server_url() -> str:
    """The test server's superuser URL."""
    url = os.environ.get("VANGUARD_TEST_DATABASE_URL")
    if not url:
        pytest.exit(
            "VANGUARD_TEST_DATABASE_URL is not set: run deploy/test, which makes a PostGIS for the tests.", 2
        )
    return url


def url_of(name: str) -> str:
    """The URL of a database on the test server."""
    return make_url(server_url()).set(database=name).render_as_string(hide_password=False)


async def administer(*statements: str) -> None:
    """Run statements that cannot run in a transaction."""
    connection = await asyncpg.connect(server_url())
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def pytest_configure(config: pytest.Config) -> None:
    """Name the run, for this process and the workers of xdist alike."""
    if not hasattr(config, "workerinput"):
        config.option.testrunuid = os.environ["PYTEST_XDIST_TESTRUNUID"] = uuid4().hex


def run_name() -> str:
    """What the names of this run's databases begin with."""
    return "t" + os.environ["PYTEST_XDIST_TESTRUNUID"][:8]


LEFT_OVER = """
    SELECT datname FROM pg_database WHERE datname LIKE :run ESCAPE '\\'
    OR datname ~ '^t[0-9a-f]{8}_'
       AND (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification < now() - interval '6 hours'
"""


async def clear_away(run: str) -> None:
    """Drop the databases of this run, and those that a killed run left behind hours ago."""
    connection = await asyncpg.connect(server_url())
    try:
        for row in await connection.fetch(LEFT_OVER.replace(":run", "$1"), f"{run}\\_%"):
            await connection.execute(f'DROP DATABASE IF EXISTS "{row["datname"]}" WITH (FORCE)')
    finally:
        await connection.close()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The last one out, which with xdist is the controller, clears away."""
    if not hasattr(session.config, "workerinput") and os.environ.get("VANGUARD_TEST_DATABASE_URL"):
        asyncio.run(clear_away(run_name()))


class Databases:
    """Templates and their clones, one run's own."""

    def __init__(self, folder: Path, run: str, worker: str) -> None:
        self.folder = folder
        self.run = run
        self.worker = worker
        self.made = 0

    @asynccontextmanager
    async def lock(self) -> AsyncIterator[None]:
        """CREATE DATABASE … TEMPLATE wants the template to itself."""
        with (self.folder / "databases.lock").open("w") as file:
            flock(file, LOCK_EX)
            yield

    async def template(self, name: str, fill: Callable[[Settings], Awaitable[None]], base: str) -> str:
        """The template of that name, made by whoever comes first: a clone of `base`, filled."""
        full = f"{self.run}_{name}"
        async with self.lock():
            done = self.folder / f"{full}.done"
            if not done.exists():
                await administer(
                    f'DROP DATABASE IF EXISTS "{full}"', f'CREATE DATABASE "{full}" TEMPLATE "{base}"'
                )
                await fill(Settings(database_url=url_of(full), home=self.folder))
                done.touch()
        return full

    async def clone(self, template: str) -> str:
        """A fresh copy of a template; gives its URL."""
        self.made += 1
        name = f"{self.run}_{self.worker}_{self.made}"
        async with self.lock():
            await administer(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return url_of(name)

    async def drop(self, url: str) -> None:
        """Drop a clone, whoever is still connected."""
        await administer(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Databases:
    """This worker's door to the test server."""
    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder = folder.parent
    return Databases(folder, run_name(), worker_id)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def empty_template(databases: Databases) -> str:
    """Migrated, without a single row."""
    return await databases.template("empty", migrate, "template1")


async def fill_with_city(settings: Settings) -> None:
    """The reference city as it stands at NOON."""
    await migrate(settings)
    engine = make_engine(settings)
    async with make_sessions(engine).begin() as session:
        accounts = await store(session, build_city(), settings, NOON)
    await engine.dispose()
    (settings.home / "city-accounts.json").write_text(json.dumps(accounts))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def city_template(databases: Databases) -> str:
    """The reference city, loaded once a run."""
    return await databases.template("city", fill_with_city, "template1")


@pytest.fixture(scope="session")
def city_accounts(city_template: str, databases: Databases) -> dict[str, Any]:
    """The demo accounts of the city template, as demo-accounts.json holds them."""
    accounts: dict[str, Any] = json.loads((databases.folder / "city-accounts.json").read_text())
    return accounts


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_database(databases: Databases, empty_template: str) -> AsyncIterator[str]:
    """The worker's database for tests that roll back."""
    url = await databases.clone(empty_template)
    yield url
    await databases.drop(url)


@pytest.fixture
async def fresh_database(databases: Databases, empty_template: str) -> AsyncIterator[str]:
    """A database of the test's own, for commits, races and processes."""
    url = await databases.clone(empty_template)
    yield url
    await databases.drop(url)


@pytest.fixture
def settings(shared_database: str, tmp_path: Path) -> Settings:
    """Settings over the worker's database."""
    return Settings(database_url=shared_database, home=tmp_path, token_key="k" * 43)


@pytest.fixture
async def connection(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """A connection in an outer transaction that is rolled back.

    The service's own transactions are short, and ended when they idle; this one is as long as its test.
    """
    engine = make_engine(settings, longest_idle=timedelta(minutes=10), poolclass=NullPool)
    async with engine.connect() as connection:
        outer = await connection.begin()
        yield connection
        await outer.rollback()
    await engine.dispose()


@pytest.fixture
def sessions(connection: AsyncConnection) -> Sessions:
    """Sessions inside the outer transaction: their commits are savepoints."""
    return async_sessionmaker(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")


@pytest.fixture
async def session(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    """One session for a test to arrange with and to look with."""
    async with sessions() as session:
        yield session


@asynccontextmanager
async def serving(
    settings: Settings, sessions: Sessions, clock: Clock, graphs: GraphStore | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application over the given sessions; `graphs` may be shared while no test changes the map."""
    app = create_app(settings, clock)
    app.state.sessions = sessions
    app.state.graphs = graphs or app.state.graphs
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://vanguard.test") as client:
        yield client


@pytest.fixture
async def client(settings: Settings, sessions: Sessions, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    """A client inside the outer transaction."""
    async with serving(settings, sessions, clock) as client:
        yield client


@pytest.fixture
async def fresh_sessions(fresh_database: str) -> AsyncIterator[Sessions]:
    """Sessions that really commit, on a database of the test's own."""
    engine = make_engine(Settings(database_url=fresh_database))
    yield make_sessions(engine)
    await engine.dispose()


@pytest.fixture
def fresh_settings(fresh_database: str, tmp_path: Path) -> Settings:
    """Settings over a database of the test's own."""
    return Settings(database_url=fresh_database, home=tmp_path, token_key="k" * 43)


@pytest.fixture
async def fresh_client(
    fresh_settings: Settings, fresh_sessions: Sessions, clock: Clock
) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose requests really commit, on a database of the test's own."""
    async with serving(fresh_settings, fresh_sessions, clock) as client:
        yield client


Login = Callable[..., Awaitable[dict[str, str]]]


def logs_in(settings: Settings, sessions: Sessions, clock: Clock) -> Login:
    """What the `login` fixtures give: `headers = await login("dispatcher", areas=["4408"])`.

    Each call makes a fresh account with those roles and a session of it; `member_id` makes it a member's account.
    """

    async def login(
        *roles: str,
        areas: tuple[str, ...] | list[str] = (),
        units: tuple[str, ...] | list[str] = (),
        member_id: UUID | None = None,
    ) -> dict[str, str]:
        async with sessions.begin() as session:
            account = await create_account(
                session,
                username=f"{'-'.join(roles)}-{new_id().hex[-12:]}",
                display_name="测试",
                roles=[Role(role) for role in roles],
                areas=areas,
                units=units,
                member_id=member_id,
                now=clock.at,
            )
            device_id, _ = await open_device(session, account.id, SESSION, "test", clock.at, None)
        return {"Authorization": f"Bearer {Tokens(settings).issue(account.id, device_id, clock.at)}"}

    return login


@pytest.fixture
def login(settings: Settings, sessions: Sessions, clock: Clock) -> Login:
    """Headers of a fresh account, for `client`."""
    return logs_in(settings, sessions, clock)


@pytest.fixture
def fresh_login(fresh_settings: Settings, fresh_sessions: Sessions, clock: Clock) -> Login:
    """Headers of a fresh account, for `fresh_client`."""
    return logs_in(fresh_settings, fresh_sessions, clock)
