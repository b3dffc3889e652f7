"""Posting a critical task with three seats over HTTP, against pgbench committing the same rows; and how it grows.

    VANGUARD_TEST_DATABASE_URL=postgresql://… python -m benchmarks.post [--rounds 5] [--small]
        [--pgbench /usr/lib/postgresql/15/bin/pgbench]

In a database of its own, with the demo city: one real `vanguard serve`, asked by 1 and by 8 clients, each with a
connection that is kept and an Idempotency-Key, at a place of its own, so that none asks for another's people. A task is
taken away after its answer, and everybody is free again; that is not timed. pgbench runs benchmarks/same_rows.py's
script on the same database with as many clients and prepared statements. Both commit with fsync; rounds of both take
turns; medians and 99th percentiles of all of them are compared.

Then the same posts, by one client, in the city among 50 copies of its map (benchmarks/province.py): 100,000 leaf grids
and 1,000,000 members. The people around the posts are the same ones; in a copy there are ten times as many.
"""

import argparse
import asyncio
import statistics
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from time import perf_counter

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.checkins import output_of
from benchmarks.cities import fill
from benchmarks.desk import CLEAR, Desk, Posted, connect
from benchmarks.measure import analysed, heading, scratch, server_versions, unhurried, verdict
from benchmarks.province import COPIES, MEMBERS, STEP_DEGREES, add_past, grow
from benchmarks.same_rows import ASKED_IN_TURN, script
from benchmarks.serving import served
from service.access.commands import SESSION, create_account, open_device
from service.access.rules import Role
from service.access.tokens import Tokens
from service.db.base import utcnow
from service.db.engine import make_engine, make_sessions
from service.settings import Settings

PLACES = (
    (110.36, 21.27),
    (110.40, 21.19),
    (110.25, 21.38),
    (110.59, 21.27),
    (109.98, 20.91),
    (110.78, 21.44),
    (110.18, 20.33),
    (110.08, 21.66),
)
"""In different towns, far apart."""
KEY = "k" * 43
WARM = 12


async def prepare(settings: Settings, more: Callable[[AsyncSession], Awaitable[None]]) -> str:
    """The demo city and what `more` adds; a dispatcher of all of it, by their Authorization header."""
    await fill(settings)
    engine = make_engine(settings)
    async with make_sessions(engine).begin() as session:
        print(await server_versions(session))
        await unhurried(session)
        await more(session)
        account = await create_account(
            session,
            username="benchmark",
            display_name="测速",
            roles=[Role.DISPATCHER],
            areas=["4408", *(str(5000 + n) for n in range(1, COPIES + 1))],
            now=utcnow(),
        )
        device, _ = await open_device(session, account.id, SESSION, "benchmark", utcnow(), None)
        token = Tokens(settings).issue(account.id, device, utcnow())
    await engine.dispose()
    await analysed(settings)
    return f"Bearer {token}"


async def run_pgbench(
    program: str, settings: Settings, lines: str, clients: int, each: int, members: int
) -> list[float]:
    """The milliseconds of pgbench's transactions, the first two of each client left out."""
    with TemporaryDirectory() as place, NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(lines)
        file.flush()
        await output_of(
            program,
            *("-n", "-M", "prepared", "-c", str(clients), "-t", str(each), "-f", file.name),
            *("-D", "i=-1", "-D", f"members={members}", "-l", "--log-prefix", f"{place}/log"),
            settings.database_url,
            PGOPTIONS=f"-c search_path={settings.schema_name},public -c jit=off",
        )
        return logged(Path(place))


def logged(place: Path) -> list[float]:
    """What pgbench has logged in a directory: client, transaction, microseconds, …"""
    lines = [line.split() for log in place.glob("log*") for line in log.read_text().splitlines()]
    return [int(line[2]) / 1000 for line in lines if int(line[1]) > 2]


async def free_all(connection: asyncpg.Connection) -> None:
    """Take all tasks away, and what is left of them."""
    tasks = [row["id"] for row in await connection.fetch("SELECT id FROM task")]
    for statement in CLEAR:
        await connection.execute(statement, tasks)
    for table in ("offer", "wave", "seat", "task", "timer", "outbox", "audit", "kept_answer", "member"):
        await connection.execute(f"VACUUM {table}")
    await connection.execute("CHECKPOINT")


def middle_and_late(times: Sequence[float]) -> tuple[float, float]:
    """p50 and p99."""
    ordered = sorted(times)
    return statistics.median(ordered), ordered[len(ordered) * 99 // 100]


def report(clients: int, ours: Sequence[Posted], theirs: Sequence[float]) -> None:
    """A table and the verdicts."""
    times = [taken for taken, _ in ours]
    print(f"\n{clients} client{'s' * (clients > 1)}:{'':24}{'p50 ms':>9}{'p99 ms':>9}")
    for name, of in (("POST /tasks", times), ("pgbench, the same rows", theirs)):
        middle, late = middle_and_late(of)
        print(f"  {name + f' ({len(of)} of them)':<33}{middle:9.2f}{late:9.2f}")
    print(f"  asked by each {statistics.mean(asked for _, asked in ours):.1f}")
    ratios = [a / b for a, b in zip(middle_and_late(times), middle_and_late(theirs), strict=True)]
    verdict(f"POST /tasks ÷ pgbench, p50, {clients} at a time", ratios[0], most=3.0 if clients == 1 else None)
    verdict(f"POST /tasks ÷ pgbench, p99, {clients} at a time", ratios[1])


async def against_pgbench(settings: Settings, authorization: str, rounds: int, program: str) -> None:
    """Rounds of both, with 1 and with 8 clients."""
    connection = await connect(settings)
    for name in ("fsync", "synchronous_commit"):
        print(f"{name} {await connection.fetchval(f'SHOW {name}')}", end=" ")
    for statement in ASKED_IN_TURN:
        await connection.execute(statement)
    members = await connection.fetchval("SELECT count(*) FROM asked_in_turn")
    async with served(settings) as port:
        desks = [Desk(authorization, place) for place in PLACES]
        for desk in desks:
            await desk.open(port, settings)
        _, sample, offers = await desks[0].post()
        lines, _ = await script(connection, sample, members // offers // len(PLACES))
        await desks[0].take_away(sample)
        await asyncio.gather(*(desk.work(WARM) for desk in desks))
        for clients in (1, len(PLACES)):
            ours: list[Posted] = []
            theirs: list[float] = []
            each = members // offers // clients if clients > 1 else min(60, members // offers)
            for _ in range(rounds):
                await free_all(connection)
                theirs += await run_pgbench(program, settings, lines, clients, each, members)
                await free_all(connection)
                for worked in await asyncio.gather(*(desk.work(each) for desk in desks[:clients])):
                    ours += worked
            report(clients, ours, theirs)
        for desk in desks:
            await desk.close()
    await connection.close()


async def posts(
    settings: Settings, authorization: str, count: int, *places: tuple[float, float]
) -> list[list[Posted]]:
    """Posts by one client, at one place after the other."""
    found = []
    async with served(settings) as port:
        for number, place in enumerate(places):
            desk = Desk(authorization, place)
            await desk.open(port, settings)
            if number == 0:
                began = perf_counter()
                await desk.wait_for_map()
                print(f"the first post, which loads the map, {perf_counter() - began:.1f} s")
            await desk.work(WARM)
            found.append(await desk.work(count))
            await desk.close()
    return found


async def nothing_more(session: AsyncSession) -> None:
    """The demo city as it is."""


@asynccontextmanager
async def city(more: Callable[[AsyncSession], Awaitable[None]]) -> AsyncIterator[tuple[Settings, str]]:
    """A database with the demo city and more, and the header of a dispatcher of it."""
    async with scratch() as made:
        settings = Settings(
            database_url=made.database_url, home=made.home, token_key=KEY, access_token_minutes=600
        )
        began = perf_counter()
        authorization = await prepare(settings, more)
        print(f"loaded in {perf_counter() - began:.0f} s")
        yield settings, authorization


async def growth(count: int) -> None:
    """The same posts in the city alone, and among its copies."""
    async with city(add_past) as (settings, authorization):
        (alone,) = await posts(settings, authorization, count, PLACES[0])
    print(f"\nThe city among {COPIES} copies of its map, {MEMBERS:,} members")
    async with city(grow) as (settings, authorization):
        connection = await connect(settings)
        leaves = await connection.fetchval(
            "SELECT count(*) FROM grid_version WHERE leaf AND valid_to IS NULL"
        )
        members = await connection.fetchval("SELECT count(*) FROM member")
        await connection.close()
        print(f"{leaves:,} leaf grids, {members:,} members")
        lon, lat = PLACES[0]
        among, crowded = await posts(settings, authorization, count, (lon, lat), (lon + STEP_DEGREES, lat))
    print(f"\n  {'POST /tasks, one at a time':<42}{'p50 ms':>9}{'p99 ms':>9}{'asked':>7}")
    middles = []
    for name, of in (
        ("in the reference city", alone),
        ("there, among its copies", among),
        ("in a copy, ten times as many people", crowded),
    ):
        middle, late = middle_and_late([taken for taken, _ in of])
        middles.append(middle)
        print(f"  {name:<42}{middle:9.2f}{late:9.2f}{statistics.mean(asked for _, asked in of):7.1f}")
    verdict(
        "p50 of a post with 1,000,000 members and 100,000 grids ÷ reference city",
        middles[1] / middles[0],
        most=1.5,
    )
    verdict("p50 of a post among ten times as many people ÷ reference city", middles[2] / middles[0])


async def benchmark(rounds: int, program: str, small: bool) -> None:
    """All of it."""
    heading("POST /tasks over HTTP against pgbench committing the same rows")
    async with city(nothing_more) as (settings, authorization):
        await against_pgbench(settings, authorization, rounds, program)
    if not small:
        await growth(rounds * 40)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pgbench", default="/usr/lib/postgresql/15/bin/pgbench")
    parser.add_argument("--small", action="store_true", help="without the large city")
    options = parser.parse_args()
    if not Path(options.pgbench).exists():
        sys.exit(f"{options.pgbench} is not there: name pgbench with --pgbench.")
    asyncio.run(benchmark(options.rounds, options.pgbench, options.small))
