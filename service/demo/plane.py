"""A plane for the builder: kilometres east and north of the city's middle.

Equirectangular, true to about 1 % over the city, which is plenty for shapes that are made up. Boundaries of
divisions are never sent through it: they stay in degrees from the source file to the result.
"""

import math

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
"""Coordinates: shape (n, 2), longitude and latitude in degrees, or x and y in kilometres."""

_MIDDLE = np.array([110.2, 21.1])
_KM_PER_DEGREE = np.array([111.32 * math.cos(math.radians(21.1)), 110.74])


def to_km(degrees: Array) -> Array:
    """Longitude and latitude, shape (…, 2), to kilometres of the same shape."""
    km: Array = (degrees - _MIDDLE) * _KM_PER_DEGREE
    return km


def to_degrees(km: Array) -> Array:
    """The inverse of `to_km`."""
    degrees: Array = km / _KM_PER_DEGREE + _MIDDLE
    return degrees
