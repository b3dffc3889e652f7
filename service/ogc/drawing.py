"""Features drawn as a small map: shapes in a frame of pixels, a grid of degrees, and a bar of scale. Pure.

The projection is equirectangular around the middle parallel of what is drawn: x and y are linear in longitude and
latitude, so that a page can go from one to the other, and at a city's size nothing looks bent.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from service.errors import Malformed
from service.geo.projected import named, shapes_to_cgcs2000
from service.ogc.systems import System

WIDTH, LEAST_HEIGHT, MOST_HEIGHT = 960, 360, 720
"""Of the frame, in pixels."""
PADDING = 0.04
"""Around what is drawn, as a part of the larger side."""
LEAST_SIDE_DEG = 0.004
"""No box is smaller, so that a lone point has some ground around it."""
DETAIL = 0.35
"""Vertices that matter less than so many pixels are left out."""
METRES_PER_DEGREE = 111_320.0
"""Along a meridian, near enough for a bar of scale."""
MOST_TICKS = 5
LONGEST_BAR = 0.25
"""Of the width."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A feature's shape: which feature it is (from 0), what it is made of, and its SVG path."""

    number: int
    kind: str
    """area, line or point."""
    path: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid: where, in pixels, and what it is called."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A map: the largest shapes first, so that small ones lie on top."""

    height: int
    west: float
    south: float
    east: float
    north: float
    shapes: tuple[Drawn, ...]
    meridians: tuple[Tick, ...]
    parallels: tuple[Tick, ...]
    bar: Tick
    """The bar of scale: how long it is, in pixels, and in metres or kilometres."""

    @property
    def width(self) -> int:
        """In pixels, the same for all."""
        return WIDTH


def shapes_of(features: Sequence[Mapping[str, Any]], system: System) -> list[BaseGeometry | None]:
    """The geometries of GeoJSON features in a system, in CGCS2000 degrees with x first; None where there is none."""
    found: list[BaseGeometry | None] = [
        None if each["geometry"] is None else shapely.geometry.shape(each["geometry"]) for each in features
    ]
    known = [each for each in found if each is not None]
    if system.y_first:
        known = [shapely.transform(each, lambda places: places[:, ::-1]) for each in known]
    if not system.geographic:
        source = named(f"EPSG:{system.srid}")
        if source is None:
            raise Malformed("parameter-value", name="crs", value=system.uri, expected="CRS84")
        known = [each for each in shapes_to_cgcs2000(known, source) if each is not None]
    rest = iter(known)
    return [None if each is None else next(rest) for each in found]


def draw(shapes: Sequence[BaseGeometry | None]) -> Drawing | None:
    """The map of some shapes in degrees; None where there are none."""
    there = [(number, each) for number, each in enumerate(shapes) if each is not None and not each.is_empty]
    if not there:
        return None
    west, south, east, north = framed(*shapely.total_bounds([each for _, each in there]))
    across, height = WIDTH / (east - west), round(WIDTH * ratio(west, south, east, north))
    down = height / (north - south)

    def to_pixels(places: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(((places[:, 0] - west) * across, (north - places[:, 1]) * down))

    placed = [(number, shapely.transform(each, to_pixels)) for number, each in there]
    placed.sort(key=lambda each: -float(each[1].area))
    metres = METRES_PER_DEGREE * math.cos(math.radians((south + north) / 2)) / across
    return Drawing(
        height=height,
        west=west,
        south=south,
        east=east,
        north=north,
        shapes=tuple(drawn(number, each) for number, each in placed),
        meridians=ticks(west, east, lambda degrees: (degrees - west) * across, "E", "W"),
        parallels=ticks(south, north, lambda degrees: (north - degrees) * down, "N", "S"),
        bar=bar(metres),
    )


def ratio(west: float, south: float, east: float, north: float) -> float:
    """Height by width of a box of degrees, as it lies on the ground at its middle parallel."""
    return (north - south) / ((east - west) * math.cos(math.radians((south + north) / 2)))


def framed(west: float, south: float, east: float, north: float) -> tuple[float, float, float, float]:
    """A box of degrees with room around it, made wider or higher until it fits the frame's least and most height."""
    side = max(east - west, north - south, LEAST_SIDE_DEG)
    pad = side * PADDING
    wide, high = max(east - west, LEAST_SIDE_DEG) + 2 * pad, max(north - south, LEAST_SIDE_DEG) + 2 * pad
    x, y = (west + east) / 2, (south + north) / 2
    shrink = math.cos(math.radians(y))
    wide = max(wide, high / shrink * WIDTH / MOST_HEIGHT)
    high = max(high, wide * shrink * LEAST_HEIGHT / WIDTH)
    return x - wide / 2, y - high / 2, x + wide / 2, y + high / 2


def drawn(number: int, shape: BaseGeometry) -> Drawn:
    """A shape in pixels as an SVG path, thinned out."""
    kind = ("point", "line", "area")[shapely.get_dimensions(shape)]
    parts = shapely.get_parts(shapely.simplify(shape, DETAIL, preserve_topology=True))
    rings = [ring for part in parts if kind == "area" for ring in (part.exterior, *part.interiors)]
    lines = rings or parts
    return Drawn(number, kind, "".join(path_of(shapely.get_coordinates(line), kind) for line in lines))


def path_of(places: NDArray[np.float64], kind: str) -> str:
    """One ring, line or point, to a tenth of a pixel. A point is a line of no length: its round end is its dot."""
    first, *rest = (f"{x:.1f},{y:.1f}" for x, y in places)
    if kind == "point":
        return f"M{first}h0"
    if kind == "area":
        return f"M{first}L{' '.join(rest[:-1])}Z"
    return f"M{first}L{' '.join(rest)}"


def nice(most: float) -> float:
    """The largest of 1, 2 or 5 times a power of ten that is no larger."""
    power: float = 10 ** math.floor(math.log10(most))
    return next(each * power for each in (5, 2, 1) if each * power <= most * (1 + 1e-9))


def ticks(least: float, most: float, to_pixel: Any, positive: str, negative: str) -> tuple[Tick, ...]:
    """Lines of the grid at round degrees between two."""
    step = nice((most - least) / 2)
    while (most - least) / step > MOST_TICKS:
        step = nice(step * 2.5)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    found = []
    for number in range(math.ceil(least / step), math.floor(most / step) + 1):
        degrees = number * step
        side = positive if degrees >= 0 else negative
        found.append(Tick(round(to_pixel(degrees), 1), f"{abs(degrees):.{digits}f}°{side}"))
    return tuple(found)


def bar(metres_per_pixel: float) -> Tick:
    """The bar of scale."""
    metres = nice(metres_per_pixel * WIDTH * LONGEST_BAR)
    label = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    return Tick(round(metres / metres_per_pixel, 1), label)
