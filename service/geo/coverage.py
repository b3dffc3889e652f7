"""Polygons that should partition the land, and where they do not: overlaps, and gaps too narrow to be meant."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial, reduce
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from service.geo.geodesy import area_m2, distance_m, mean_width_m
from service.geo.shapes import SLIVER_M, Polygonal, as_multipolygon

Shapes = NDArray[np.object_]
Found = tuple[tuple[int, ...], Polygonal]
"""Siblings, and the ground (metres) that is wrong between them."""
Geometry = TypeVar("Geometry", bound=BaseGeometry)

LEAST_M2 = 1.0
"""Less is rounding, not a fault."""

_LEAST_WIDTH_M = 0.1
"""Thinner films lie along borders that were drawn alike: a vertex on one side only is off a straight border of 3 km by
8 cm once the coordinate system has been changed."""

_ROUNDED_M = 0.001
"""What is cut is rounded to millimetres: exactly, borders that run almost alike cannot be cut reliably."""

_ALONG_M = 0.05
"""How near to the edge of a fault the edge of a sibling runs that makes it."""


class FaultKind(StrEnum):
    """What is wrong between siblings."""

    OVERLAP = "overlap"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class SiblingFault:
    """What is wrong between two siblings, or around one gap's."""

    kind: FaultKind
    siblings: tuple[int, ...]
    """Positions in the list of shapes, ascending: two of an overlap, at least two of a gap."""
    shape: shapely.MultiPolygon
    """The ground that both claim, or that none does, in degrees."""
    edges: shapely.MultiLineString
    """The edges of the siblings that run along it, as they were drawn, in degrees."""
    area_m2: float
    """Geodesic."""
    shares: tuple[float, ...]
    """The area ÷ that of each of the siblings."""
    width_m: float
    """The mean width, 2 × area ÷ perimeter."""


def sibling_faults(shapes: Sequence[Polygonal], gap_width_m: float = SLIVER_M) -> list[SiblingFault]:
    """Where shapes (valid, in degrees) that should partition the land overlap, or leave a gap narrower than that.

    A wider gap is water, or land of nobody here; so is a narrow one that is open to it, unless the edges on both its
    sides run alike (`shapely.coverage_invalid_edges`): the mouth of a river is no drawing error. What is wrong between
    the same siblings is one fault, however many pieces it has; overlaps come first.
    """
    if len(shapes) < 2:
        return []
    plane = _Scale.around(shapes)
    siblings = np.array([plane.to_metres(shape) for shape in shapes], dtype=object)
    wrong = shapely.coverage_invalid_edges(siblings, gap_width=gap_width_m)
    holes = _narrow_holes(siblings, gap_width_m)
    concerned = np.flatnonzero(~shapely.is_empty(wrong))
    if not len(concerned) and not len(holes):
        return []
    edges = _Edges.of(shapely.boundary(siblings))
    found = [
        *((FaultKind.OVERLAP, *each) for each in _overlaps(siblings, concerned)),
        *((FaultKind.GAP, *each) for each in _gaps(siblings, concerned, holes, wrong, edges, gap_width_m)),
    ]
    areas = [area_m2(shape) for shape in shapes]
    faults = []
    for kind, those, ground in found:
        if ground.is_empty:
            continue
        shape = as_multipolygon(plane.to_degrees(ground))
        area = area_m2(shape)
        if area >= LEAST_M2:
            faults.append(
                SiblingFault(
                    kind,
                    those,
                    shape,
                    plane.to_degrees(edges.along(ground, those)),
                    area,
                    tuple(area / areas[each] for each in those),
                    mean_width_m(shape),
                )
            )
    return faults


def _overlaps(siblings: Shapes, concerned: NDArray[np.intp]) -> list[Found]:
    """The ground that two claim, by pair; one of each pair has edges that are wrong."""
    query, other = shapely.STRtree(siblings).query(siblings[concerned], predicate="intersects")
    own = concerned[query]
    pairs = np.unique(np.column_stack([np.minimum(own, other), np.maximum(own, other)])[own != other], axis=0)
    shared = shapely.intersection(siblings[pairs[:, 0]], siblings[pairs[:, 1]], grid_size=_ROUNDED_M)
    return [((i, j), _polygons([ground])) for (i, j), ground in zip(pairs.tolist(), shared, strict=True)]


def _narrow_holes(siblings: Shapes, width_m: float) -> Shapes:
    """The ground of none that all of them enclose and that is nowhere wider."""
    land = shapely.union_all(siblings, grid_size=_ROUNDED_M)
    rings = [ring for part in shapely.get_parts(land) for ring in shapely.get_rings(part)[1:]]
    holes = np.array([shapely.Polygon(ring) for ring in rings], dtype=object)
    narrow: Shapes = holes[shapely.is_empty(shapely.buffer(holes, -width_m / 2))]
    return narrow


def _gaps(
    siblings: Shapes,
    concerned: NDArray[np.intp],
    holes: Shapes,
    wrong: Shapes,
    edges: "_Edges",
    width_m: float,
) -> list[Found]:
    """The ground of none between siblings, by those around it: narrow holes, and what runs between wrong edges.

    The latter is among what widening all by half the width and narrowing them again fills.
    """
    by_siblings: dict[tuple[int, ...], list[BaseGeometry]] = defaultdict(list)
    for hole in holes:
        if len(around := edges.siblings_along(hole)) > 1:
            by_siblings[around].append(hole)
    if len(concerned):
        wrong_edges, tree = _Edges.of(wrong), shapely.STRtree(siblings)
        land = shapely.union_all(siblings[concerned], grid_size=_ROUNDED_M)
        # Mitred, as round joins would fill corners too.
        widened = shapely.buffer(land, width_m / 2, join_style="mitre")
        filled = shapely.buffer(widened, -width_m / 2, join_style="mitre")
        for piece in shapely.get_parts(shapely.difference(filled, land, grid_size=_ROUNDED_M)):
            # One by one: to unite the neighbours first, whole counties of them, takes a thousand times as long.
            neighbours = [*siblings[tree.query(piece, predicate="intersects")], *holes]
            ground = reduce(partial(shapely.difference, grid_size=_ROUNDED_M), neighbours, piece)
            for part in shapely.get_parts(ground):
                if len(around := wrong_edges.siblings_along(part)) > 1:
                    by_siblings[around].append(part)
    return [(those, _polygons(parts)) for those, parts in sorted(by_siblings.items())]


def _polygons(geometries: Iterable[BaseGeometry]) -> shapely.MultiPolygon:
    """The polygons among geometries and their parts, without films and spikes."""
    parts = [part for part in shapely.get_parts(shapely.get_parts(list(geometries))) if part.area > 0]
    cores = shapely.buffer(parts, -_LEAST_WIDTH_M / 2, join_style="mitre")
    widened = shapely.buffer(cores, _LEAST_WIDTH_M / 2, join_style="mitre")
    grounds = shapely.intersection(widened, parts, grid_size=_ROUNDED_M)
    pieces = shapely.get_parts(shapely.get_parts(grounds))
    return shapely.MultiPolygon([piece for piece in pieces if isinstance(piece, shapely.Polygon)])


@dataclass(frozen=True, slots=True)
class _Edges:
    """Segments, each of one sibling's edge."""

    segments: Shapes
    sibling: NDArray[np.intp]
    tree: shapely.STRtree

    @classmethod
    def of(cls, lines_of_each: Shapes) -> "_Edges":
        """Those of the lines that are given for each sibling."""
        lines, sibling = shapely.get_parts(lines_of_each, return_index=True)
        points, line = shapely.get_coordinates(lines, return_index=True)
        joined = line[:-1] == line[1:]
        segments = shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1)[joined])
        return cls(segments, sibling[line[:-1][joined]], shapely.STRtree(segments))

    def _beside(self, ground: BaseGeometry) -> NDArray[np.intp]:
        """Positions of the segments that run along the edge of some ground, not only up to it."""
        rim = shapely.buffer(shapely.boundary(ground), _ALONG_M, quad_segs=2)
        found = np.sort(self.tree.query(rim, predicate="intersects"))
        beside: NDArray[np.intp] = found[
            shapely.length(shapely.intersection(self.segments[found], rim)) > 4 * _ALONG_M
        ]
        return beside

    def siblings_along(self, ground: BaseGeometry) -> tuple[int, ...]:
        """The siblings whose segments run along the edge of some ground."""
        return tuple(np.unique(self.sibling[self._beside(ground)]).tolist())

    def along(self, ground: BaseGeometry, siblings: Sequence[int]) -> shapely.MultiLineString:
        """The segments of these siblings along the edge of some ground, joined."""
        beside = self._beside(ground)
        those = beside[np.isin(self.sibling[beside], siblings)]
        lines = [
            line
            for sibling in siblings
            for line in shapely.get_parts(
                shapely.line_merge(
                    shapely.multilinestrings(self.segments[those[self.sibling[those] == sibling]])
                )
            )
        ]
        return shapely.MultiLineString(lines)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Degrees stretched to metres around one place; what is straight in degrees is so in metres too.

    On a true plane, a vertex on a neighbour's long straight border would leave it by centimetres.
    """

    lon0: float
    lat0: float
    lon_m: float
    """Metres of a degree of longitude there."""
    lat_m: float

    @classmethod
    def around(cls, shapes: Sequence[Polygonal]) -> "_Scale":
        """Around the middle of the bounds; in a city, metres at its edge are off by less than 1 %."""
        west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object)).tolist()
        lon0, lat0 = (west + east) / 2, (south + north) / 2
        lon_m = distance_m(lon0 - 0.005, lat0, lon0 + 0.005, lat0) * 100
        lat_m = distance_m(lon0, lat0 - 0.005, lon0, lat0 + 0.005) * 100
        return cls(lon0, lat0, lon_m, lat_m)

    def to_metres(self, shape: Geometry) -> Geometry:
        """Degrees to metres from the middle."""
        middle, scale = np.array([self.lon0, self.lat0]), np.array([self.lon_m, self.lat_m])
        return shapely.transform(shape, lambda lonlats: (lonlats - middle) * scale)

    def to_degrees(self, shape: Geometry) -> Geometry:
        """The inverse of `to_metres`."""
        middle, scale = np.array([self.lon0, self.lat0]), np.array([self.lon_m, self.lat_m])
        return shapely.transform(shape, lambda metres: metres / scale + middle)
