"""The map of the unserved: the city's counties, and where seats stayed empty. Pure."""

import math
from collections.abc import Sequence

import shapely

from service.geo.shapes import Polygonal
from service.grids.graph import GridGraph
from service.simulate.report import svg

WIDTH = 270.0
COUNTY_DIGITS = 6
SIMPLER_M = 250.0
CLOSING_M = 5.0
"""Leaves are widened by this much before they are joined: no slivers are left between them."""
MARGIN = 6.0
LEAST_M2 = 1_000_000.0
"""Islets smaller than this are left out of the drawing."""


def outlines(graph: GridGraph) -> list[Polygonal]:
    """The counties, in metres on the graph's plane, simplified for drawing."""
    by_county: dict[str, list[Polygonal]] = {}
    for leaf in graph.leaves:
        by_county.setdefault(leaf.code[:COUNTY_DIGITS], []).append(graph.plane.project(leaf.polygon))
    shapes: list[Polygonal] = []
    for _, leaves in sorted(by_county.items()):
        whole = shapely.union_all(shapely.buffer(leaves, CLOSING_M))
        simpler: Polygonal = shapely.simplify(whole, SIMPLER_M)  # type: ignore[assignment]
        shapes.append(simpler)
    return shapes


def unserved_map(
    graph: GridGraph,
    counties: Sequence[Polygonal],
    points: Sequence[Sequence[float]],
    colour: str,
    seeds: int,
    label: str,
) -> str:
    """One policy's map; `points` are [longitude, latitude, seats]."""
    west, south, east, north = shapely.total_bounds(list(counties))
    scale = (WIDTH - 2 * MARGIN) / (east - west)
    height = (north - south) * scale + 2 * MARGIN

    def place(x: float, y: float) -> tuple[float, float]:
        return MARGIN + (x - west) * scale, MARGIN + (north - y) * scale

    parts = []
    for county in counties:
        rings = [
            [place(x, y) for x, y in ring.coords]
            for part in shapely.get_parts(county)
            if part.area >= LEAST_M2
            for ring in (part.exterior, *part.interiors)
        ]
        parts.append(svg.path(rings, "#eef1ec", "#b9c2bb"))
    for lon, lat, seats in points:
        x, y = place(*graph.plane.xy(lon, lat))
        radius = 1.2 + 2.4 * math.sqrt(seats / max(1.0, seeds / 10))
        parts.append(svg.circle(x, y, radius, colour, 0.45))
    return svg.drawing(WIDTH, height, parts, label)
