"""Distances and areas on the GRS 80 ellipsoid (CGCS2000's, to 0.1 mm), and a plane in metres for one city."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar, overload

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

Array = NDArray[np.float64]
Geometry = TypeVar("Geometry", bound=BaseGeometry)

_GRS80 = Geod(ellps="GRS80")


@overload
def distance_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float: ...
@overload
def distance_m(lon1: Array, lat1: Array, lon2: Array, lat2: Array) -> Array: ...
def distance_m(
    lon1: float | Array, lat1: float | Array, lon2: float | Array, lat2: float | Array
) -> float | Array:
    """Geodesic metres between positions in degrees: four floats give a float, four arrays an array."""
    metres: float | Array = _GRS80.inv(lon1, lat1, lon2, lat2)[2]
    return metres


def area_m2(polygon: shapely.Polygon | shapely.MultiPolygon) -> float:
    """Geodesic square metres of a polygon in degrees, holes taken off; rings may run either way round."""
    # pyproj signs the area of a ring by its direction, so all are first turned the same way.
    return abs(float(_GRS80.geometry_area_perimeter(shapely.orient_polygons(polygon))[0]))


def mean_width_m(polygon: shapely.Polygon | shapely.MultiPolygon) -> float:
    """The mean width of a thin polygon in degrees, 2 × area ÷ perimeter, in geodesic metres; 0 of an empty one."""
    area, perimeter = _GRS80.geometry_area_perimeter(shapely.orient_polygons(polygon))
    return 2.0 * abs(float(area)) / float(perimeter) if perimeter else 0.0


@dataclass(frozen=True, slots=True)
class Plane:
    """An azimuthal equidistant plane on GRS 80 around one point (degrees), x metres east and y metres north.

    Distances to the middle are geodesic; between two points within 150 km of it they differ from geodesic
    ones by less than 0.01 %. A position lies at the azimuth and distance of its geodesic from the middle
    (Snyder, Map Projections, 1987, p. 191), so the plane keeps no state and several threads may use it.
    """

    lon0: float
    lat0: float

    @overload
    def xy(self, lon: float, lat: float) -> tuple[float, float]: ...
    @overload
    def xy(self, lon: Array, lat: Array) -> tuple[Array, Array]: ...
    def xy(self, lon: float | Array, lat: float | Array) -> tuple[float | Array, float | Array]:
        """Degrees to metres; two floats give two floats, two arrays of one shape two arrays."""
        lons, lats = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        x, y = to_planes(np.full_like(lons, self.lon0), np.full_like(lats, self.lat0), lons, lats)
        return _like(lon, x, y)

    @overload
    def lonlat(self, x: float, y: float) -> tuple[float, float]: ...
    @overload
    def lonlat(self, x: Array, y: Array) -> tuple[Array, Array]: ...
    def lonlat(self, x: float | Array, y: float | Array) -> tuple[float | Array, float | Array]:
        """Metres to degrees, the inverse of `xy`."""
        xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        lons, lats = from_planes(np.full_like(xs, self.lon0), np.full_like(ys, self.lat0), xs, ys)
        return _like(x, lons, lats)

    def project(self, geometry: Geometry) -> Geometry:
        """The same geometry with its vertices in metres, joined by straight edges."""

        def to_metres(lonlats: Array) -> Array:
            return np.column_stack(self.xy(lonlats[:, 0], lonlats[:, 1]))

        return shapely.transform(geometry, to_metres)

    @classmethod
    def around(cls, geometries: Sequence[BaseGeometry]) -> "Plane":
        """The plane in the middle of the bounds of geometries in degrees; at (0, 0) where there are none."""
        if not geometries:
            return cls(0.0, 0.0)
        west, south, east, north = shapely.total_bounds(geometries).tolist()
        return cls((west + east) / 2, (south + north) / 2)


def to_planes(lon0: Array, lat0: Array, lons: Array, lats: Array) -> tuple[Array, Array]:
    """`Plane.xy` of points (degrees) each on a plane around a middle of its own. Shapes (n,)."""
    azimuth, _, metres = _GRS80.inv(lon0, lat0, lons, lats)
    angle = np.radians(azimuth)
    return metres * np.sin(angle), metres * np.cos(angle)


def from_planes(lon0: Array, lat0: Array, xs: Array, ys: Array) -> tuple[Array, Array]:
    """`Plane.lonlat` of points (metres) each on a plane around a middle of its own. Shapes (n,)."""
    lons, lats, _ = _GRS80.fwd(lon0, lat0, np.degrees(np.arctan2(xs, ys)), np.hypot(xs, ys))
    return lons, lats


def _like(given: float | Array, first: Array, second: Array) -> tuple[float | Array, float | Array]:
    if isinstance(given, np.ndarray):
        return first, second
    return float(first), float(second)
