"""A page of 1,000 features of each large collection, against its bare SQL through asyncpg.

The bare SQL is the very statement that makes the page (features, count and all), by asyncpg, to the same bytes. The
page is asked for twice, with an API key: in-process, by an ASGI call, which is what the service itself adds; and over
HTTP on 127.0.0.1 from a server in a process of its own, which has the sending of 1 MB in it, by a client that is a bare
socket. All take turns by blocks of ten, so that each meets the machine as it is, and none has to be woken up each time.

    VANGUARD_TEST_DATABASE_URL=… python -m benchmarks.ogc_features
"""

import asyncio
import logging
import statistics
from collections.abc import Awaitable, Callable
from functools import partial
from time import perf_counter

import asyncpg
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.inprocess import InProcess
from benchmarks.measure import heading, run, scratch, server_versions, verdict
from benchmarks.serving import served
from service.access import keys
from service.access.commands import create_account
from service.access.queries import as_caller
from service.access.rules import Action, Caller, Role
from service.app import create_app
from service.db import driver
from service.db.base import utcnow
from service.db.engine import make_engine, make_sessions
from service.demo.city import build_city
from service.demo.store import store
from service.ogc.collections import COLLECTIONS
from service.ogc.queries.features import Selection, page_statement
from service.ogc.queries.views import scope, view_of
from service.ogc.systems import CRS84, SYSTEMS
from service.settings import Settings

PAGE, ROUNDS, BLOCK = 1000, 100, 10
LARGEST = 16 * 1024 * 1024
"""Of an answer: the client takes it without pausing the server."""
MEASURED = ("governance_grids", "grid_versions", "overlay", "gaps", "coverage")


async def fill(session: AsyncSession, settings: Settings) -> tuple[Caller, str]:
    """The demo city, and a GIS officer of all of it with a key: the caller, and the header that lets them in."""
    now = utcnow()
    await store(session, build_city(), settings, now)
    account = await create_account(
        session, username="benchmark", display_name="测试", roles=[Role.GIS], areas=["4408"], now=now
    )
    actions = (Action.GRID_READ, Action.COVERAGE_READ)
    made = await keys.make(session, as_caller(account), "benchmark", actions, None, now)
    return as_caller(account), f"Bearer {made.key}"


class Client:
    """One connection that is kept."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, authorization: str
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.authorization = authorization

    @classmethod
    async def connect(cls, port: int, authorization: str) -> "Client":
        """A connection to a server that is ready."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=LARGEST), authorization)

    async def get(self, path: str) -> bytes:
        """The body of a 200."""
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {self.authorization}\r\n\r\n"
        self.writer.write(head.encode())
        status, *lines = (await self.reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
        assert b" 200 " in status, status
        (length,) = (int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
        return await self.reader.readexactly(length)


async def main() -> None:
    """Measure, and print a line a collection."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    async with scratch() as settings:
        engine = make_engine(settings)
        sessions = make_sessions(engine)
        async with sessions.begin() as session:
            who, authorization = await fill(session, settings)
        async with sessions() as session:
            heading(f"Pages of {PAGE} features ÷ bare SQL through asyncpg, medians of {ROUNDS} rounds, ms")
            print(await server_versions(session))
        options = {"jit": "off", "plan_cache_mode": "force_custom_plan"}
        options["search_path"] = f"{settings.schema_name},public"
        bare = await asyncpg.connect(settings.database_url, server_settings=options)
        await bare.execute("VACUUM ANALYZE")
        app = create_app(settings)
        app.state.sessions = sessions
        within = InProcess(app, authorization)
        async with served(settings) as port:
            client = await Client.connect(port, authorization)
            for name in MEASURED:
                await measure(within, client, bare, who, name)
            client.writer.close()
        await bare.close()
        await engine.dispose()


async def measure(
    within: InProcess, client: Client, bare: asyncpg.Connection, who: Caller, name: str
) -> None:
    """One collection: medians in milliseconds, and their ratios."""
    collection = COLLECTIONS[name]
    selection = Selection(collection, (scope(collection, who, view_of(collection)),), SYSTEMS[CRS84])
    compiled = driver.compiled(page_statement(selection, PAGE, None))
    values = compiled.arguments({})
    address = f"/ogc/collections/{name}/items?limit={PAGE}"

    async def by_sql() -> bytes:
        row = await bare.fetchrow(compiled.text, *values)
        assert row is not None
        return bytes(row[0])

    acts: dict[str, Callable[[], Awaitable[object]]] = {
        "asgi": partial(within.get, address),
        "http": partial(client.get, address),
        "sql": by_sql,
    }
    page = await client.get(address)
    assert (await within.get(address)).status == 200
    assert await by_sql() in page
    taken: dict[str, list[float]] = {kind: [] for kind in acts}
    for _ in range(ROUNDS // BLOCK):
        for kind, act in acts.items():
            await act()
            for _ in range(BLOCK):
                began = perf_counter()
                await act()
                taken[kind].append(perf_counter() - began)
    asgi, http, sql = (statistics.median(taken[each]) * 1000 for each in ("asgi", "http", "sql"))
    print(
        f"\n{name:18} in-process {asgi:6.1f} ms   HTTP {http:6.1f} ms   bare SQL {sql:6.1f} ms"
        f"   {len(page) / 1e6:.2f} MB"
    )
    verdict(f"page of {PAGE:,} {name}, in-process ÷ bare SQL", asgi / sql, most=1.5)
    verdict(f"page of {PAGE:,} {name}, over HTTP ÷ bare SQL", http / sql)


if __name__ == "__main__":
    run(main)
