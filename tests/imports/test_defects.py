"""Each bad input over REST: named by row, field and reason, in a dry run and for real, and none of it stored."""

import json

import pytest
import shapely

from tests.imports.conftest import (
    EAST,
    WEST,
    csv,
    geojson,
    grid,
    link,
    members,
    party,
    reasons,
    someone,
    square,
)

LINE = shapely.LineString([(110.41, 21.21), (110.43, 21.21)])
HALF = shapely.box(110.4, 21.2, 110.41, 21.22)
BOWTIE = {
    "type": "Polygon",
    "coordinates": [[[110.4, 21.2], [110.42, 21.22], [110.42, 21.2], [110.4, 21.22], [110.4, 21.2]]],
}
UNCLOSED = {"type": "Polygon", "coordinates": [[[110.4, 21.2], [110.42, 21.2], [110.42, 21.22]]]}
EMPTY = {"type": "Polygon", "coordinates": []}
POINT = {"type": "Point", "coordinates": [110.41, 21.21]}
SWAPPED = {
    "type": "Polygon",
    "coordinates": [[[21.2, 110.4], [21.22, 110.4], [21.22, 110.42], [21.2, 110.42], [21.2, 110.4]]],
}
NEW = f"{WEST}G01"

GOVERNANCE = {
    "a code twice": ([grid(NEW, HALF), grid(NEW, HALF)], (2, "code", "code-twice")),
    "a code that is none": ([grid("区 1", HALF)], (1, "code", "code-malformed")),
    "no division": ([grid("44080", HALF)], (1, "code", "code-no-division")),
    "no code": ([grid(None, HALF)], (1, "code", "cell-empty")),
    "no name": ([grid(NEW, HALF, name=" ")], (1, "name", "cell-empty")),
    "a long name": ([grid(NEW, HALF, name="长" * 201)], (1, "name", "text-too-long")),
    "another level": ([grid(NEW, HALF, level="镇")], (1, "level", "level-not-codes")),
    "a level that is none": ([grid(NEW, HALF, level="楼")], (1, "level", "level-unknown")),
    "an unknown parent": ([grid("440802009001", HALF)], (1, "parent_code", "parent-unknown")),
    "a parent elsewhere": ([grid(NEW, HALF, parent_code=EAST)], (1, "parent_code", "code-not-below-parent")),
    "a parent too high": ([grid(NEW, HALF, parent_code="440802")], (1, "parent_code", "parent-not-next")),
    "a circle": (
        [
            grid("440802001", square(0), parent_code=WEST),
            grid(WEST, square(0), parent_code="440802001"),
        ],
        (1, "parent_code", "parent-cycle"),
    ),
    "another city": ([grid("4401", square(0))], (1, "code", "second-city")),
    "siblings that overlap in the file": (
        [grid(NEW, HALF), grid(f"{WEST}G02", square(0))],
        (2, "geometry", "siblings-overlap"),
    ),
    "a sibling that overlaps a current one": (
        [grid("440802001002", HALF)],
        (1, "geometry", "siblings-overlap"),
    ),
    "nothing but a sliver": (
        [grid(NEW, shapely.box(110.4, 21.2, 110.40002, 21.22))],
        (1, "geometry", "nothing-but-sliver"),
    ),
}
"""Features, and the defect among others that they have."""


@pytest.mark.parametrize(("features", "due"), GOVERNANCE.values(), ids=GOVERNANCE)
async def test_governance_grids(city, gis, send, counts, features, due):
    await refused("governance-grids", geojson(*features), due, gis, send, counts)


SHAPES = {
    "null": (None, "geometry-missing"),
    "empty": (EMPTY, "geometry-empty"),
    "unclosed": (UNCLOSED, None),
    "a point": (POINT, None),
    "swapped": (SWAPPED, None),
}
"""Geometries that cannot be a grid's; None: any reason of the reader's."""


@pytest.mark.parametrize("kind", ["governance-grids", "party-grids"])
@pytest.mark.parametrize(("shape", "reason"), SHAPES.values(), ids=SHAPES)
async def test_geometries(city, gis, send, counts, kind, shape, reason):
    features = [grid(NEW, HALF), grid(f"{WEST}G02", shape)]
    if kind == "party-grids":
        features = [party("P-1", HALF), party("P-2", shape)]
    before = await counts()
    answer = await send(kind, geojson(*features), gis)
    assert answer.status_code == 422
    found = [each for each in reasons(answer.json()["report"]) if each[0] == 2]
    assert found
    assert all(field == "geometry" for _, field, _ in found)
    assert reason is None or (2, "geometry", reason) in found
    assert await counts() == before


PARTY = {
    "an unknown unit": ([party("P-1", HALF, unit="U-NONE")], (1, "unit_code", "unit-unknown")),
    "no unit": ([party("P-1", HALF, unit=None)], (1, "unit_code", "cell-empty")),
    "a code twice": ([party("P-1", HALF), party("P-1", HALF)], (2, "code", "code-twice")),
    "nothing but a sliver": (
        [party("P-1", shapely.box(110.4, 21.2, 110.40002, 21.22))],
        (1, "geometry", "nothing-but-sliver"),
    ),
}


@pytest.mark.parametrize(("features", "due"), PARTY.values(), ids=PARTY)
async def test_party_grids(city, gis, send, counts, features, due):
    await refused("party-grids", geojson(*features), due, gis, send, counts)


LINKS = {
    "a code twice": ([link("L1", LINE), link("L1", LINE)], (2, "code", "code-twice")),
    "an unknown kind": ([link("L1", LINE, kind="滑梯")], (1, "kind", "link-kind-unknown")),
    "minutes that are none": ([link("L1", LINE, minutes="十")], (1, "minutes", "number-malformed")),
    "minutes without end": ([link("L1", LINE, minutes=5000)], (1, "minutes", "number-out-of-range")),
    "a polygon": ([link("L1", HALF)], (1, "geometry", "geometry-no-line")),
    "an end in no grid": (
        [link("L1", shapely.LineString([(110.41, 21.21), (112.0, 21.21)]))],
        (1, "geometry", "link-end-in-no-grid"),
    ),
    "both ends in one grid": (
        [link("L1", shapely.LineString([(110.41, 21.21), (110.411, 21.21)]))],
        (1, "geometry", "link-within-one-grid"),
    ),
}


@pytest.mark.parametrize(("features", "due"), LINKS.values(), ids=LINKS)
async def test_links(city, gis, send, counts, features, due):
    await refused("links", geojson(*features), due, gis, send, counts)


UNITS = {
    "no office": (("U1", "某局", "bureau", "", ""), (2, "lon", "office-missing")),
    "half an office": (("U1", "某局", "bureau", "110.41", ""), (2, "lat", "cell-empty")),
    "outside the map": (("U1", "某局", "bureau", "112", "21.2"), (2, "lon", "office-outside-map")),
    "off the earth": (("U1", "某局", "bureau", "210", "21.2"), (2, "lon", "position-off-the-earth")),
    "no number": (("U1", "某局", "bureau", "东经", "21.2"), (2, "lon", "number-malformed")),
    "no kind": (("U1", "某局", "", "110.41", "21.21"), (2, "kind", "cell-empty")),
}


@pytest.mark.parametrize(("row", "due"), UNITS.values(), ids=UNITS)
async def test_units(city, admin, send, counts, row, due):
    content = csv(("code", "name", "kind", "lon", "lat"), row)
    await refused("units", content, due, admin, send, counts, crs="EPSG:4490")


MEMBERS = {
    "a number twice": ([someone("M1"), someone("M1")], (3, "number", "code-twice")),
    "an unknown unit": ([someone("M1", unit="U-NONE")], (2, "unit_code", "unit-unknown")),
    "an unknown community": (
        [someone("M1", home="440899001001")],
        (2, "home_community", "community-unknown"),
    ),
    "an unknown skill": ([someone("M1", skills="飞行")], (2, "skills", "skill-unknown")),
    "a skill twice": ([someone("M1", skills="boat;驾船")], (2, "skills", "skill-twice")),
    "a skill's day that is none": ([someone("M1", skills="boat:2027-13-01")], (2, "skills", "day-malformed")),
    "an unknown tier": ([someone("M1", tier="特战")], (2, "tier", "tier-unknown")),
    "a long name": ([someone("M1", name="长" * 201)], (2, "name", "text-too-long")),
    "no name": ([someone("M1", name="")], (2, "name", "cell-empty")),
}


@pytest.mark.parametrize(("rows", "due"), MEMBERS.values(), ids=MEMBERS)
async def test_members(city, admin, send, counts, rows, due):
    await refused("members", members(*rows), due, admin, send, counts)


async def refused(kind, content, due, headers, send, counts, **query):
    """The defect is named in a dry run and for real, in both languages, and nothing is stored."""
    before = await counts()
    dry = await send(kind, content, headers, dry_run=True, **query)
    assert dry.status_code == 200, dry.text
    assert due in reasons(dry.json())
    answer = await send(kind, content, headers, **query)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["type"] == "/problems/import-defects"
    assert reasons(problem["report"]) == reasons(dry.json())
    assert problem["report"]["id"] is None
    chinese = await send(kind, content, headers, language="zh", dry_run=True, **query)
    pairs = zip(dry.json()["defects"]["items"], chinese.json()["defects"]["items"], strict=True)
    assert all(en["text"] != zh["text"] for en, zh in pairs)
    after = await counts()
    assert after == before


async def test_closing_what_others_hang_on(city, gis, send, counts):
    before = await counts()
    content = geojson(
        grid("440803001001", square(1)), grid("440803001003", shapely.box(110.9, 21.2, 110.92, 21.22))
    )
    answer = await send("governance-grids", content, gis, missing="close")
    assert answer.status_code == 422
    assert (None, "code", "children-left") in reasons(answer.json()["report"])
    assert await counts() == before


async def test_all_defects_are_counted_and_the_first_ones_listed(city, admin, send):
    rows = [someone(f"M{number}", unit="U-NONE", skills="飞行") for number in range(300)]
    report = (await send("members", members(*rows), admin, dry_run=True)).json()
    assert report["defects"]["count"] == 600
    assert report["defects"]["by_reason"] == {"skill-unknown": 300, "unit-unknown": 300}
    assert len(report["defects"]["items"]) == 200
    assert report["defects"]["items"][0]["row"] == 2


async def test_a_fault_in_the_last_row_keeps_all_from_being_stored(city, admin, send, counts):
    before = await counts()
    rows = [someone(f"M{number}") for number in range(50)] + [someone("M99", unit="U-NONE")]
    answer = await send("members", members(*rows), admin)
    assert answer.status_code == 422
    assert reasons(answer.json()["report"]) == [(52, "unit_code", "unit-unknown")]
    assert await counts() == before


async def test_repairs_are_only_stored_when_they_are_accepted(city, gis, send, counts):
    content = geojson(party("P-BOW", BOWTIE))
    before = await counts()
    answer = await send("party-grids", content, gis)
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/import-repairs"
    repairs = answer.json()["report"]["repairs"]
    assert (repairs["count"], repairs["to_accept"]) == (1, 1)
    assert repairs["items"][0]["kinds"] == ["single_polygon", "self_intersection"]
    assert repairs["items"][0]["code"] == "P-BOW"
    assert await counts() == before
    accepted = await send("party-grids", content, gis, accept_repairs=True)
    assert accepted.status_code == 201, accepted.text


async def test_what_changes_no_ground_needs_nobodys_consent(city, gis, send):
    solid = shapely.force_3d(shapely.Polygon(square(2)), 7.0)
    answer = await send("party-grids", geojson(party("P-3D", solid)), gis)
    assert answer.status_code == 201, answer.text
    assert answer.json()["repairs"]["by_kind"] == {"single_polygon": 1, "three_d": 1}
    assert answer.json()["repairs"]["to_accept"] == 0


@pytest.mark.parametrize(
    ("kind", "content", "name", "query", "slug"),
    [
        ("governance-grids", geojson(grid(NEW, HALF), crs=None), None, {}, "file-crs-missing"),
        ("governance-grids", geojson(grid(NEW, HALF)), None, {"crs": "EPSG:2154"}, "file-crs-unknown"),
        ("governance-grids", b"nothing of the kind", "a.geojson", {}, None),
        ("governance-grids", b"", None, {}, "file-empty"),
        ("governance-grids", members(someone("M1")), "a.csv", {}, "file-format"),
        ("members", geojson(grid(NEW, HALF)), "a.geojson", {}, "file-format"),
        ("members", members(someone("M1")), None, {"column": "number=编号"}, "mapping-malformed"),
        ("members", members(someone("M1")), None, {"column": "number:编号"}, "mapping-column"),
        ("members", members(someone("M1")), None, {"column": "rank:name"}, "mapping-field"),
        ("units", csv(("code", "name", "kind", "lon", "lat"), ("U1", "某局", "x", 110.41, 21.21)), None, {},
         "file-crs-missing"),
    ],
)  # fmt: skip
async def test_a_file_that_cannot_be_used_at_all(city, login, send, counts, kind, content, name, query, slug):
    headers = await login("admin")
    before = await counts()
    answer = await send(kind, content, headers, name=name, dry_run=True, **query)
    assert answer.status_code == 422, answer.text
    assert slug is None or answer.json()["type"] == f"/problems/{slug}"
    assert await counts() == before


async def test_a_required_column_that_is_missing_is_named_with_those_there(city, admin, send):
    report = (await send("members", csv(("编号", "姓名"), ("M1", "测试甲")), admin, dry_run=True)).json()
    assert reasons(report) == [
        (None, "home_community", "column-missing"),
        (None, "unit_code", "column-missing"),
    ]
    assert "编号, 姓名" in report["defects"]["items"][0]["text"]
    assert [(each["field"], each["column"], each["given"]) for each in report["columns"]] == [
        ("number", "编号", False),
        ("name", "姓名", False),
    ]


async def test_a_mapping_that_is_given_is_used_and_shown(city, gis, send):
    content = geojson({**grid(NEW, HALF), "properties": {"甲": NEW, "乙": "一网格", "丙": 1}})
    answer = await send("governance-grids", content, gis, dry_run=True, column=["code:甲", "name:乙"])
    report = answer.json()
    assert reasons(report) == []
    assert report["columns"] == [
        {"field": "code", "column": "甲", "given": True},
        {"field": "name", "column": "乙", "given": True},
    ]
    assert report["unused_columns"] == ["丙"]
    assert json.dumps(report, ensure_ascii=False).count("一网格") == 0
