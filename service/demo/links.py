"""Bridges, ferries and causeways between grids that do not touch by land.

Four are real (their ends, minutes and waiting are approximate), the others are invented so that every
detached part of a county can be reached, and say so.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import Geod
from shapely.geometry import Point

from service.demo.geography import Division

_GEOD = Geod(ellps="GRS80")
_INSET_DEGREES = 0.0004
"""An end lies at least about 40 m inside its community."""


@dataclass(frozen=True, slots=True)
class Link:
    """A crossing, open both ways. Ends in degrees, EPSG:4490, strictly inside their communities."""

    code: str
    name: str
    name_en: str
    kind: str
    """bridge, ferry or causeway."""
    from_code: str
    to_code: str
    """Community codes."""
    from_lon: float
    from_lat: float
    to_lon: float
    to_lat: float
    length_m: int
    """Geodesic, end to end."""
    minutes: float
    """Crossing, approaches included: the roads up to the Tiaoshun bridge make it some 9 km long."""
    wait_minutes: float
    invented: bool


@dataclass(frozen=True, slots=True)
class _End:
    lon: float
    lat: float
    area_code: str
    """The end lies in the community of this division that is nearest to the position."""


@dataclass(frozen=True, slots=True)
class _Crossing:
    name: str
    name_en: str
    kind: str
    start: _End
    end: _End
    minutes: float
    wait_minutes: float = 0.0
    invented: bool = True


_CROSSINGS = (
    _Crossing("湛江海湾大桥", "Zhanjiang Bay Bridge", "bridge",
              _End(110.406, 21.237, "440803"), _End(110.446, 21.243, "440804"), 10, invented=False),
    _Crossing("调顺跨海大桥", "Tiaoshun Bridge", "bridge",
              _End(110.409, 21.297, "440802006"), _End(110.430, 21.299, "440804"), 13, invented=False),
    _Crossing("南三大桥", "Nansan Bridge", "bridge",
              _End(110.490, 21.226, "440804"), _End(110.494, 21.207, "440804100"), 5, invented=False),
    _Crossing("硇洲轮渡", "Naozhou Ferry", "ferry",
              _End(110.527, 20.932, "440811071"), _End(110.560, 20.918, "440811173"), 30, 20, invented=False),
    _Crossing("特呈岛渡船（虚构）", "Techeng Island boat (invented)", "ferry",
              _End(110.402, 21.160, "440803"), _End(110.418, 21.157, "440803002200"), 15, 15),
    _Crossing("新寮海堤（虚构）", "Xinliao causeway (invented)", "causeway",
              _End(110.412, 20.660, "440825"), _End(110.410, 20.683, "440825112"), 6),
    _Crossing("北莉岛渡船（虚构）", "Beili Island boat (invented)", "ferry",
              _End(110.356, 20.645, "440825"), _End(110.358, 20.668, "440825111208"), 10, 15),
    _Crossing("廉江北部通道（虚构）", "Northern Lianjiang road (invented)", "causeway",
              _End(110.385, 21.880, "440881105"), _End(110.396, 21.912, "440881105"), 8),
    _Crossing("廉江东北部通道（虚构）", "North-eastern Lianjiang road (invented)", "causeway",
              _End(110.360, 21.775, "440881"), _End(110.379, 21.775, "440881105220"), 5),
)  # fmt: skip


def build_links(divisions: list[Division]) -> list[Link]:
    """The crossings, with their ends moved into the nearest community where they miss it."""
    leaves = [d for d in divisions if d.level == "community"]
    links = []
    for number, crossing in enumerate(_CROSSINGS, start=1):
        start, end = _settle(crossing.start, leaves), _settle(crossing.end, leaves)
        _, _, length = _GEOD.inv(start[1].x, start[1].y, end[1].x, end[1].y)
        links.append(
            Link(
                code=f"L{number:02d}",
                name=crossing.name,
                name_en=crossing.name_en,
                kind=crossing.kind,
                from_code=start[0],
                to_code=end[0],
                from_lon=start[1].x,
                from_lat=start[1].y,
                to_lon=end[1].x,
                to_lat=end[1].y,
                length_m=round(length),
                minutes=crossing.minutes,
                wait_minutes=crossing.wait_minutes,
                invented=crossing.invented,
            )
        )
    return links


def _settle(end: _End, leaves: list[Division]) -> tuple[str, Point]:
    """The community of an end, and its position inside."""
    point = Point(end.lon, end.lat)
    near = [leaf for leaf in leaves if leaf.code.startswith(end.area_code)]
    leaf = near[int(np.argmin(shapely.distance([d.polygon for d in near], point)))]
    inner = leaf.polygon.buffer(-_INSET_DEGREES)
    if not inner.contains(point):
        point = shapely.get_point(shapely.shortest_line(inner, point), 0)
    return leaf.code, point
