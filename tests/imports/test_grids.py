"""Grids of both layers: a dry run says what then happens, and the map holds what the file says."""

import pytest
import shapely
from sqlalchemy import text

from tests.imports.conftest import (
    EAST_UNIT,
    P_EAST,
    P_WEST,
    WEST,
    WEST_UNIT,
    geojson,
    grid,
    noted,
    party,
    reasons,
    square,
)

HALF = shapely.box(110.4, 21.2, 110.41, 21.22)
OTHER_HALF = shapely.box(110.41, 21.2, 110.42, 21.22)
G1, G2 = f"{WEST}G01", f"{WEST}G02"


async def current(session, code):
    """(name, unit, leaf, area) of a grid now; None where there is none."""
    row = await session.execute(
        text(
            "SELECT v.name, v.unit_code, v.leaf, round(v.area_m2) FROM grid g JOIN grid_version v ON v.grid_id = g.id"
            " WHERE g.code = :code AND v.valid_to IS NULL"
        ),
        {"code": code},
    )
    found = row.one_or_none()
    return None if found is None else tuple(found)


def without(report, *names):
    """A report without what must differ between a dry run and the real thing."""
    return {name: value for name, value in report.items() if name not in {"id", "dry_run", *names}}


async def test_a_dry_run_says_what_then_happens_and_stores_nothing(city, gis, send, counts, session):
    content = geojson(grid(G1, HALF), grid(G2, OTHER_HALF), grid(WEST, square(0), name="西社区改"))
    before = await counts()
    dry = await send("governance-grids", content, gis, dry_run=True)
    assert dry.status_code == 200, dry.text
    assert await counts() == before | {"kept_answer": before["kept_answer"]}
    report = dry.json()
    assert (report["id"], report["dry_run"]) == (None, True)
    assert (report["added"]["count"], report["changed"]["count"], report["closed"]["count"]) == (2, 1, 0)
    assert report["changed"]["items"][0] == {
        "row": 3,
        "code": WEST,
        "fields": ["name"],
        "before_m2": None,
        "after_m2": None,
        "changed_m2": None,
        "changed_share": None,
    }
    real = await send("governance-grids", content, gis)
    assert real.status_code == 201, real.text
    assert without(real.json()) == without(report)
    after = await counts()
    assert after["grid"] - before["grid"] == 2
    assert after["grid_version"] - before["grid_version"] >= 3
    assert (after["import"], after["edition"]) == (1, before["edition"] + 1)
    assert after["import_change"] == 3
    assert (await current(session, WEST))[:3] == ("西社区改", None, False)
    assert (await current(session, G1))[:3] == (f"新{G1}", None, True)


async def test_the_same_file_again_changes_nothing(city, gis, send, counts):
    content = geojson(grid(G1, HALF), grid(G2, OTHER_HALF))
    assert (await send("governance-grids", content, gis)).status_code == 201
    before = await counts()
    again = await send("governance-grids", content, gis)
    assert again.status_code == 201
    assert again.json()["unchanged"] == 2
    after = await counts()
    assert after == before | {"import": before["import"] + 1}


async def test_a_changed_shape_tells_the_ground_that_changes_hands(city, gis, send):
    smaller = shapely.box(110.42, 21.2, 110.43, 21.22)
    report = (
        await send("party-grids", geojson(party(P_EAST, smaller, EAST_UNIT, name="东片")), gis, dry_run=True)
    ).json()
    (change,) = report["changed"]["items"]
    assert (change["code"], change["fields"]) == (P_EAST, ["geometry"])
    assert change["after_m2"] == pytest.approx(change["before_m2"] / 2, rel=1e-3)
    assert change["changed_share"] == pytest.approx(0.5, rel=1e-3)
    assert report["gap_after_m2"] - report["gap_before_m2"] == pytest.approx(change["changed_m2"], rel=1e-3)


async def test_the_gaps_that_a_dry_run_promises_are_those_that_come(city, gis, send, session):
    content = geojson(party("P-MID", square(2), WEST_UNIT))
    dry = (await send("party-grids", content, gis, dry_run=True)).json()
    gaps = "SELECT sum(area_m2) FROM gap"
    assert dry["gap_before_m2"] == pytest.approx(await session.scalar(text(gaps)))
    assert (await send("party-grids", content, gis)).status_code == 201
    assert dry["gap_after_m2"] == pytest.approx(await session.scalar(text(gaps)), rel=1e-6)


async def test_units_may_be_called_by_name(city, gis, send, session):
    content = geojson({**party("P-9", square(3), "西局")})
    assert (await send("party-grids", content, gis)).status_code == 201
    assert (await current(session, "P-9"))[1] == WEST_UNIT


async def test_what_the_file_does_not_have_is_closed_within_its_scope(city, gis, send, session):
    content = geojson(party("P-NEW", square(0), WEST_UNIT))
    kept = await send("party-grids", content, gis, dry_run=True)
    assert kept.json()["closed"]["count"] == 0
    closed = await send("party-grids", content, gis, missing="close")
    assert closed.status_code == 201, closed.text
    assert [each["code"] for each in closed.json()["closed"]["items"]] == [P_WEST]
    assert await current(session, P_WEST) is None
    assert await current(session, P_EAST) is not None, "another unit's"


async def test_siblings_that_the_file_leaves_out_are_closed(city, gis, send, session):
    assert (
        await send("governance-grids", geojson(grid(G1, HALF), grid(G2, OTHER_HALF)), gis)
    ).status_code == 201
    answer = await send("governance-grids", geojson(grid(G1, square(0))), gis, missing="close")
    assert answer.status_code == 201, answer.text
    assert [each["code"] for each in answer.json()["closed"]["items"]] == [G2]
    assert await current(session, G2) is None
    assert await current(session, G1) is not None


async def test_party_grids_may_overlap_and_that_is_told_with_the_very_edges(city, gis, send):
    report = (await send("party-grids", geojson(party("P-X", HALF, EAST_UNIT)), gis, dry_run=True)).json()
    assert reasons(report) == []
    assert noted(report) >= {"party-overlaps"}
    (border,) = [each for each in report["borders"]["items"] if each["fault"] == "overlap"]
    assert set(border["codes"]) == {P_WEST, "P-X"}
    assert border["area_m2"] > 1_000_000
    assert border["edges"]["type"] in ("LineString", "MultiLineString")


async def test_gaps_and_slivers_between_siblings_are_told_with_the_very_edges(city, gis, send):
    left = shapely.box(110.4, 21.2, 110.409, 21.22)
    report = (
        await send("governance-grids", geojson(grid(G1, left), grid(G2, OTHER_HALF)), gis, dry_run=True)
    ).json()
    assert reasons(report) == []
    sliver = shapely.box(110.4, 21.2, 110.41001, 21.22)
    report = (
        await send("governance-grids", geojson(grid(G1, sliver), grid(G2, OTHER_HALF)), gis, dry_run=True)
    ).json()
    assert reasons(report) == []
    assert "siblings-slivers" in noted(report)
    assert report["borders"]["items"][0]["edges"] is not None


async def test_what_lies_outside_is_told(city, gis, send):
    sea = shapely.box(110.4, 21.18, 110.42, 21.22)
    report = (await send("party-grids", geojson(party("P-SEA", sea)), gis, dry_run=True)).json()
    assert "outside-governance" in noted(report)
    report = (await send("governance-grids", geojson(grid(G1, sea)), gis, dry_run=True)).json()
    assert "outside-parent" in noted(report)
    far = shapely.box(111.4, 21.18, 111.42, 21.22)
    for kind, feature in (("party-grids", party("P-FAR", far)), ("governance-grids", grid(G1, far))):
        report = (await send(kind, geojson(feature), gis, dry_run=True)).json()
        assert "far-outside" in noted(report)


async def test_a_first_map_comes_from_one_file(gis, send, session, counts):
    content = geojson(
        grid("4408", square(0, 2)),
        grid("440802", square(0)),
        grid("440803", square(1)),
    )
    answer = await send("governance-grids", content, gis)
    assert answer.status_code == 201, answer.text
    assert answer.json()["added"]["count"] == 3
    assert (await current(session, "440802"))[2] is True


async def test_every_row_is_of_the_layer_and_names_survive(city, gis, send, session):
    named = geojson(grid(G1, HALF, name_en="Grid One"), grid(G2, OTHER_HALF))
    assert (await send("governance-grids", named, gis)).status_code == 201
    renamed = geojson(grid(G1, HALF, name="一号"))
    assert (await send("governance-grids", renamed, gis)).status_code == 201
    found = await session.execute(
        text(
            "SELECT v.name, v.name_en FROM grid g JOIN grid_version v ON v.grid_id = g.id"
            " WHERE g.code = :code AND v.valid_to IS NULL"
        ),
        {"code": G1},
    )
    assert tuple(found.one()) == ("一号", "Grid One"), "what has no column stays"
