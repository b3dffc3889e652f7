"""WebMercatorQuad, the one way in which tiles are cut: OGC 17-083r4, annex D.1. Row 0 is in the north. Pure.

CGCS2000 and WGS 84 are taken for the same: they differ by centimetres.
"""

from dataclasses import dataclass
from math import asinh, atan, degrees, floor, pi, radians, sinh, tan
from typing import Any, NamedTuple

from service.grids.rules import LEVELS

TMS = "WebMercatorQuad"
TMS_URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
TMS_CRS = "http://www.opengis.net/def/crs/EPSG/0/3857"
TMS_SCALES = "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible"
MVT = "application/vnd.mapbox-vector-tile"
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
SCHEMES_REL, SCHEME_REL, TILESETS_REL = f"{REL}tiling-schemes", f"{REL}tiling-scheme", f"{REL}tilesets-vector"
TILES_1 = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
TMS_2 = "http://www.opengis.net/spec/tms/2.0/conf/"
TILES_CONFORM = (
    *(TILES_1 + name for name in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt", "oas30")),
    *(
        TMS_2 + name
        for name in ("tilematrixset", "json-tilematrixset", "tilematrixsetlimits", "json-tilesetmetadata")
    ),
)
"""The conformance classes of tiles that hold whole."""

DEEPEST = 22
HALF_WORLD_M = 20037508.342789244
"""Half of the equator on a sphere of 6,378,137 m."""
PIXELS = 256
PIXEL_M = 0.00028
"""A pixel is so wide where a scale is told."""
EXTENT, BUFFER = 4096, 64
"""The units of a tile's side, and so many more around it, so that lines along its edge are not seen."""
MOST_NORTH = degrees(atan(sinh(pi)))

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile that there is: `z` from 0 to DEEPEST, `row` and `col` from 0 to 2^z - 1."""

    z: int
    row: int
    col: int

    @classmethod
    def read(cls, z: str, row: str, col: str) -> "Tile | None":
        """The tile of an address; None for one that there is not."""
        given = (z, row, col)
        if not all(each.isascii() and each.isdigit() and len(each) < 9 for each in given):
            return None
        found = cls(*map(int, given))
        if found.z > DEEPEST or max(found.row, found.col) >= 1 << found.z:
            return None
        return found

    def box(self) -> Box:
        """The tile with what is around it."""
        margin = BUFFER / EXTENT
        west, east = self.col - margin, self.col + 1 + margin
        return (
            longitude(west, self.z),
            latitude(self.row + 1 + margin, self.z),
            longitude(east, self.z),
            latitude(self.row - margin, self.z),
        )


class Limits(NamedTuple):
    """The tiles of a zoom level that meet a box."""

    z: int
    rows: tuple[int, int]
    cols: tuple[int, int]


def longitude(col: float, z: int) -> float:
    """The longitude of a place among the columns, in degrees."""
    return max(-180.0, min(180.0, col / (1 << z) * 360 - 180))


def latitude(row: float, z: int) -> float:
    """The latitude of a place among the rows, in degrees: the inverse of Mercator's on a sphere."""
    found = degrees(atan(sinh(pi * (1 - 2 * row / (1 << z)))))
    return max(-MOST_NORTH, min(MOST_NORTH, found))


def place(lon: float, lat: float, z: int) -> tuple[float, float]:
    """The column and row of a point, with what it is beyond their beginning."""
    size = 1 << z
    angle = radians(max(-MOST_NORTH, min(MOST_NORTH, lat)))
    return (lon + 180) / 360 * size, (1 - asinh(tan(angle)) / pi) / 2 * size


def limits(box: Box) -> list[Limits]:
    """The tiles of each zoom level that meet a box."""
    west, south, east, north = box
    found = []
    for z in range(DEEPEST + 1):
        last = (1 << z) - 1
        left, top = (min(last, max(0, floor(each))) for each in place(west, north, z))
        right, low = (min(last, max(0, floor(each))) for each in place(east, south, z))
        found.append(Limits(z, (top, low), (left, right)))
    return found


def level_at(z: int) -> str:
    """The level of governance grids that a map shows at a zoom level: several of them across a screen."""
    for level, last in (("city", 6), ("county", 9), ("town", 11), ("community", 13)):
        if z <= last:
            return level
    return LEVELS[-1]


def matrix_set() -> dict[str, Any]:
    """The definition of the tile matrix set."""
    matrices = []
    for z in range(DEEPEST + 1):
        cell = 2 * HALF_WORLD_M / PIXELS / (1 << z)
        matrices.append(
            {
                "id": str(z),
                "scaleDenominator": cell / PIXEL_M,
                "cellSize": cell,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-HALF_WORLD_M, HALF_WORLD_M],
                "tileWidth": PIXELS,
                "tileHeight": PIXELS,
                "matrixWidth": 1 << z,
                "matrixHeight": 1 << z,
            }
        )
    return {
        "id": TMS,
        "title": "Google Maps Compatible for the World",
        "uri": TMS_URI,
        "crs": TMS_CRS,
        "orderedAxes": ["E", "N"],
        "wellKnownScaleSet": TMS_SCALES,
        "tileMatrices": matrices,
    }
