"""Geometries as files hold them, and whether their coordinates can be what the coordinate system says."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from service.geo.projected import System, shapes_to_cgcs2000
from service.imports.reading.faults import Faults

GEOMETRY = "geometry"
WEST, SOUTH, EAST, NORTH = 73.0, 3.0, 136.0, 54.0
"""China in degrees, its islands and its sea, a little rounded outwards."""
_DEEPEST_COLLECTION = 8


class BadShape(ValueError):
    """A geometry that cannot be made. `reason` and `detail` are those of a Defect."""

    def __init__(self, reason: str, **detail: str | int | float) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


def points(values: object) -> NDArray[np.float64]:
    """Positions of two or three numbers each, as an array of that width. Raises BadShape."""
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise BadShape("geometry-broken")
    if not values:
        return np.empty((0, 2))
    try:
        widths = {len(each) for each in values}
        if min(widths) < 2:
            raise BadShape("geometry-broken")
        width = min(3, min(widths))
        array = np.array([each[:width] for each in values], dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise BadShape("geometry-broken") from None
    if array.ndim != 2:
        raise BadShape("geometry-broken")
    return array


def ring(array: NDArray[np.float64], number: int) -> NDArray[np.float64]:
    """A ring that ends where it begins, as it must be (RFC 7946 § 3.1.6). Raises BadShape `ring-open`, `ring-short`."""
    if len(array) < 3 or (len(array) == 3 and (array[0] == array[-1]).all()):
        raise BadShape("ring-short", ring=number)
    if not (array[0] == array[-1]).all():
        raise BadShape("ring-open", ring=number)
    if len(array) < 4:
        raise BadShape("ring-short", ring=number)
    return array


def polygon(rings: Sequence[NDArray[np.float64]]) -> shapely.Polygon:
    """A polygon of a shell and holes; an empty one where there is no shell. Raises BadShape."""
    if not rings or not len(rings[0]):
        return shapely.Polygon()
    checked = [ring(each, number) for number, each in enumerate(rings, 1) if len(each)]
    return shapely.Polygon(checked[0], checked[1:])


def from_geojson(geometry: object, depth: int = 0) -> BaseGeometry | None:
    """The geometry of a GeoJSON object; None of a null. Rings must be closed. Raises BadShape."""
    if geometry is None:
        return None
    if not isinstance(geometry, Mapping) or depth > _DEEPEST_COLLECTION:
        raise BadShape("geometry-broken")
    if geometry.get("type") == "GeometryCollection":
        parts = [from_geojson(part, depth + 1) for part in _listed(geometry.get("geometries"))]
        return shapely.GeometryCollection([part for part in parts if part is not None])
    maker = _MAKERS.get(str(geometry.get("type")))
    if maker is None or "coordinates" not in geometry:
        raise BadShape("geometry-broken")
    try:
        return maker(_listed(geometry["coordinates"]))
    except (GEOSException, ValueError) as error:
        if isinstance(error, BadShape):
            raise
        raise BadShape("geometry-broken") from error


def from_wkb(wkb: bytes | None) -> BaseGeometry | None:
    """The geometry of a WKB; None of none. Raises BadShape."""
    if wkb is None:
        return None
    try:
        return shapely.from_wkb(wkb)
    except GEOSException as error:
        closed = "closed" in str(error).lower()
        raise BadShape("ring-open" if closed else "geometry-broken") from error


def placed(
    given: Sequence[BaseGeometry | None], system: System, faults: Faults, told: Sequence[bool]
) -> list[BaseGeometry | None]:
    """Each geometry in CGCS2000 degrees; None, with a defect by its row, where it has no place in China.

    `told` says of which rows the defect is known already. Coordinates the wrong way round, and metres that are taken
    for degrees or the other way round, are named as such.
    """
    usable = [
        _usable(shape, row, faults, known)
        for row, (shape, known) in enumerate(zip(given, told, strict=True), 1)
    ]
    shapes = shapes_to_cgcs2000(usable, system)
    return [
        shape if _is_placed(row, before, shape, system, faults) else None
        for row, (before, shape) in enumerate(zip(usable, shapes, strict=True), 1)
    ]


def _usable(shape: BaseGeometry | None, row: int, faults: Faults, known: bool) -> BaseGeometry | None:
    if shape is None:
        if not known:
            faults.defect(row, GEOMETRY, "geometry-missing")
        return None
    if shape.is_empty:
        faults.defect(row, GEOMETRY, "geometry-empty")
        return None
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        faults.defect(row, GEOMETRY, "coordinates-not-finite")
        return None
    return shape


def _is_placed(
    row: int, given: BaseGeometry | None, shape: BaseGeometry | None, system: System, faults: Faults
) -> bool:
    if given is None or shape is None or _fits(given, shape, system):
        return shape is not None
    x, y = (float(value) for value in shapely.get_coordinates(given)[0])
    swapped = shapely.transform(shapely.force_2d(given), lambda coordinates: coordinates[:, ::-1])
    back = shapes_to_cgcs2000([swapped], system)[0]
    reason = "coordinates-elsewhere"
    if back is not None and _fits(swapped, back, system):
        reason = "coordinates-swapped"
    elif system.geographic and max(abs(x), abs(y)) > 360:
        reason = "coordinates-metres"
    elif not system.geographic and max(abs(x), abs(y)) <= 360:
        reason = "coordinates-degrees"
    faults.defect(row, GEOMETRY, reason, x=_number(x), y=_number(y), crs=system.name)
    return False


def _fits(given: BaseGeometry, shape: BaseGeometry, system: System) -> bool:
    """Whether a geometry lies in China, and within reach of its zone: far from it, metres say nothing."""
    west, south, east, north = shape.bounds
    in_china = west >= WEST and south >= SOUTH and east <= EAST and north <= NORTH
    if not in_china or system.eastings_m is None:
        return bool(in_china)
    least, most = system.eastings_m
    return bool(least <= given.bounds[0] and given.bounds[2] <= most)


def _number(value: float) -> str:
    return f"{value:.10g}"


def _listed(values: object) -> list[Any]:
    if not isinstance(values, list):
        raise BadShape("geometry-broken")
    return values


def _point(values: list[Any]) -> BaseGeometry:
    return shapely.Point(points([values])[0]) if values else shapely.Point()


def _multipoint(values: list[Any]) -> BaseGeometry:
    return shapely.MultiPoint(points(values))


def _line(values: list[Any]) -> BaseGeometry:
    return shapely.LineString(points(values))


def _multiline(values: list[Any]) -> BaseGeometry:
    return shapely.MultiLineString([points(each) for each in values])


def _polygon(values: list[Any]) -> BaseGeometry:
    return polygon([points(each) for each in values])


def _multipolygon(values: list[Any]) -> BaseGeometry:
    return shapely.MultiPolygon([polygon([points(each) for each in _listed(part)]) for part in values])


_MAKERS: dict[str, Callable[[list[Any]], BaseGeometry]] = {
    "Point": _point,
    "MultiPoint": _multipoint,
    "LineString": _line,
    "MultiLineString": _multiline,
    "Polygon": _polygon,
    "MultiPolygon": _multipolygon,
}
