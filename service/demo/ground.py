"""Where made-up people and things may stand: random points on land, or in one community."""

from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry import MultiPolygon

from service.demo.geography import Division
from service.demo.plane import Array, to_degrees, to_km

Position = tuple[float, float]
"""Longitude and latitude in degrees, EPSG:4490."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The communities of the city, and its land as one shape (degrees)."""

    leaves: list[Division]
    land: MultiPolygon
    urban: dict[str, list[str]]
    """The codes of the built-up communities of each county."""
    _by_code: dict[str, Division] = field(repr=False)

    @classmethod
    def of(cls, divisions: list[Division]) -> "Ground":
        """The ground of a whole city."""
        leaves = [d for d in divisions if d.level == "community"]
        land = next(d.polygon for d in divisions if d.level == "city")
        shapely.prepare(land)
        urban: dict[str, list[str]] = {}
        for leaf in leaves:
            if leaf.urban:
                urban.setdefault(leaf.code[:6], []).append(leaf.code)
        return cls(leaves, land, urban, {d.code: d for d in leaves})

    def inside(self, code: str, rng: np.random.Generator) -> Position:
        """A random position (degrees) strictly inside a community."""
        polygon = self._by_code[code].polygon
        west, south, east, north = polygon.bounds
        while True:
            tried = rng.uniform((west, south), (east, north), (16, 2))
            hits = np.flatnonzero(shapely.contains_xy(polygon, tried[:, 0], tried[:, 1]))
            if len(hits):
                return _rounded(tried[hits[0]])

    def near(self, place: Position, spread_km: float, rng: np.random.Generator) -> Position:
        """A random position on land, normally distributed around a place that is on land itself."""
        middle = to_km(np.array(place))
        while True:
            tried = to_degrees(rng.normal(middle, spread_km, (16, 2)))
            hits = np.flatnonzero(shapely.contains_xy(self.land, tried[:, 0], tried[:, 1]))
            if len(hits):
                return _rounded(tried[hits[0]])


def _rounded(degrees: Array) -> Position:
    """To 6 decimals, about 0.1 m: nobody's position is known better."""
    return round(float(degrees[0]), 6), round(float(degrees[1]), 6)
