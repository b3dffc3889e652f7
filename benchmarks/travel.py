"""The travel search against ranking by the straight line, and its agreement with exact shortest paths.

    VANGUARD_TEST_DATABASE_URL=postgresql://… python -m benchmarks.travel [--tasks 24] [--rounds 15]

In a database of its own, with the demo city: tasks at members' homes, drawn by seed, and half of them within 2 km of
the water's edge, where the two differ; the candidates are all members whose home is not farther, in a straight line,
than 20 minutes. Timed: `engine.travel.Search`, from its making to the order of the candidates, against their distances
in a straight line and the order of those. Both start from the candidates' points in metres, and take turns.

The exact paths are those of a raster of 100 m over 50 km around the task, each cell whose middle is on land joined to
the 32 around it that lie in a direction of their own, where the cells between are land too; and the links, with their
minutes, between the cells nearest to their ends. A path over it is longer than the true one by up to 0.7 %, and where
it follows a shore by a cell's corner now and then (scipy's dijkstra). Compared are minutes, of the candidates who are
within 20 minutes by the search or by the raster, and whether the nearest 25 are the same people.
"""

import argparse
from collections.abc import Callable
from itertools import product
from math import gcd
from statistics import median
from time import perf_counter
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

import service.schema  # noqa: F401
from benchmarks.cities import fill
from benchmarks.measure import heading, run, scratch, server_versions, verdict
from service.db.engine import make_engine, make_sessions
from service.dispatch.engine.travel import Search
from service.grids.graph import GridGraph, Located, Points
from service.grids.queries.map import load_graph
from service.roster.models import Member

WITHIN = 20.0
SPEED_KMH, ROAD_FACTOR = 30.0, 1.4
MINUTES_A_METRE = ROAD_FACTOR / (SPEED_KMH * 1000 / 60)
CELL_M, WIDE_M = 100.0, 50_000.0
NEAR_WATER_M = 2_000.0
NEAREST = 25
STEPS = [(a, b) for a, b in product(range(-3, 4), repeat=2) if gcd(a, b) == 1]
"""Of a raster's path, in cells: each direction once."""
Floats = NDArray[np.float64]


class Town(NamedTuple):
    """The graph, and where everybody lives."""

    graph: GridGraph
    lons: list[float]
    lats: list[float]
    homes: Points


async def town(session: AsyncSession) -> Town:
    """As the session sees it."""
    graph = await load_graph(session)
    found = await session.execute(
        select(func.ST_X(Member.home), func.ST_Y(Member.home), Member.home_grid_id).order_by(Member.number)
    )
    lons, lats, grids = zip(*found, strict=True)
    return Town(graph, list(lons), list(lats), graph.points(lons, lats, grids))


def sampled(of: Town, tasks: int) -> list[int]:
    """Whose homes the tasks are at: half anywhere, half near the water."""
    draw = np.random.default_rng(7)
    order = draw.permutation(len(of.lons))
    shore = of.graph.shore_m(of.homes.x[order], of.homes.y[order])
    near = order[shore < NEAR_WATER_M][: tasks - tasks // 2]
    return [*order[: tasks // 2].tolist(), *near.tolist()]


def only(points: Points, kept: NDArray[np.bool_]) -> Points:
    """Some of them."""
    return Points(points.x[kept], points.y[kept], points.leaf[kept])


def by_search(graph: GridGraph, start: Located, points: Points) -> tuple[Floats, NDArray[np.intp]]:
    """Minutes and the order."""
    search = Search(graph, start, speed_kmh=SPEED_KMH, road_factor=ROAD_FACTOR)
    minutes = search.minutes(points, WITHIN)
    return minutes, np.argsort(minutes, kind="stable")


def by_line(start: Located, points: Points) -> tuple[Floats, NDArray[np.intp]]:
    """The same in a straight line."""
    minutes = np.hypot(points.x - start.x, points.y - start.y) * MINUTES_A_METRE
    return minutes, np.argsort(minutes, kind="stable")


class Raster:
    """Land around a task, in cells."""

    def __init__(self, graph: GridGraph, start: Located) -> None:
        self.graph = graph
        self.west, self.south = start.x - WIDE_M / 2, start.y - WIDE_M / 2
        self.side = int(WIDE_M / CELL_M) + 1
        middle = np.arange(self.side) * CELL_M
        xs, ys = np.meshgrid(self.west + middle, self.south + middle, indexing="ij")
        land = graph._land
        shapely.prepare(land)
        self.land = shapely.contains_xy(land, xs.ravel(), ys.ravel()).reshape(self.side, self.side)

    def cell(self, x: Floats | float, y: Floats | float) -> NDArray[np.int64]:
        """The number of the land cell nearest to points within the raster."""
        columns = np.rint((np.atleast_1d(x) - self.west) / CELL_M).astype(np.int64)
        rows = np.rint((np.atleast_1d(y) - self.south) / CELL_M).astype(np.int64)
        found = columns * self.side + rows
        for number in np.flatnonzero(~self.land.ravel()[found]):
            around = [
                (a * a + b * b, (columns[number] + a) * self.side + rows[number] + b)
                for a, b in product(range(-5, 6), repeat=2)
                if 0 <= columns[number] + a < self.side
                and 0 <= rows[number] + b < self.side
                and self.land[columns[number] + a, rows[number] + b]
            ]
            if around:
                found[number] = min(around)[1]
        return found

    def minutes(self, start: Located, points: Points) -> Floats:
        """Of the shortest paths to points within it."""
        tails, heads, costs = [], [], []
        number = np.arange(self.side**2).reshape(self.side, self.side)
        for a, b in STEPS:
            here = self.inside(a, b)
            there = tuple(
                slice(part.start + step, part.stop + step) for part, step in zip(here, (a, b), strict=True)
            )
            free = self.land[here] & self.land[there]
            for part in (1, 2):
                # What lies between, at thirds of the way: a step is three cells at most.
                over = tuple(
                    slice(each.start + round(step * part / 3), each.stop + round(step * part / 3))
                    for each, step in zip(here, (a, b), strict=True)
                )
                free &= self.land[over]
            tails.append(number[here][free])
            heads.append(number[there][free])
            costs.append(np.full(len(tails[-1]), np.hypot(a, b) * CELL_M * MINUTES_A_METRE))
        nodes = self.graph.nodes
        for node, links in enumerate(nodes.links):
            for other, minutes in links:
                ends = np.array([nodes.x[node], nodes.x[other]]), np.array([nodes.y[node], nodes.y[other]])
                if all(abs(ends[0] - start.x) < WIDE_M / 2 - CELL_M) and all(
                    abs(ends[1] - start.y) < WIDE_M / 2 - CELL_M
                ):
                    one, two = self.cell(*ends)
                    tails.append(np.array([one]))
                    heads.append(np.array([two]))
                    costs.append(np.array([minutes]))
        size = self.side**2
        matrix = csr_array(
            (np.concatenate(costs), (np.concatenate(tails), np.concatenate(heads))), shape=(size, size)
        )
        first = int(self.cell(start.x, start.y)[0])
        reached: Floats = dijkstra(matrix, indices=first, limit=2 * WITHIN)
        return reached[self.cell(points.x, points.y)]

    def inside(self, a: int, b: int) -> tuple[slice, slice]:
        """The cells from which a step stays in the raster."""
        return slice(max(0, -a), self.side - max(0, a)), slice(max(0, -b), self.side - max(0, b))


def timed(act: Callable[[], object]) -> float:
    """Milliseconds."""
    began = perf_counter()
    act()
    return (perf_counter() - began) * 1000


async def measured(tasks: int, rounds: int) -> None:
    """All of it."""
    heading("The travel search: what it costs, and how near it comes to shortest paths")
    async with scratch() as settings:
        await fill(settings)
        engine = make_engine(settings)
        async with make_sessions(engine)() as session:
            print(await server_versions(session))
            of = await town(session)
        await engine.dispose()
    searches, lines, sizes, off = [], [], [], []
    same_by_search, same_by_line = [], []
    for member in sampled(of, tasks):
        start = of.graph.locate(of.lons[member], of.lats[member])
        near = by_line(start, of.homes)[0] <= WITHIN
        points = only(of.homes, near)
        search, line = [], []
        for _ in range(rounds):
            search.append(timed(lambda: by_search(of.graph, start, points)))  # noqa: B023  (called at once)
            line.append(timed(lambda: by_line(start, points)))  # noqa: B023
        searches.append(median(search))
        lines.append(median(line))
        sizes.append(len(points.x))
        minutes, order = by_search(of.graph, start, points)
        exact = Raster(of.graph, start).minutes(start, points)
        compared = (
            (np.minimum(minutes, exact) <= WITHIN) & (exact > 1.0) & np.isfinite(exact) & np.isfinite(minutes)
        )
        off += ((minutes[compared] - exact[compared]) / exact[compared]).tolist()
        truly = set(np.argsort(exact, kind="stable")[:NEAREST].tolist())
        same_by_search.append(len(truly & set(order[:NEAREST].tolist())) / len(truly))
        same_by_line.append(len(truly & set(by_line(start, points)[1][:NEAREST].tolist())) / len(truly))
    print(f"\n{len(sizes)} tasks, {median(sizes):.0f} candidates each (median)")
    print(f"  search and order {median(searches):8.3f} ms   straight line and order {median(lines):8.3f} ms")
    verdict("travel search ÷ straight line", median(a / b for a, b in zip(searches, lines, strict=True)))
    spread = np.abs(off)
    print(f"\n{len(off):,} pairs within {WITHIN:.0f} minutes: minutes by the search against the raster's")
    print(
        "  percentiles of the difference, 5, 25, 50, 75, 95:",
        *(f"{each:+.1%}" for each in np.percentile(off, [5, 25, 50, 75, 95])),
    )
    verdict("pairs whose minutes are within 5 % of exact", float(np.mean(spread <= 0.05)))
    verdict("pairs whose minutes are within 15 % of exact", float(np.mean(spread <= 0.15)))
    verdict(f"of the nearest {NEAREST} by exact paths, found by the search", float(np.mean(same_by_search)))
    verdict(
        f"of the nearest {NEAREST} by exact paths, found by the straight line", float(np.mean(same_by_line))
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    run(lambda: measured(options.tasks, options.rounds))
