"""Where one crosses from one polygon into the next."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

Polygonal = shapely.Polygon | shapely.MultiPolygon

SLIVER_M = 20.0
"""Gaps between neighbours up to this wide are drawing errors, not water."""

_SLIVER_BORDER_M = 80.0
"""The shortest stretch along such a gap that counts as a border."""

_TOUCHING_M = 0.1
"""How far apart the borders of polygons that meet may run: where only one of the two has a vertex on a
straight border, projecting takes it off the other's edge by centimetres (8 cm on an edge of 3 km)."""

_TOUCHING_BORDER_M = 2.0
"""The shortest stretch along which polygons that meet share a border; a shorter one is a corner."""


def polygonal_from_wkb(wkb: bytes | memoryview) -> Polygonal:
    """A polygon or multipolygon from its WKB. TypeError when it is another geometry."""
    shape = shapely.from_wkb(bytes(wkb))
    if not isinstance(shape, shapely.Polygon | shapely.MultiPolygon):
        raise TypeError(f"{shape.geom_type} is not a polygon")
    return shape


class Crossings(NamedTuple):
    """Points on shared borders, ordered by (i, j, x, y); `i` < `j` are positions in the list of polygons."""

    i: NDArray[np.intp]
    j: NDArray[np.intp]
    x: NDArray[np.float64]
    y: NDArray[np.float64]


def crossings(polygons: Sequence[Polygonal], spacing_m: float = 1500.0) -> Crossings:
    """Find the points where one crosses between polygons that partition the land (metres, on a `Plane`).

    Each connected stretch of border that two polygons share gets a point at its middle, a long one several at
    even distances of about `spacing_m`. Polygons that do not touch but run within `SLIVER_M` of each other
    share that stretch too; two that only meet in a corner share nothing.
    """
    leaves = np.array(polygons, dtype=object)
    i, j = shapely.STRtree(leaves).query(leaves, predicate="dwithin", distance=SLIVER_M)
    i, j = i[i < j], j[i < j]
    touching = shapely.dwithin(leaves[i], leaves[j], _TOUCHING_M)
    found = [
        _along_borders(leaves, i[touching], j[touching], _TOUCHING_M, _TOUCHING_BORDER_M, spacing_m),
        _along_borders(leaves, i[~touching], j[~touching], SLIVER_M, _SLIVER_BORDER_M, spacing_m),
    ]
    first, second, x, y = (np.concatenate(columns) for columns in zip(*found, strict=True))
    order = np.lexsort((y, x, second, first))
    return Crossings(first[order], second[order], x[order], y[order])


def _along_borders(
    leaves: NDArray[np.object_],
    i: NDArray[np.intp],
    j: NDArray[np.intp],
    tolerance_m: float,
    shortest_m: float,
    spacing_m: float,
) -> Crossings:
    """Crossings of the pairs (i, j): their border is the part of j's boundary within the tolerance of i."""
    nearby, position = np.unique(i, return_inverse=True)
    widened = shapely.buffer(leaves[nearby], tolerance_m, quad_segs=2)[position]
    shared = shapely.line_merge(shapely.intersection(shapely.boundary(leaves[j]), widened))
    stretches, pair = shapely.get_parts(shared, return_index=True)
    lengths = shapely.length(stretches)
    borders = lengths >= shortest_m
    stretches, pair, lengths = stretches[borders], pair[borders], lengths[borders]

    counts = np.maximum(1, np.rint(lengths / spacing_m)).astype(np.intp)
    stretch = np.repeat(np.arange(len(stretches)), counts)
    step = np.arange(len(stretch)) - np.repeat(np.cumsum(counts) - counts, counts)
    points = shapely.line_interpolate_point(
        stretches[stretch], (step + 0.5) / counts[stretch], normalized=True
    )
    pair = pair[stretch]
    return Crossings(i[pair], j[pair], shapely.get_x(points), shapely.get_y(points))
