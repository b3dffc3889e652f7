"""A map tile over the OGC API, made and cached, against the bare statement that makes it.

    VANGUARD_TEST_DATABASE_URL=postgresql://… python -m benchmarks.ogc_tiles [--zooms 8-14] [--tiles 12]

In a database of its own, with the demo city. The service runs in this process and is called through ASGI, without a
socket: routing, API key, transaction, answer. The bare statement is the very ST_AsMVT statement that the service runs,
prepared, on one asyncpg connection, each of its runs right beside one of the service's. For each zoom level: medians
over the tiles with the most leaf grids, which is where people look. Machines differ; the ratios are what to compare.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from math import floor
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import asyncpg
import structlog
from sqlalchemy import text

from benchmarks.cities import fill
from benchmarks.inprocess import InProcess
from benchmarks.measure import heading, scratch, server_versions, verdict
from service.access import keys
from service.access.commands import create_account
from service.access.queries import as_caller
from service.access.rules import Caller, Role
from service.app import create_app
from service.db.base import utcnow
from service.db.engine import server_settings
from service.ogc.collections import COLLECTIONS
from service.ogc.queries.tiles import compiled_tile, place_of
from service.ogc.queries.views import areas_of
from service.ogc.tile_cache import TileCache
from service.ogc.tiling import TMS, Tile, level_at, place
from service.settings import Settings


class Times(NamedTuple):
    """Of one tile, in milliseconds."""

    bare: float
    made: float
    cached: float
    unchanged: float
    bytes: int


TARGETED = range(10, 15)
"""The levels that have targets."""
LEAVES = """
    SELECT ST_X(ST_PointOnSurface(geom)) AS lon, ST_Y(ST_PointOnSurface(geom)) AS lat
    FROM published_governance_grids WHERE leaf
"""


def busiest(leaves: Sequence[Any], z: int, most: int) -> list[Tile]:
    """Up to so many tiles of a zoom level, those with the most leaf grids first."""
    places = (place(leaf.lon, leaf.lat, z) for leaf in leaves)
    return [at for at, _ in Counter(Tile(z, floor(row), floor(col)) for col, row in places).most_common(most)]


async def timed(rounds: int, *works: Callable[[], Awaitable[Any]]) -> list[float]:
    """The median of each, taken by turns after one round that does not count."""
    taken: list[list[float]] = [[] for _ in works]
    for number in range(rounds + 1):
        for times, work in zip(taken, works, strict=True):
            began = perf_counter()
            await work()
            if number:
                times.append((perf_counter() - began) * 1000)
    return [median(times) for times in taken]


async def measure(
    app: Any, client: InProcess, bare: asyncpg.Connection, who: Caller, name: str, at: Tile, rounds: int
) -> Times | None:
    """The times of one tile; None for an empty one."""
    path = f"/ogc/collections/{name}/tiles/{TMS}/{at.z}/{at.row}/{at.col}"
    collection = COLLECTIONS[name]
    compiled = compiled_tile(collection, areas_of(collection, who), None, level_at(at.z))
    values = compiled.arguments(place_of(at))
    prepared = await bare.prepare(compiled.text)
    answer = await client.get(path)
    body = answer.body
    assert answer.status == 200, body
    if not body:
        return None
    assert await prepared.fetchval(*values) == body

    async def make() -> None:
        app.state.tiles = TileCache(0)
        await client.get(path)

    bare_ms, made = await timed(rounds, lambda: prepared.fetchval(*values), make)
    app.state.tiles = TileCache(app.state.settings.tile_cache_bytes)
    known = (b"if-none-match", answer.headers[b"etag"])
    again, cached, unchanged = await timed(
        2 * rounds,
        lambda: prepared.fetchval(*values),
        lambda: client.get(path),
        lambda: client.get(path, known),
    )
    return Times(median((bare_ms, again)), made, cached, unchanged, len(body))


async def run(names: list[str], zooms: range, tiles: int, rounds: int) -> None:
    """Print the times and ratios."""
    async with scratch() as settings:
        await fill(settings)
        await run_on(settings, names, zooms, tiles, rounds)


async def run_on(settings: Settings, names: list[str], zooms: range, tiles: int, rounds: int) -> None:
    """The same, on a database that holds the city."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        async with app.state.sessions.begin() as session:
            now = utcnow()
            account = await create_account(
                session,
                username="benchmark",
                display_name="测速",
                roles=[Role.GIS],
                areas=[settings.city[:4]],
                now=now,
            )
            who = as_caller(account)
            key = (await keys.make(session, who, "benchmark", who_reads(who), None, now)).key
            leaves = (await session.execute(text(LEAVES))).all()
            heading(__doc__.splitlines()[0])
            print(await server_versions(session), "\n")
        bare = await asyncpg.connect(settings.database_url, server_settings=dict(server_settings(settings)))
        client = InProcess(app, f"Bearer {key}")
        print(
            "collection        z  tiles     kB |  bare   made cached    304 ms | made/bare cached/bare 304/bare"
        )
        for name in names:
            levels = {}
            for z in zooms:
                found = [
                    await measure(app, client, bare, who, name, at, rounds)
                    for at in busiest(leaves, z, tiles)
                ]
                levels[z] = report(name, z, [times for times in found if times is not None])
            judge(name, [ratios for z, ratios in levels.items() if z in TARGETED and ratios])
        await bare.close()


def who_reads(who: Caller) -> list[Any]:
    """The reads that the tiles need."""
    return sorted({each.action for each in COLLECTIONS.values() if who.reach(each.action)})


def judge(name: str, ratios: Sequence[Sequence[float]]) -> None:
    """The verdicts on a collection: the largest of the levels' medians."""
    if ratios:
        levels = f"z{TARGETED[0]}–z{TARGETED[-1]}"
        verdict(f"made tile of {name}, {levels} ÷ bare SQL", max(made for made, *_ in ratios), most=1.5)
        verdict(f"kept tile of {name}, {levels} ÷ bare SQL", max(kept for _, kept, _ in ratios), most=0.2)


def report(name: str, z: int, found: list[Times]) -> list[float]:
    """A line of the table: medians over the tiles, and the medians of each tile's own ratios, which it gives."""
    if not found:
        return []
    ms = [median(getattr(each, field) for each in found) for field in ("bare", "made", "cached", "unchanged")]
    ratios = [
        median(getattr(each, field) / each.bare for each in found)
        for field in ("made", "cached", "unchanged")
    ]
    size = median(each.bytes for each in found) / 1000
    print(
        f"{name:16} {z:2} {len(found):6} {size:6.1f} |"
        + "".join(f" {each:6.2f}" for each in ms)
        + f"    | {ratios[0]:9.2f} {ratios[1]:11.2f} {ratios[2]:8.2f}"
    )
    return ratios


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--collections", default="governance_grids,party_grids,overlay")
    parser.add_argument("--zooms", default="8-14", help="from-to")
    parser.add_argument("--tiles", type=int, default=12, help="a zoom level")
    parser.add_argument("--rounds", type=int, default=7, help="a tile")
    given = parser.parse_args()
    first, last = map(int, given.zooms.split("-"))
    # An answer's line in the log is written as in a server, but to nowhere.
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(open("/dev/null", "w")))  # noqa: SIM115
    asyncio.run(run(given.collections.split(","), range(first, last + 1), given.tiles, given.rounds))


if __name__ == "__main__":
    main()
