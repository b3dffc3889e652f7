"""The real county file in GCJ-02, nine invalid polygons, against the reference city's boundaries."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from service.geo.crs import Crs, from_cgcs2000
from tests.imports.conftest import noted, reasons
from tests.reference_city import shared_database  # noqa: F401  (a fixture)

COUNTIES = Path(__file__).parents[1] / "data" / "counties_gcj02.geojson"


@pytest.fixture
def content():
    """The file as it was found."""
    return COUNTIES.read_bytes()


async def test_nine_repairs_are_listed_and_every_county_fits_better(gis, send, counts, content):
    before = await counts()
    answer = await send("governance-grids", content, gis, dry_run=True, crs="GCJ02")
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert report["crs_used"] == "GCJ02"
    assert report["repairs"]["to_accept"] == 9
    assert [each["kinds"].count("self_intersection") for each in report["repairs"]["items"]] == [1] * 9
    changed = [each["changed_m2"] for each in report["repairs"]["items"]]
    assert sum(changed) > 2_000_000, (
        "slivers of a county's border; a ring that only touches itself changes nothing"
    )
    assert all(each["why"] for each in report["repairs"]["items"])
    assert len(report["fits"]) == 9
    for fit in report["fits"]:
        assert fit["as_gcj02"] > fit["as_cgcs2000"], fit
    assert report["changed"]["count"] == 9
    assert not {reason for _, _, reason in reasons(report)} - {"siblings-overlap"}
    assert not noted(report) & {"looks-like-gcj02", "looks-like-wgs84"}
    assert await counts() == before


async def test_declared_as_wgs84_it_is_warned_of(gis, send, content):
    report = (await send("governance-grids", content, gis, dry_run=True, crs="EPSG:4326")).json()
    assert "looks-like-gcj02" in noted(report)
    (note,) = [each for each in report["notes"]["items"] if each["reason"] == "looks-like-gcj02"]
    now, then = (float(note["detail"][name].rstrip("%")) for name in ("now", "then"))
    assert now < then


async def test_the_known_boundaries_declared_as_gcj02_are_warned_of(gis, send, session):
    rows = await session.execute(
        text(
            "SELECT g.code, v.name, ST_AsGeoJSON(v.geom, 15) FROM grid g JOIN grid_version v ON v.grid_id = g.id"
            " WHERE g.level = 'county' AND v.valid_to IS NULL"
        )
    )
    features = [
        {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": json.loads(shape)}
        for code, name, shape in rows
    ]
    same = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    right = (await send("governance-grids", same, gis, dry_run=True, crs="EPSG:4490")).json()
    assert right["unchanged"] == 9
    assert not noted(right) & {"looks-like-gcj02", "looks-like-wgs84"}
    wrong = (await send("governance-grids", same, gis, dry_run=True, crs="GCJ02")).json()
    assert "looks-like-wgs84" in noted(wrong)


async def test_party_grids_are_told_by_the_borders_that_they_run_along(gis, send, session):
    rows = await session.execute(
        text(
            "SELECT ST_AsGeoJSON(v.geom, 15) FROM grid g JOIN grid_version v ON v.grid_id = g.id"
            " WHERE v.leaf AND v.valid_to IS NULL AND g.code LIKE '440802%'"
        )
    )
    unit = await session.scalar(text("SELECT min(code) FROM unit"))

    def moved(coordinates):
        if isinstance(coordinates[0], float):
            return list(from_cgcs2000(*coordinates, Crs.GCJ02))
        return [moved(each) for each in coordinates]

    shapes = [json.loads(shape) for (shape,) in rows]
    for convert, warned in ((moved, True), (lambda same: same, False)):
        features = [
            {
                "type": "Feature",
                "properties": {"code": f"NEW-{number}", "name": "新", "unit_code": unit},
                "geometry": {**shape, "coordinates": convert(shape["coordinates"])},
            }
            for number, shape in enumerate(shapes)
        ]
        content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
        report = (await send("party-grids", content, gis, dry_run=True, crs="EPSG:4326")).json()
        assert reasons(report) == []
        assert ("borders-like-gcj02" in noted(report)) is warned
