"""The four coordinate systems that clients speak, and the way to CGCS2000, the one that is stored.

WGS 84 and CGCS2000 are treated as equal: their ellipsoids differ by 0.1 mm and their frames by less than a
metre, which is below the accuracy of any position reported here.

GCJ-02 is the offset that Chinese maps must apply, BD-09 is Baidu's further offset on top of it. Neither is
published by its maker; formulas and constants are the ones in common use (among others in the projects
eviltransform and coordtransform), with the axis and eccentricity of the Krasovsky 1940 ellipsoid. Both are
inverted by iteration. Coordinates are degrees.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import overload

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Offset = Callable[[Array, Array], tuple[Array, Array]]

WEST, SOUTH, EAST, NORTH = 72.004, 0.8293, 137.8347, 55.8271
"""The box in which GCJ-02 is offset; outside it equals WGS 84."""

_AXIS_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BAIDU_ANGLE = np.pi * 3000.0 / 180.0
_BAIDU_LON, _BAIDU_LAT = 0.0065, 0.006
_CONVERGED_DEGREES = 1e-12
_MAX_ROUNDS = 30


class Crs(StrEnum):
    """What the numbers of a position mean. Never optional on the way in: a silent guess is off by 500 m."""

    WGS84 = "WGS84"
    CGCS2000 = "CGCS2000"
    GCJ02 = "GCJ02"
    BD09 = "BD09"


@overload
def to_cgcs2000(lon: float, lat: float, crs: Crs) -> tuple[float, float]: ...
@overload
def to_cgcs2000(lon: Array, lat: Array, crs: Crs) -> tuple[Array, Array]: ...
def to_cgcs2000(lon: float | Array, lat: float | Array, crs: Crs) -> tuple[float | Array, float | Array]:
    """Convert positions given in `crs`; two floats give two floats, two arrays two arrays of the same shape.

    Exact to better than 1e-8 degrees (1 mm). GCJ-02 is not one-to-one within 1 km of the edge of its box:
    there, a position that could be either is taken to be inside.
    """
    lons, lats = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if crs is Crs.BD09:
        lons, lats = _invert(_bd09_offset, lons, lats)
    if crs in (Crs.GCJ02, Crs.BD09):
        inner_lons, inner_lats = _invert(_gcj02_offset, lons, lats)
        inside = _in_box(inner_lons, inner_lats)
        lons, lats = np.where(inside, inner_lons, lons), np.where(inside, inner_lats, lats)
    return _like(lon, lons, lats)


@overload
def from_cgcs2000(lon: float, lat: float, crs: Crs) -> tuple[float, float]: ...
@overload
def from_cgcs2000(lon: Array, lat: Array, crs: Crs) -> tuple[Array, Array]: ...
def from_cgcs2000(lon: float | Array, lat: float | Array, crs: Crs) -> tuple[float | Array, float | Array]:
    """Convert CGCS2000 positions to `crs`; shapes as in `to_cgcs2000`."""
    lons, lats = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if crs in (Crs.GCJ02, Crs.BD09):
        east, north = _gcj02_offset(lons, lats)
        inside = _in_box(lons, lats)
        lons, lats = np.where(inside, lons + east, lons), np.where(inside, lats + north, lats)
    if crs is Crs.BD09:
        east, north = _bd09_offset(lons, lats)
        lons, lats = lons + east, lats + north
    return _like(lon, lons, lats)


def _like(given: float | Array, lons: Array, lats: Array) -> tuple[float | Array, float | Array]:
    if isinstance(given, np.ndarray):
        return lons, lats
    return float(lons), float(lats)


def _in_box(lons: Array, lats: Array) -> NDArray[np.bool_]:
    return (lons >= WEST) & (lons <= EAST) & (lats >= SOUTH) & (lats <= NORTH)


def _gcj02_offset(lons: Array, lats: Array) -> tuple[Array, Array]:
    """The offset from WGS 84 to GCJ-02, carried on beyond the box so that the iteration meets no jump."""
    lons, lats = np.clip(lons, WEST, EAST), np.clip(lats, SOUTH, NORTH)
    x, y = lons - 105.0, lats - 35.0
    root, product = 0.1 * np.sqrt(np.abs(x)), 0.1 * x * y
    ripple = _waves(x, (20.0, 6.0), (20.0, 2.0))
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + product + 2.0 * root + ripple
    north_m += _waves(y, (20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30))
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + product + root + ripple
    east_m += _waves(x, (20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30))
    phi = np.radians(lats)
    curvature = 1.0 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian_radius_m = _AXIS_M * (1.0 - _ECCENTRICITY_SQUARED) / curvature**1.5
    parallel_radius_m = _AXIS_M / np.sqrt(curvature) * np.cos(phi)
    return np.degrees(east_m / parallel_radius_m), np.degrees(north_m / meridian_radius_m)


def _waves(degrees: Array, *waves: tuple[float, float]) -> Array:
    """Two thirds of a sum of sines, in metres; each wave is (amplitude, half waves a degree)."""
    metres = np.zeros_like(degrees)
    for amplitude, frequency in waves:
        metres += amplitude * np.sin(np.pi * frequency * degrees)
    return metres * 2.0 / 3.0


def _bd09_offset(lons: Array, lats: Array) -> tuple[Array, Array]:
    """The offset from GCJ-02 to BD-09."""
    radius = np.hypot(lons, lats) + 0.00002 * np.sin(lats * _BAIDU_ANGLE)
    angle = np.arctan2(lats, lons) + 0.000003 * np.cos(lons * _BAIDU_ANGLE)
    return radius * np.cos(angle) + _BAIDU_LON - lons, radius * np.sin(angle) + _BAIDU_LAT - lats


def _invert(offset: Offset, lons: Array, lats: Array) -> tuple[Array, Array]:
    """Find the positions that `offset` moves to (lons, lats), by fixed-point iteration.

    Each round shrinks the error at least thirtyfold, since neither offset changes by more than 0.03 degrees a
    degree (the root of GCJ-02 does at 105 degrees east, but only where it is itself below 1e-6 m).
    """
    found_lons, found_lats = lons, lats
    for _ in range(_MAX_ROUNDS):
        east, north = offset(found_lons, found_lats)
        next_lons, next_lats = lons - east, lats - north
        moved = np.maximum(np.abs(next_lons - found_lons), np.abs(next_lats - found_lats))
        found_lons, found_lats = next_lons, next_lats
        if np.all(moved < _CONVERGED_DEGREES):
            break
    return found_lons, found_lats
