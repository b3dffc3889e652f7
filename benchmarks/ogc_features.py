"""A page of 1,000 features of each large collection, against its bare SQL through asyncpg.

The page is asked for over real HTTP on 127.0.0.1, from a server in a process of its own, with an API key: so its time
has the guard, the count of all that match, the building and the sending of the answer in it, as a client knows them.
The client is a bare socket: HTTP clients written in Python take some milliseconds to put 1 MB together.
The bare SQL is the statement that makes the page and no more, by asyncpg on a connection of its own, to the same text.
They take turns, so that both meet the machine as it is.

    VANGUARD_TEST_DATABASE_URL=… python -m benchmarks.ogc_features
"""

import asyncio
import os
import socket
import statistics
import subprocess
import sys
from time import perf_counter

import asyncpg
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.measure import heading, run, scratch, server_versions
from service.access import keys
from service.access.commands import create_account
from service.access.queries import as_caller
from service.access.rules import Action, Role
from service.db.base import utcnow
from service.db.engine import make_engine, make_sessions
from service.demo.city import build_city
from service.demo.store import store
from service.ogc.collections import COLLECTIONS
from service.ogc.queries.features import Selection, page_statement
from service.ogc.queries.views import scope, view_of
from service.ogc.systems import CRS84, SYSTEMS
from service.settings import Settings

PAGE, ROUNDS = 1000, 60
MEASURED = ("governance_grids", "grid_versions", "overlay", "gaps", "coverage")


async def fill(session: AsyncSession, settings: Settings) -> tuple[object, str]:
    """The demo city, and a GIS officer of all of it with a key: the caller, and the header that lets them in."""
    now = utcnow()
    await store(session, build_city(), settings, now)
    account = await create_account(
        session, username="benchmark", display_name="测试", roles=[Role.GIS], areas=["4408"], now=now
    )
    actions = (Action.GRID_READ, Action.COVERAGE_READ)
    made = await keys.make(session, as_caller(account), "benchmark", actions, None, now)
    return as_caller(account), f"Bearer {made.key}"


def serve(settings: Settings) -> tuple[subprocess.Popen[bytes], int]:
    """A server of the city in a process of its own, and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "VANGUARD_DATABASE_URL": settings.database_url,
        "VANGUARD_HOME": str(settings.home),
        "VANGUARD_PORT": str(port),
    }
    command = [sys.executable, "-c", "from service.cli import main; main()", "serve"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL), port


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
        """Wait until the server answers."""
        while True:
            try:
                return cls(*await asyncio.open_connection("127.0.0.1", port), authorization)
            except ConnectionRefusedError:
                await asyncio.sleep(0.1)

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
    async with scratch() as settings:
        engine = make_engine(settings)
        async with make_sessions(engine).begin() as session:
            who, authorization = await fill(session, settings)
        async with make_sessions(engine)() as session:
            heading(
                f"Pages of {PAGE} features over HTTP on 127.0.0.1 ÷ bare SQL through asyncpg, {ROUNDS} rounds"
            )
            print(await server_versions(session))
        await engine.dispose()
        options = {
            "search_path": f"{settings.schema_name},public",
            "jit": "off",
            "plan_cache_mode": "force_custom_plan",
        }
        bare = await asyncpg.connect(settings.database_url, server_settings=options)
        await bare.execute("VACUUM ANALYZE")
        process, port = serve(settings)
        try:
            client = await Client.connect(port, authorization)
            for name in MEASURED:
                await measure(client, bare, who, name)
            client.writer.close()
        finally:
            process.terminate()
            process.wait()
            await bare.close()


async def measure(client: Client, bare: asyncpg.Connection, who: object, name: str) -> None:
    """One collection: medians in milliseconds, and their ratio."""
    collection = COLLECTIONS[name]
    selection = Selection(collection, (scope(collection, who, view_of(collection)),), SYSTEMS[CRS84])  # type: ignore[arg-type]
    compiled = page_statement(selection, PAGE, None).compile(dialect=postgresql.asyncpg.dialect())
    assert compiled.positiontup is not None
    values = [compiled.params[each] for each in compiled.positiontup]
    taken: dict[str, list[float]] = {"http": [], "sql": []}
    for number in range(ROUNDS + 5):
        began = perf_counter()
        answer = await client.get(f"/ogc/collections/{name}/items?limit={PAGE}")
        over_http = perf_counter() - began
        began = perf_counter()
        row = await bare.fetchrow(str(compiled), *values)
        by_sql = perf_counter() - began
        assert row is not None
        assert row[0].encode() in answer
        if number >= 5:
            taken["http"].append(over_http)
            taken["sql"].append(by_sql)
    http, sql = (statistics.median(taken[each]) * 1000 for each in ("http", "sql"))
    print(f"{name:18} {http:7.1f} ms ÷ {sql:7.1f} ms = {http / sql:.2f}   {len(answer) / 1e6:.2f} MB")


if __name__ == "__main__":
    run(main)
