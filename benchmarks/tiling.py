"""An invented city of any size: two layers of warped tiles over the same ground, each without gaps or overlaps.

The demo city's inner boundaries are invented too, but it has one size. A tile's sides are the images of straight ones
under a smooth warp, so neighbours share every vertex; a tile has 8 vertices a side, as a community has in the demo.
"""

from collections.abc import Iterator
from itertools import product
from math import ceil, sqrt

import numpy as np
import shapely

from service.grids.commands.grids import NewGrid
from service.grids.rules import Layer

WEST, SOUTH = 110.0, 21.0
TILE_DEGREES = 0.02
"""A governance tile is some 2 km wide, as a community is in the demo on average."""
SIDE_VERTICES = 8
TOWN = 16
"""Tiles a side: a town has up to 256 leaves."""


def city(leaves: int, parties: int) -> list[NewGrid]:
    """A city of about so many leaf grids and party grids; party grid n is unit U<n>'s."""
    columns, rows = shape_of(leaves)
    width, height = columns * TILE_DEGREES, rows * TILE_DEGREES
    outline = shapely.Polygon(warp(rectangle(0, 0, width, height, SIDE_VERTICES * max(columns, rows)), 0.3))
    grids = [
        NewGrid(Layer.GOVERNANCE, "4408", "市", outline, level="city"),
        NewGrid(Layer.GOVERNANCE, "440801", "区", outline, level="county", parent_code="4408"),
    ]
    for number, (left, low) in enumerate(product(range(0, columns, TOWN), range(0, rows, TOWN)), start=1):
        grids += town(f"440801{number:03}", left, low, min(left + TOWN, columns), min(low + TOWN, rows))
    columns, rows = shape_of(parties)
    wide, high = width / columns, height / rows
    for number, (column, row) in enumerate(product(range(columns), range(rows))):
        code = f"P{number:05}"
        tile = tile_of(column * wide, row * high, (column + 1) * wide, (row + 1) * high, SIDE_VERTICES, 0.37)
        grids.append(NewGrid(Layer.PARTY, code, code, tile, unit_code=f"U{number:05}"))
    return grids


def town(code: str, left: int, low: int, right: int, high: int) -> Iterator[NewGrid]:
    """A town of the leaf tiles in these columns and rows, and those leaves."""
    west, south, east, north = (edge * TILE_DEGREES for edge in (left, low, right, high))
    ground = tile_of(west, south, east, north, SIDE_VERTICES * TOWN, 0.3)
    yield NewGrid(Layer.GOVERNANCE, code, code, ground, level="town", parent_code=code[:6])
    for number, (column, row) in enumerate(product(range(left, right), range(low, high)), start=1):
        west, south = column * TILE_DEGREES, row * TILE_DEGREES
        tile = tile_of(west, south, west + TILE_DEGREES, south + TILE_DEGREES, SIDE_VERTICES, 0.3)
        leaf = f"{code}{number:03}"
        yield NewGrid(Layer.GOVERNANCE, leaf, leaf, tile, level="community", parent_code=code)


def shape_of(tiles: int) -> tuple[int, int]:
    """Columns and rows of at least so many tiles, about as many of either."""
    columns = ceil(sqrt(tiles))
    return columns, ceil(tiles / columns)


def tile_of(
    west: float, south: float, east: float, north: float, a_side: int, phase: float
) -> shapely.Polygon:
    """One tile, warped with its layer."""
    return shapely.Polygon(warp(rectangle(west, south, east, north, a_side), phase))


def rectangle(west: float, south: float, east: float, north: float, a_side: int) -> np.ndarray:
    """A ring with `a_side` vertices on each side, as an array (4 × a_side, 2)."""
    step = np.arange(a_side) / a_side
    x = np.concatenate([west + (east - west) * step, np.full(a_side, east), east + (west - east) * step])
    y = np.concatenate([np.full(a_side, south), south + (north - south) * step, np.full(a_side, north)])
    last = north + (south - north) * step
    return np.column_stack([np.concatenate([x, np.full(a_side, west)]), np.concatenate([y, last])])


def warp(ring: np.ndarray, phase: float) -> np.ndarray:
    """Degrees of a ring's points, moved by up to a quarter of a tile; the same point moves the same way."""
    # Rounded, as a corner that two tiles reach by different sums must be one point.
    x, y = np.round(ring[:, 0], 9), np.round(ring[:, 1], 9)
    bend = TILE_DEGREES / 4
    east = x + bend * np.sin(97 * y + phase) * np.cos(41 * x)
    north = y + bend * np.sin(89 * x + phase) * np.cos(37 * y)
    return np.column_stack([WEST + east, SOUTH + north])
