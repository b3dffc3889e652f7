"""A real file with real defects: the counties of Zhanjiang in GCJ-02, all nine polygons invalid."""

import json
from pathlib import Path

import pytest
import shapely

from service.geo.geodesy import area_m2
from service.geo.repair import RepairKind, repair
from service.imports.reading.limits import Limits
from service.imports.reading.vector import read_features

ROOT = Path(__file__).parents[3]
COUNTIES = ROOT / "tests/data/counties_gcj02.geojson"
KNOWN = ROOT / "service/demo/data/counties_cgcs2000.geojson"


@pytest.fixture(scope="module")
def known() -> dict[str, shapely.Geometry]:
    """The same boundaries in CGCS2000, from another source."""
    features = json.loads(KNOWN.read_text(encoding="utf-8"))["features"]
    return {each["properties"]["code"]: shapely.geometry.shape(each["geometry"]) for each in features}


def shapes(crs: str) -> dict[str, shapely.Geometry | None]:
    found = read_features(COUNTIES, COUNTIES.name, crs=crs, encoding=None, limits=Limits())
    assert found.defects == ()
    return {str(row.values["code"]): row.shape for row in found.rows}


def overlap(one: shapely.Geometry, other: shapely.Geometry) -> float:
    return float(one.intersection(other).area / one.union(other).area)


def test_all_nine_are_repaired_and_the_areas_told() -> None:
    read = shapes("GCJ02")
    assert len(read) == 9
    assert not any(shape.is_valid for shape in read.values() if shape)
    for shape in read.values():
        repaired = repair(shape)
        assert RepairKind.SELF_INTERSECTION in repaired.kinds
        assert repaired.shape is not None
        assert repaired.shape.is_valid
        assert repaired.why is not None
        assert repaired.after_m2 == pytest.approx(area_m2(repaired.shape))
        assert repaired.changed_m2 >= abs(repaired.after_m2 - repaired.before_m2) - 1
        assert repaired.changed_m2 < 0.002 * repaired.after_m2


def test_converted_from_gcj02_every_county_fits_the_known_boundary_better(
    known: dict[str, shapely.Geometry],
) -> None:
    converted, taken_as_is = shapes("GCJ02"), shapes("WGS84")
    assert set(converted) == set(known)
    for code, boundary in known.items():
        with_it, without = repair(converted[code]).shape, repair(taken_as_is[code]).shape
        assert with_it is not None
        assert without is not None
        assert overlap(with_it, boundary) > overlap(without, boundary) + 0.005
    chikan = [repair(each["440802"]).shape for each in (taken_as_is, converted)]
    assert [round(overlap(shape, known["440802"]), 2) for shape in chikan if shape] == [0.73, 0.85]
