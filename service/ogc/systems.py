"""The coordinate systems of the OGC API (Features Part 2): their names, their order of axes, and boxes in them. Pure.

A system says in which order its coordinates stand: longitude first in CRS84, latitude first in EPSG 4326 and 4490,
northing first in EPSG 4546. Shapes inside the service always have x (east) first.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import shapely
from shapely.geometry.base import BaseGeometry

from service.errors import Malformed
from service.geo.projected import named, shapes_to_cgcs2000

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
STORED = "http://www.opengis.net/def/crs/EPSG/0/4490"
DEGREE_DIGITS, METRE_DIGITS = 9, 4
"""Decimals of coordinates: a tenth of a millimetre."""
LARGEST = 1e9
"""No coordinate of a system here is larger."""
PIECES = 32
"""Into so many pieces each side of a box is cut before it is converted: straight there is not straight here."""


@dataclass(frozen=True, slots=True)
class System:
    """A coordinate system that shapes are given and taken in."""

    uri: str
    srid: int
    y_first: bool
    geographic: bool

    @property
    def epsg(self) -> str:
        """What files call it."""
        return "EPSG:4326" if self.uri == CRS84 else f"EPSG:{self.uri.rpartition('/')[2]}"

    @property
    def digits(self) -> int:
        """Decimals of its coordinates."""
        return DEGREE_DIGITS if self.geographic else METRE_DIGITS


SYSTEMS: Mapping[str, System] = MappingProxyType(
    {
        each.uri: each
        for each in (
            System(CRS84, 4490, y_first=False, geographic=True),
            System("http://www.opengis.net/def/crs/EPSG/0/4326", 4490, y_first=True, geographic=True),
            System(STORED, 4490, y_first=True, geographic=True),
            System("http://www.opengis.net/def/crs/EPSG/0/4546", 4546, y_first=True, geographic=False),
            System("http://www.opengis.net/def/crs/EPSG/0/3857", 3857, y_first=False, geographic=False),
        )
    }
)
"""By URI, the default first. WGS 84 is taken as equal to CGCS2000, as everywhere in the service."""


def system_of(name: str, value: str | None) -> System:
    """The system that a parameter names by its URI, or by the same in brackets; CRS84 when it names none.

    Raises Malformed for one that is not offered.
    """
    if value is None:
        return SYSTEMS[CRS84]
    uri = value.removeprefix("[").removesuffix("]")
    if uri not in SYSTEMS:
        raise Malformed("parameter-value", name=name, value=value, expected=" | ".join(SYSTEMS))
    return SYSTEMS[uri]


def box(name: str, value: str, system: System) -> BaseGeometry:
    """The ground of a `bbox` in CGCS2000 degrees: 4 numbers, or 6 whose heights are passed over.

    In degrees it may run over the 180th meridian, from a larger longitude to a smaller. Raises Malformed for anything
    else, and for a box that is inside out.
    """
    order = "miny,minx,maxy,maxx" if system.y_first else "minx,miny,maxx,maxy"
    wrong = Malformed("parameter-value", name=name, value=value, expected=order)
    try:
        numbers = [float(part) for part in value.split(",")]
    except ValueError as error:
        raise wrong from error
    if len(numbers) not in (4, 6) or not all(abs(each) <= LARGEST for each in numbers):
        raise wrong
    half = len(numbers) // 2
    (first, second), (third, fourth) = numbers[:2], numbers[half : half + 2]
    west, south, east, north = (
        (second, first, fourth, third) if system.y_first else (first, second, third, fourth)
    )
    if south > north or (len(numbers) == 6 and numbers[2] > numbers[5]):
        raise wrong
    if west <= east:
        return to_stored(name, value, shapely.box(west, south, east, north), system)
    if not system.geographic:
        raise wrong
    halves = (shapely.box(west, south, 180, north), shapely.box(-180, south, east, north))
    return shapely.MultiPolygon([each for each in halves if each.area > 0] or list(halves))


def to_stored(name: str, value: str, shape: BaseGeometry, system: System) -> BaseGeometry:
    """A shape with x first in CGCS2000 degrees. Raises Malformed where it has no place on the earth."""
    if system.geographic:
        return shape
    least, most = shape.bounds[:2], shape.bounds[2:]
    longest = max(most[0] - least[0], most[1] - least[1])
    known = named(f"EPSG:{system.srid}")
    cut = shapely.segmentize(shape, longest / PIECES) if longest > 0 else shape
    (found,) = shapes_to_cgcs2000([cut], known) if known else [None]
    if found is None or not all(math.isfinite(each) for each in found.bounds):
        raise Malformed("parameter-value", name=name, value=value, expected=system.uri)
    return found
