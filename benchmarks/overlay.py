"""The overlay: what an edit costs, and how a full rebuild grows with the city.

    VANGUARD_TEST_DATABASE_URL=… python -m benchmarks.overlay [--large]

Prints, for an invented city of 2,000 leaf grids and 133 party grids, the edit of the leaf of median area and of the
largest party grid ÷ the rebuild of the whole overlay with its gaps and overlaps; with --large the rebuild of 100,000
leaves and 5,000 party grids ÷ that of 2,000 and 133 too, which takes some minutes. Each edit is whole: the lock,
the versions, overlay, gaps, overlaps, crossings, links and the event.
"""

import argparse
from datetime import timedelta
from functools import partial

import shapely
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.measure import heading, run, scratch, seconds, server_versions, unhurried, verdict
from benchmarks.tiling import SOUTH, WEST, city
from service.db.base import new_id, point_wkt, utcnow
from service.db.engine import make_engine, make_sessions
from service.geo.geodesy import area_m2
from service.grids.commands.edit import edit_grids
from service.grids.commands.grids import NewGrid, add_grids
from service.grids.commands.ground import rebuild_ground
from service.grids.commands.rebuild import derive
from service.grids.rules import Layer
from service.roster.models import Unit

ROUNDS = 15
MOST_OF_A_REBUILD = 0.02
"""A median leaf's edit."""


async def load(session: AsyncSession, grids: list[NewGrid]) -> None:
    """Store a city with a unit for each party grid."""
    await unhurried(session)
    governance = [grid for grid in grids if grid.layer == Layer.GOVERNANCE]
    ids = await add_grids(session, governance, utcnow())
    party = [grid for grid in grids if grid.layer == Layer.PARTY]
    await session.execute(
        insert(Unit),
        [
            {
                "id": new_id(),
                "code": grid.unit_code,
                "name": grid.unit_code,
                "kind": "bureau",
                "office": point_wkt(WEST, SOUTH),
                "office_grid_id": ids[governance[1].code],
            }
            for grid in party
        ],
    )
    await add_grids(session, party, utcnow())
    await derive(session, utcnow())
    await session.execute(text("ANALYZE"))


async def rebuild(session: AsyncSession) -> None:
    """The reference: everything that follows from the shapes, from nothing."""
    await unhurried(session)
    await rebuild_ground(session)


def dented(grid: NewGrid) -> NewGrid:
    """The same grid without a bite at its first vertex, a tenth of its width across."""
    west, south, east, north = shapely.bounds(grid.shape).tolist()
    bite = shapely.Point(shapely.get_coordinates(grid.shape)[0]).buffer(min(east - west, north - south) / 20)
    return NewGrid(
        layer=grid.layer,
        code=grid.code,
        name=grid.name,
        shape=shapely.difference(grid.shape, bite),
        level=grid.level,
        parent_code=grid.parent_code,
        unit_code=grid.unit_code,
    )


async def edit_seconds(session: AsyncSession, grid: NewGrid) -> float:
    """The median time of editing one grid there and back."""
    shapes = [dented(grid), grid]
    moment = utcnow()

    async def edit() -> None:
        nonlocal moment
        moment += timedelta(seconds=1)
        shapes.reverse()
        await edit_grids(session, [shapes[1]], [], moment)

    await edit()
    return await seconds(edit, ROUNDS)


async def measure(leaves: int, parties: int, edits: bool) -> float:
    """Load a city, rebuild it and edit it; gives the seconds of a rebuild."""
    grids = city(leaves, parties)
    async with scratch() as settings:
        engine = make_engine(settings)
        sessions = make_sessions(engine)
        async with sessions.begin() as session:
            await load(session, grids)
        async with sessions() as session:
            versions = await server_versions(session)
            whole = await seconds(partial(rebuild, session), 3 if edits else 1)
            pairs = await session.scalar(text("SELECT count(*) FROM overlay"))
            count = {layer: sum(grid.layer == layer for grid in grids) for layer in Layer}
            print(
                f"\n{count[Layer.GOVERNANCE]:,} governance grids x {count[Layer.PARTY]:,} party grids, {pairs:,} pairs"
                f" ({versions})\n  full rebuild              {whole:8.3f} s"
            )
            await session.rollback()
            if edits:
                leaf = median_leaf(grids)
                party = max((g for g in grids if g.layer == Layer.PARTY), key=lambda g: area_m2(g.shape))
                for name, grid in (("median leaf's edit", leaf), ("largest party grid's edit", party)):
                    taken = await edit_seconds(session, grid)
                    print(f"  {name:<25} {taken:8.4f} s")
                    most = MOST_OF_A_REBUILD if grid is leaf else None
                    verdict(f"{name} ÷ full rebuild, {leaves:,} × {parties:,}", taken / whole, most=most)
                    await session.rollback()
        await engine.dispose()
    return whole


def median_leaf(grids: list[NewGrid]) -> NewGrid:
    """The leaf of median area."""
    leaves = sorted(
        (grid for grid in grids if grid.level == "community"), key=lambda grid: area_m2(grid.shape)
    )
    return leaves[len(leaves) // 2]


async def benchmark() -> None:
    """All of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--large", action="store_true", help="100,000 leaves and 5,000 party grids too")
    arguments = parser.parse_args()
    heading("Overlay: edits and rebuilds")
    small = await measure(2_000, 133, edits=True)
    if arguments.large:
        large = await measure(100_000, 5_000, edits=True)
        verdict("rebuild of 100,000 × 5,000 ÷ of 2,000 × 133, 50 times the leaves", large / small)


if __name__ == "__main__":
    run(benchmark)
