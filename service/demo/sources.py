"""The packaged data files as plain records. The only I/O of the builder."""

import csv
import json
from dataclasses import dataclass
from importlib import resources

import shapely
from shapely.geometry import MultiPolygon, Polygon


@dataclass(frozen=True, slots=True)
class DivisionRow:
    """A line of divisions.csv; `level` is city, county, town or community."""

    code: str
    name: str
    level: str
    parent_code: str


@dataclass(frozen=True, slots=True)
class TownSeat:
    """Where a town's communities gather: degrees, and the radius in kilometres."""

    code: str
    lon: float
    lat: float
    radius_km: float
    urban: bool


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A line of units.csv."""

    kind: str
    name: str
    name_en: str


def _read(name: str) -> str:
    return resources.files("service.demo").joinpath("data", name).read_text(encoding="utf-8")


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(_read(name).splitlines()))


def divisions() -> list[DivisionRow]:
    """All divisions of the city, in the order of the file."""
    return [DivisionRow(r["code"], r["name"], r["level"], r["parent_code"]) for r in _rows("divisions.csv")]


def town_seats() -> dict[str, TownSeat]:
    """The seats by town code."""
    return {row["code"]: _town_seat(row) for row in _rows("town_seats.csv")}


def _town_seat(row: dict[str, str]) -> TownSeat:
    lon, lat, radius = float(row["lon"]), float(row["lat"]), float(row["radius_km"])
    return TownSeat(row["code"], lon, lat, radius, row["urban"] == "1")


def units() -> list[UnitRow]:
    """The units, in the order of the file."""
    return [UnitRow(r["kind"], r["name"], r["name_en"]) for r in _rows("units.csv")]


def county_parts() -> list[tuple[str, Polygon]]:
    """County code and polygon (degrees, EPSG:4490) of each county part, by code, the largest part first."""
    parts: list[tuple[str, Polygon]] = []
    features = json.loads(_read("counties_cgcs2000.geojson"))["features"]
    for feature in sorted(features, key=lambda f: str(f["properties"]["code"])):
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        polygons = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
        for polygon in sorted(polygons, key=lambda p: p.area, reverse=True):
            assert isinstance(polygon, Polygon)
            parts.append((str(feature["properties"]["code"]), polygon))
    return parts
