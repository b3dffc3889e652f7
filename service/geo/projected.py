"""The coordinate systems that files come in, by the names that people and files give them, and the way to CGCS2000.

EPSG 4326 (WGS 84), 4490 (CGCS2000), 4491 to 4554 (CGCS2000 in Gauss-Krüger zones of 6 or 3 degrees, with the zone's
number in the easting or without), 3857 (web maps), and GCJ-02 and BD-09, which have no EPSG code. WGS 84 is taken as
equal to CGCS2000, as in `geo.crs`. Coordinates are always x (east, longitude) before y (north, latitude), whatever the
order of axes in EPSG's register.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from service.geo.crs import Crs, from_cgcs2000, to_cgcs2000

Array = NDArray[np.float64]

WGS84, CGCS2000, WEB_MERCATOR = 4326, 4490, 3857
KNOWN = (
    "EPSG:4326 (WGS84), EPSG:4490 (CGCS2000), EPSG:4491–4554 (CGCS2000 Gauss-Krüger), EPSG:3857, GCJ02, BD09"
)
"""The systems that are taken, for people."""

_FIRST_6_ZONE, _FIRST_6_MERIDIAN, _FIRST_3_ZONE, _FIRST_3_MERIDIAN = 4491, 4502, 4513, 4534
_LAST_GAUSS_KRUGER = 4554
_WEST_MERIDIAN, _EAST_MERIDIAN = 75, 135
_WEST_ZONES = {3: 25, 6: 13}
"""The number of the zone at the western meridian, by the degrees that a zone is wide."""
_FALSE_EASTING_M, _ZONE_STEP_M = 500_000.0, 1_000_000.0
_ALIASES = {
    "WGS84": "EPSG:4326",
    "WGS1984": "EPSG:4326",
    "GCSWGS1984": "EPSG:4326",
    "CRS84": "EPSG:4326",
    "CGCS2000": "EPSG:4490",
    "CGC2000": "EPSG:4490",
    "国家2000": "EPSG:4490",
    "2000国家大地坐标系": "EPSG:4490",
    "国家大地2000": "EPSG:4490",
    "GCSCHINAGEODETICCOORDINATESYSTEM2000": "EPSG:4490",
    "CHINAGEODETICCOORDINATESYSTEM2000": "EPSG:4490",
    "WEBMERCATOR": "EPSG:3857",
    "GCJ02": "GCJ02",
    "GCJ": "GCJ02",
    "火星坐标": "GCJ02",
    "火星坐标系": "GCJ02",
    "高德": "GCJ02",
    "BD09": "BD09",
    "BD09LL": "BD09",
    "百度": "BD09",
    "百度坐标": "BD09",
    "百度坐标系": "BD09",
}


@dataclass(frozen=True, slots=True)
class System:
    """A coordinate system that is taken: `EPSG:<code>`, `GCJ02` or `BD09`."""

    name: str
    epsg: int | None

    @property
    def geographic(self) -> bool:
        """Whether its coordinates are degrees, not metres."""
        return self.epsg in (None, WGS84, CGCS2000)

    @property
    def eastings_m(self) -> tuple[float, float] | None:
        """From where to where the eastings of a Gauss-Krüger zone can be, with room to spare; None of other systems."""
        if self.epsg is None or not _FIRST_6_ZONE <= self.epsg <= _LAST_GAUSS_KRUGER:
            return None
        zone = 0
        if _FIRST_6_ZONE <= self.epsg < _FIRST_6_MERIDIAN:
            zone = self.epsg - _FIRST_6_ZONE + _WEST_ZONES[6]
        elif _FIRST_3_ZONE <= self.epsg < _FIRST_3_MERIDIAN:
            zone = self.epsg - _FIRST_3_ZONE + _WEST_ZONES[3]
        return zone * _ZONE_STEP_M, (zone + 1) * _ZONE_STEP_M


def by_epsg(code: int) -> System | None:
    """The system of an EPSG code; None where it is not taken."""
    if code in (WGS84, CGCS2000, WEB_MERCATOR) or _FIRST_6_ZONE <= code <= _LAST_GAUSS_KRUGER:
        return System(f"EPSG:{code}", code)
    return None


def named(name: str) -> System | None:
    """The system of a name as people and files write it; None where it is not taken.

    `EPSG:4546`, `4546`, `urn:ogc:def:crs:EPSG::4546`, `CGCS2000`, `WGS 84`, `GCJ-02`,
    `CGCS2000 / 3-degree Gauss-Kruger CM 111E`, `CGCS2000_3_Degree_GK_Zone_37`.
    """
    text = name.strip().upper()
    if found := re.fullmatch(r"(?:.*\bEPSG[:/](?:[\d.]*[:/])?)?(\d{4,6})", text):
        return by_epsg(int(found[1]))
    if re.fullmatch(r".*[:/]CRS84H?", text):
        return by_epsg(WGS84)
    bare = re.sub(r"[\s_\-./:()（）]+", "", text)
    if alias := _ALIASES.get(bare):
        return (
            System(alias, None)
            if alias in (Crs.GCJ02, Crs.BD09)
            else by_epsg(int(alias.removeprefix("EPSG:")))
        )
    return _zone(bare)


def from_wkt(wkt: str) -> System | None:
    """The system that a .prj or a GeoPackage describes; None where it is not taken or cannot be read.

    It need not name an EPSG code, and its own name is not trusted where it has parameters: desktops write many names.
    """
    try:
        crs = CRS.from_user_input(wkt)
    except CRSError:
        return None
    while crs.is_bound or crs.is_compound:
        inner = crs.source_crs if crs.is_bound else crs.sub_crs_list[0]
        if inner is None:
            return None
        crs = inner
    if crs.is_geographic:
        return by_epsg(code) if (code := _datum(crs)) else None
    if not crs.is_projected or crs.geodetic_crs is None:
        return None
    if _datum(crs.geodetic_crs) == CGCS2000:
        return _gauss_kruger(crs)
    return by_epsg(WEB_MERCATOR) if crs.to_epsg(min_confidence=70) == WEB_MERCATOR else None


def shapes_to_cgcs2000(shapes: Sequence[BaseGeometry | None], system: System) -> list[BaseGeometry | None]:
    """Shapes of `system` in CGCS2000 degrees; heights stay. A vertex that has no place there becomes infinite."""
    return _converted(shapes, system, inverse=True)


def shapes_from_cgcs2000(shapes: Sequence[BaseGeometry | None], system: System) -> list[BaseGeometry | None]:
    """Shapes in CGCS2000 degrees in `system`; heights stay."""
    return _converted(shapes, system, inverse=False)


def _converted(
    shapes: Sequence[BaseGeometry | None], system: System, *, inverse: bool
) -> list[BaseGeometry | None]:
    if system.epsg in (WGS84, CGCS2000):
        return list(shapes)
    array = np.empty(len(shapes), dtype=object)
    array[:] = list(shapes)
    if system.epsg is None:
        crs = Crs(system.name)
        offset = to_cgcs2000 if inverse else from_cgcs2000

        def convert(x: Array, y: Array) -> tuple[Array, Array]:
            return offset(x, y, crs)
    else:
        # Made anew for each call: a pyproj transformer must not be shared between threads.
        ends = (system.name, f"EPSG:{WGS84 if system.epsg == WEB_MERCATOR else CGCS2000}")
        transformer = Transformer.from_crs(*(ends if inverse else ends[::-1]), always_xy=True)

        def convert(x: Array, y: Array) -> tuple[Array, Array]:
            converted: tuple[Array, Array] = transformer.transform(x, y)
            return converted

    def moved(coordinates: Array) -> Array:
        return np.column_stack([*convert(coordinates[:, 0], coordinates[:, 1]), *coordinates[:, 2:].T])

    solid = shapely.has_z(array)
    array[solid] = shapely.transform(array[solid], moved, include_z=True)
    array[~solid] = shapely.transform(array[~solid], moved)
    return list(array)


def _zone(bare: str) -> System | None:
    """A Gauss-Krüger zone by its name without separators: `CGCS20003DEGREEGKCM111E`, `CGCS2000GKZONE19`."""
    if not bare.startswith("CGCS2000"):
        return None
    rest = bare.removeprefix("CGCS2000")
    found = re.fullmatch(r"(3DEGREE)?(?:GAUSSKRUGER|GK)?(?:CM(\d{2,3})E?|ZONE(\d{2}))", rest)
    if not found:
        return None
    step = 3 if found[1] else 6
    if found[3]:
        return _of_zone(step, int(found[3]), numbered=True)
    meridian = int(found[2])
    zone = meridian // 3 if step == 3 else (meridian + 3) // 6
    return _of_zone(step, zone, numbered=False) if _meridian(step, zone) == meridian else None


def _gauss_kruger(crs: CRS) -> System | None:
    """The zone whose parameters a projection on CGCS2000 has.

    Zones of 3 and of 6 degrees without their number have the same coordinates on the same meridian; the name tells.
    """
    operation = crs.coordinate_operation
    if operation is None or "Transverse Mercator" not in operation.method_name:
        return None
    if any(axis.unit_conversion_factor != 1.0 for axis in crs.axis_info):
        return None
    values = {each.name.lower(): float(each.value) for each in operation.params}
    meridian = values.get("longitude of natural origin", -1.0)
    easting = values.get("false easting", 0.0)
    others = (
        values.get("latitude of natural origin"),
        values.get("false northing"),
        values.get("scale factor at natural origin"),
    )
    if others != (0.0, 0.0, 1.0):
        return None
    narrow, wide = meridian / 3, (meridian + 3) / 6
    if easting == _FALSE_EASTING_M and narrow == int(narrow):
        twin = _of_zone(6, int(wide), numbered=False) if wide == int(wide) else None
        by_name = named(crs.name)
        return twin if twin and by_name == twin else _of_zone(3, int(narrow), numbered=False)
    for step, zone in ((3, narrow), (6, wide)):
        if zone == int(zone) and easting == zone * _ZONE_STEP_M + _FALSE_EASTING_M:
            return _of_zone(step, int(zone), numbered=True)
    return None


def _of_zone(step: int, zone: int, *, numbered: bool) -> System | None:
    if not _WEST_MERIDIAN <= _meridian(step, zone) <= _EAST_MERIDIAN:
        return None
    firsts = (_FIRST_3_ZONE, _FIRST_3_MERIDIAN) if step == 3 else (_FIRST_6_ZONE, _FIRST_6_MERIDIAN)
    return by_epsg(firsts[0 if numbered else 1] + zone - _WEST_ZONES[step])


def _meridian(step: int, zone: int) -> int:
    """The central meridian of a zone in degrees east."""
    return zone * 3 if step == 3 else zone * 6 - 3


def _datum(crs: CRS) -> int | None:
    """The EPSG code of a geographic system in degrees, by its datum's and its own name."""
    if any(abs(axis.unit_conversion_factor - np.pi / 180) > 1e-9 for axis in crs.axis_info[:2]):
        return None
    datum = crs.datum.name if crs.datum is not None else ""
    name = re.sub(r"[\s_\-]+", "", f"{datum} {crs.name}").upper()
    if re.search(r"CHINA2000|CGCS2000|CHINAGEODETICCOORDINATESYSTEM2000", name):
        return CGCS2000
    return WGS84 if re.search(r"WGS(19)?84|WORLDGEODETICSYSTEM1984", name) else None
