"""What is done to the shape of a grid before it is stored, and what that changes on the ground.

A shape that breaks the rules of OGC Simple Features 1.2.1 § 6.1.11 (rings that cross themselves or each other, holes
outside, parts that overlap) encloses no area that all programs agree on. `before_m2` is the area that its lines enclose
by the even-odd rule, which is what a map shows filled: for a bow-tie both of its triangles (GEOS make_valid, method
"linework"). The repaired shape is made ring by ring, the shells united and the holes taken off (method "structure"), so
that parts which overlap stay ground and do not become a hole. `changed_m2` is the area that lies in one of the two and
not in the other: 0 for a plain bow-tie, and more than the difference of the areas where something is lost in one place
and won in another.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from service.geo.geodesy import area_m2, mean_width_m

SLIVER_WIDTH_M = 5.0
"""Parts and holes whose mean width is less are errors of drawing: no ground that anybody means."""


_GRID_DEGREES = 1e-9
"""A tenth of a millimetre: to this, overlays are rounded where they fail without."""


class RepairKind(StrEnum):
    """What was done."""

    SELF_INTERSECTION = "self_intersection"
    THREE_D = "three_d"
    SINGLE_POLYGON = "single_polygon"
    COLLECTION = "collection"
    REPEATED_POINTS = "repeated_points"
    SLIVERS = "slivers"


class Method(StrEnum):
    """GEOS's two ways to make a shape valid."""

    LINEWORK = "linework"
    STRUCTURE = "structure"


_WAYS = (
    (Method.STRUCTURE,),
    (Method.STRUCTURE, Method.LINEWORK),
    (Method.LINEWORK, Method.STRUCTURE),
    (Method.LINEWORK,),
)
"""What is tried in turn until the outcome is valid; nearly always the first will do."""


@dataclass(frozen=True, slots=True)
class Sliver:
    """A part of a shape that was taken away, or a hole that was filled; degrees, metres, square metres."""

    hole: bool
    area_m2: float
    width_m: float
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Repaired:
    """A shape that can be stored, and what was done to it; or a `fault`, and no shape.

    Faults are the reasons of `import.<reason>` in the catalogue.
    """

    shape: shapely.MultiPolygon | None
    kinds: tuple[RepairKind, ...] = ()
    before_m2: float = 0.0
    after_m2: float = 0.0
    changed_m2: float = 0.0
    slivers: tuple[Sliver, ...] = ()
    why: str | None = None
    """GEOS's words for what was invalid, with the place."""
    fault: str | None = None


def repair(shape: BaseGeometry | None, sliver_width_m: float = SLIVER_WIDTH_M) -> Repaired:
    """Make a polygon in degrees into a valid MultiPolygon without heights; what is no polygon gets a fault."""
    if shape is None:
        return Repaired(None, fault="geometry-missing")
    if shape.is_empty:
        return Repaired(None, fault="geometry-empty")
    kinds: list[RepairKind] = []
    flat: BaseGeometry = shape
    if shape.has_z or shape.has_m:
        flat = shapely.force_2d(shape)
        kinds.append(RepairKind.THREE_D)
    if isinstance(flat, shapely.GeometryCollection):
        flat = _only_polygons(flat)
        kinds.append(RepairKind.COLLECTION)
    if not isinstance(flat, shapely.Polygon | shapely.MultiPolygon):
        return Repaired(None, fault="geometry-no-polygon")
    if not np.isfinite(shapely.get_coordinates(flat)).all():
        return Repaired(None, fault="coordinates-not-finite")
    if isinstance(flat, shapely.Polygon):
        flat = shapely.MultiPolygon([flat])
        kinds.append(RepairKind.SINGLE_POLYGON)
    return _repaired(flat, kinds, sliver_width_m)


def line_of(shape: BaseGeometry | None) -> shapely.LineString | None:
    """The one line of a shape, without heights; it may come as several that meet end to end. None of anything else."""
    if not isinstance(shape, shapely.LineString | shapely.MultiLineString) or shape.is_empty:
        return None
    merged = shapely.line_merge(shapely.force_2d(shape))
    return merged if isinstance(merged, shapely.LineString) else None


def point_of(shape: BaseGeometry | None) -> shapely.Point | None:
    """The one point of a shape, without a height. None of anything else, and of several."""
    if not isinstance(shape, shapely.Point | shapely.MultiPoint):
        return None
    parts = shapely.get_parts(shape)
    if len(parts) != 1 or parts[0].is_empty:
        return None
    point: shapely.Point = shapely.force_2d(parts[0])
    return point


def _repaired(flat: shapely.MultiPolygon, kinds: list[RepairKind], sliver_width_m: float) -> Repaired:
    why: str | None = None
    if flat.is_valid:
        drawn = whole = shapely.remove_repeated_points(flat)
        if shapely.get_num_coordinates(whole) < shapely.get_num_coordinates(flat):
            kinds.append(RepairKind.REPEATED_POINTS)
    else:
        why = shapely.is_valid_reason(flat)
        tries = (_made_valid(flat, *methods) for methods in _WAYS)
        united = next((made for made in tries if made is not None), None)
        if united is None:
            return Repaired(None, why=why, fault="geometry-tangled")
        whole, drawn = united, _made_valid(flat, Method.LINEWORK) or united
        kinds.append(RepairKind.SELF_INTERSECTION)
    if whole.is_empty:
        return Repaired(None, why=why, fault="geometry-collapsed")
    before_m2 = area_m2(drawn)
    kept, slivers = _without_slivers(whole, sliver_width_m)
    if slivers:
        kinds.append(RepairKind.SLIVERS)
    after_m2 = area_m2(kept)
    changed_m2 = sum(sliver.area_m2 for sliver in slivers)
    if why is not None:
        # No less than the areas differ by, whatever is lost by rounding where lines cross.
        changed_m2 = max(_difference_m2(drawn, kept), abs(after_m2 - before_m2))
    return Repaired(kept, tuple(kinds), before_m2, after_m2, changed_m2, slivers, why)


def _made_valid(flat: shapely.MultiPolygon, *methods: Method) -> shapely.MultiPolygon | None:
    """The polygons of a shape after GEOS has repaired it by each method in turn; None where that fails.

    It does for rings that run along themselves: it gives up, or its rounding makes new faults.
    """
    shape: BaseGeometry = flat
    try:
        for method in methods:
            if method is Method.LINEWORK:
                shape = shapely.make_valid(shape, method="linework")
            else:
                shape = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    except GEOSException:
        return None
    polygons = _polygons(shape)
    return polygons if polygons.is_valid else None


def _difference_m2(one: shapely.MultiPolygon, other: shapely.MultiPolygon) -> float:
    """The area that lies in one of two valid shapes and not in the other."""
    try:
        parts = shapely.symmetric_difference(one, other)
    except GEOSException:
        parts = shapely.symmetric_difference(one, other, grid_size=_GRID_DEGREES)
    return area_m2(_polygons(parts))


def _without_slivers(
    whole: shapely.MultiPolygon, width_m: float
) -> tuple[shapely.MultiPolygon, tuple[Sliver, ...]]:
    """A valid shape without the parts and holes that are thinner on average; its largest part always stays."""
    slivers: list[Sliver] = []
    parts: list[shapely.Polygon] = []
    polygons = list(whole.geoms)
    largest = max(range(len(polygons)), key=lambda number: polygons[number].area)
    for number, part in enumerate(polygons):
        if number != largest and (found := _as_sliver(shapely.Polygon(part.exterior), width_m, hole=False)):
            slivers.append(found)
            continue
        holes = []
        for hole in part.interiors:
            if found := _as_sliver(shapely.Polygon(hole), width_m, hole=True):
                slivers.append(found)
            else:
                holes.append(hole)
        parts.append(part if len(holes) == len(part.interiors) else shapely.Polygon(part.exterior, holes))
    return (shapely.MultiPolygon(parts), tuple(slivers)) if slivers else (whole, ())


def _as_sliver(polygon: shapely.Polygon, width_m: float, *, hole: bool) -> Sliver | None:
    width = mean_width_m(polygon)
    if width >= width_m:
        return None
    point = polygon.representative_point()
    return Sliver(hole, area_m2(polygon), width, point.x, point.y)


def _only_polygons(collection: BaseGeometry) -> BaseGeometry:
    """A collection of nothing but polygons as one MultiPolygon; another one as it is."""
    parts = [
        polygon
        for part in shapely.get_parts(collection)
        for polygon in (shapely.get_parts(part) if isinstance(part, shapely.MultiPolygon) else [part])
    ]
    if all(isinstance(part, shapely.Polygon) for part in parts):
        return shapely.MultiPolygon([part for part in parts if not part.is_empty])
    return collection


def _polygons(shape: BaseGeometry) -> shapely.MultiPolygon:
    """The polygons among the parts of a valid shape; lines and points, which enclose nothing, are dropped."""
    parts = [
        polygon
        for part in shapely.get_parts(shape)
        for polygon in shapely.get_parts(part)
        if isinstance(polygon, shapely.Polygon) and not polygon.is_empty
    ]
    return shapely.MultiPolygon(parts)
