"""Where one crosses from one polygon into the next."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from service.geo.geodesy import from_planes, to_planes

Polygonal = shapely.Polygon | shapely.MultiPolygon

SLIVER_M = 20.0
"""Gaps between neighbours up to this wide are drawing errors, not water."""

REACH_DEGREES = 0.0004
"""More than `SLIVER_M` in either direction, up to 60° north: whoever is farther off in degrees is no neighbour."""

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
    """Points (degrees) on shared borders; `i` < `j` are positions in the list of polygons."""

    i: NDArray[np.intp]
    j: NDArray[np.intp]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


def same_shape(a: Polygonal, b: Polygonal) -> bool:
    """Whether two shapes in degrees have the same vertices to within 0.1 mm, wherever their rings begin."""
    return bool(shapely.equals_exact(as_multipolygon(a), as_multipolygon(b), tolerance=1e-9, normalize=True))


def as_multipolygon(shape: Polygonal) -> shapely.MultiPolygon:
    """The one type of geometry that is stored."""
    return shapely.MultiPolygon([shape]) if isinstance(shape, shapely.Polygon) else shape


def crossings(
    polygons: Sequence[Polygonal],
    spacing_m: float = 1500.0,
    touched: NDArray[np.bool_] | None = None,
) -> Crossings:
    """Find the points where one crosses between polygons (degrees) that partition the land.

    Each connected stretch of border that two polygons share gets a point at its middle, a long one several at
    even distances of about `spacing_m`. Polygons that do not touch but run within `SLIVER_M` of each other
    share that stretch too; two that only meet in a corner share nothing.

    With `touched` (n,), only of pairs with one that is touched. What two polygons share is found on a plane around the
    first of them, and so depends on those two and their order and on no other.
    """
    leaves = np.array(polygons, dtype=object)
    i, j = _near_pairs(leaves, np.ones(len(leaves), dtype=np.bool_) if touched is None else touched)
    lon0, lat0 = _middles(leaves)
    firsts, position = np.unique(i, return_inverse=True)
    own = _project_each(leaves[firsts], lon0[firsts], lat0[firsts])
    other = _project_each(leaves[j], lon0[i], lat0[i])
    touching = shapely.dwithin(own[position], other, _TOUCHING_M)
    near = ~touching & shapely.dwithin(own[position], other, SLIVER_M)
    found = [
        _along_borders(own, position, other, touching, _TOUCHING_M, _TOUCHING_BORDER_M, spacing_m),
        _along_borders(own, position, other, near, SLIVER_M, _SLIVER_BORDER_M, spacing_m),
    ]
    pair, x, y = (np.concatenate(columns) for columns in zip(*found, strict=True))
    order = np.lexsort((y, x, j[pair], i[pair]))
    pair, x, y = pair[order], x[order], y[order]
    lon, lat = from_planes(lon0[i[pair]], lat0[i[pair]], x, y)
    return Crossings(i[pair], j[pair], lon, lat)


def _near_pairs(
    leaves: NDArray[np.object_], touched: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The pairs (i < j) that may run within `SLIVER_M` of each other, one of them touched, in order."""
    some = np.flatnonzero(touched)
    query, found = shapely.STRtree(leaves).query(leaves[some], predicate="dwithin", distance=REACH_DEGREES)
    a, b = some[query], found
    pairs = np.unique(np.column_stack([np.minimum(a, b), np.maximum(a, b)])[a != b], axis=0)
    return pairs[:, 0], pairs[:, 1]


def _middles(shapes: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    return (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2


def _project_each(
    shapes: NDArray[np.object_], lon0: NDArray[np.float64], lat0: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Shapes (degrees) in metres, each on the plane around its own (lon0, lat0)."""
    lonlats, shape = shapely.get_coordinates(shapes, return_index=True)
    lons, lats = np.ascontiguousarray(lonlats[:, 0]), np.ascontiguousarray(lonlats[:, 1])
    xy = np.column_stack(to_planes(lon0[shape], lat0[shape], lons, lats))
    projected: NDArray[np.object_] = shapely.set_coordinates(shapes.copy(), xy)
    return projected


class _Found(NamedTuple):
    """Points (metres) on borders, and the pair that each is of."""

    pair: NDArray[np.intp]
    x: NDArray[np.float64]
    y: NDArray[np.float64]


def _along_borders(
    own: NDArray[np.object_],
    position: NDArray[np.intp],
    other: NDArray[np.object_],
    wanted: NDArray[np.bool_],
    tolerance_m: float,
    shortest_m: float,
    spacing_m: float,
) -> _Found:
    """Points on the borders of the wanted pairs, own[position] and other.

    A border is the part of the other's boundary within the tolerance of the own.
    """
    pairs = np.flatnonzero(wanted)
    firsts, first = np.unique(position[pairs], return_inverse=True)
    widened = shapely.buffer(own[firsts], tolerance_m, quad_segs=2)[first]
    shared = shapely.line_merge(shapely.intersection(shapely.boundary(other[pairs]), widened))
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
    return _Found(pairs[pair[stretch]], shapely.get_x(points), shapely.get_y(points))
