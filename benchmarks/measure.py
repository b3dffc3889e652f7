"""What the benchmarks share: scratch databases, repeated timing, and where and when a figure was measured.

Every figure is a ratio against a reference that is measured in the same run: machines are shared and noisy.
"""

import asyncio
import os
import platform
import statistics
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import asyncpg
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.migrate import migrate
from service.settings import Settings


@asynccontextmanager
async def scratch() -> AsyncIterator[Settings]:
    """The settings of a migrated, empty database of this run's own, dropped at the end.

    VANGUARD_TEST_DATABASE_URL names a superuser of the server, as for the tests.
    """
    server = os.environ.get("VANGUARD_TEST_DATABASE_URL") or sys.exit(
        "VANGUARD_TEST_DATABASE_URL is not set: it names a superuser of a PostgreSQL with PostGIS."
    )
    name = f"benchmark_{os.getpid()}"
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
        with TemporaryDirectory() as home:
            url = make_url(server).set(database=name).render_as_string(hide_password=False)
            settings = Settings(database_url=url, home=Path(home))
            await migrate(settings)
            yield settings
    finally:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.close()


async def seconds(act: Callable[[], Awaitable[object]], rounds: int = 1) -> float:
    """The median time of `rounds` runs."""
    taken = []
    for _ in range(rounds):
        began = perf_counter()
        await act()
        taken.append(perf_counter() - began)
    return statistics.median(taken)


async def unhurried(session: AsyncSession) -> None:
    """A benchmark's statements, and what it computes between them, may take longer than a request's."""
    for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
        await session.execute(text(f"SET LOCAL {limit} = 0"))


async def analysed(settings: Settings) -> None:
    """Have the database look at what was loaded."""
    search_path = {"search_path": f"{settings.schema_name},public"}
    connection = await asyncpg.connect(settings.database_url, server_settings=search_path)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


def heading(title: str) -> None:
    """Say what is measured, where, when and with which versions."""
    cores = len(os.sched_getaffinity(0))
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("sqlalchemy", "asyncpg", "shapely", "fastapi")
    )
    print(title)
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {cores} cores, {platform.machine()}, Python {platform.python_version()}"
    )
    print(packages)


async def server_versions(session: AsyncSession) -> str:
    """PostgreSQL's and PostGIS's."""
    row = (
        await session.execute(text("SELECT current_setting('server_version'), postgis_lib_version()"))
    ).one()
    return f"PostgreSQL {row[0].split()[0]}, PostGIS {row[1]}"


def verdict(what: str, ratio: float, *, most: float | None = None, least: float | None = None) -> None:
    """Say a ratio, and whether it is where it should be. Without a bound it is published as it is."""
    kept = (most is None or ratio <= most) and (least is None or ratio >= least)
    bounds = [] if most is None else [f"at most {most:g}"]
    bounds += [] if least is None else [f"at least {least:g}"]
    wanted = f"  ({', '.join(bounds)}: {'yes' if kept else 'NO'})" if bounds else ""
    print(f"= {what}: {ratio:.2f}{wanted}")


def run(benchmark: Callable[[], Awaitable[None]]) -> None:
    """Run a benchmark as a script."""
    asyncio.run(benchmark())  # type: ignore[arg-type]
