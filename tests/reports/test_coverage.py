"""The figures of coverage, reckoned once more from the tables alone: shapes by shapely, people by brute force."""

import json

import pytest
import shapely
from sqlalchemy import text

from service.db.base import new_id
from service.dispatch.engine.travel import Search
from service.dispatch.queries.candidates import candidates_in
from service.dispatch.queries.ground import ground_of
from service.geo.geodesy import area_m2
from service.grids.graph import Located, Points
from service.reports.engine.reach import reached
from service.reports.queries.people import points_of
from tests.dispatch.brute import read_map, read_people

COUNTY = "440802"
NEARLY = 0.02
"""Minutes: travel times on the plane and on the ellipsoid differ by less."""


@pytest.fixture
async def everybody(session, clock):
    """The whole city's people as the tables have them, and who of them is taken for an urgent task."""
    people = await read_people(session, clock.at, office_hours=True)
    kept = set(
        await session.scalars(
            text("SELECT id FROM member WHERE tier = 'standby' OR 'emergency_response' = ANY(opted_out)")
        )
    )
    return [person for person in people if person.available and person.id not in kept]


async def shapes(session, sql, **binds):
    """Polygons by code."""
    rows = await session.execute(text(sql), binds)
    return {code: shapely.from_wkb(bytes(wkb)) for code, wkb in rows}


GOVERNANCE = """
    SELECT g.code, ST_AsBinary(v.geom) FROM grid g JOIN grid_version v ON v.grid_id = g.id AND v.valid_to IS NULL
    WHERE g.layer = 'governance' AND g.code LIKE :begins
"""
PARTY = """
    SELECT g.code, ST_AsBinary(v.geom) FROM grid g JOIN grid_version v ON v.grid_id = g.id AND v.valid_to IS NULL
    WHERE g.layer = 'party'
"""


async def test_ground_and_units_are_those_of_the_shapes(ask_all, dispatcher, session):
    body = await ask_all(dispatcher, "/coverage", area=COUNTY, level="leaf")
    areas = await shapes(session, GOVERNANCE, begins=f"{COUNTY}%")
    party = await shapes(session, PARTY)
    covered = shapely.union_all(list(party.values()))
    assert {item["code"] for item in body["items"]} == {code for code in areas if len(code) > 9}
    for item in [body["total"], *body["items"]]:
        shape = areas[item["code"]]
        size = area_m2(shape)
        ground = shapely.intersection(shape, covered)
        share = sum(area_m2(part) for part in shapely.get_parts(ground) if part.area > 0) / size
        assert item["area_m2"] == pytest.approx(size, rel=1e-6)
        assert item["covered_share"] == pytest.approx(share, abs=2e-4)
        assert item["covered_share"] + item["gap_share"] == pytest.approx(1)
        assert item["gap_m2"] == pytest.approx(item["gap_share"] * size, abs=20)
        assert all(0 <= unit["share"] <= 1 for unit in item["units"])
    owners = dict(
        (
            await session.execute(
                text(
                    "SELECT g.code, v.unit_code FROM grid g JOIN grid_version v ON v.grid_id = g.id"
                    " WHERE v.valid_to IS NULL AND g.layer = 'party'"
                )
            )
        ).all()
    )
    total = body["total"]
    for unit in total["units"]:
        own = shapely.union_all([party[code] for code, owner in owners.items() if owner == unit["code"]])
        ground = shapely.intersection(areas[COUNTY], own)
        size = sum(area_m2(part) for part in shapely.get_parts(ground) if part.area > 0)
        assert unit["area_m2"] == pytest.approx(size, rel=1e-3, abs=5)
    for code, owner in owners.items():
        if shapely.intersection(areas[COUNTY], party[code]).area > 1e-9:
            assert owner in {unit["code"] for unit in total["units"]}


async def test_members_are_those_of_the_tables(ask_all, dispatcher, session, everybody):
    await session.execute(text("UPDATE member SET active = false WHERE number LIKE '%7'"))
    await session.commit()
    body = await ask_all(dispatcher, "/coverage", area=COUNTY, level="leaf")
    homes = dict(
        (
            await session.execute(
                text(
                    "SELECT g.code, count(*) FROM member m JOIN grid g ON g.id = m.home_grid_id"
                    " WHERE m.active GROUP BY g.code"
                )
            )
        ).all()
    )
    by_unit = dict(
        (
            await session.execute(
                text(
                    "SELECT u.code, count(*) FROM member m JOIN unit u ON u.id = m.unit_id"
                    " WHERE m.active GROUP BY u.code"
                )
            )
        ).all()
    )
    assert body["threshold"] == 1
    for item in body["items"]:
        assert item["members_home"] == homes.get(item["code"], 0)
        assert item["members_units"] == sum(by_unit[unit["code"]] for unit in item["units"])
        assert item["suppressed"] == []
    assert body["total"]["members_home"] == sum(
        count for code, count in homes.items() if code.startswith(COUNTY)
    )


@pytest.mark.parametrize("skill", [None, "first_aid"])
async def test_available_people_and_those_in_reach_are_found_by_brute_force(
    ask_all, dispatcher, session, everybody, skill
):
    query = {"skill": skill} if skill else {}
    body = await ask_all(dispatcher, "/coverage", area="4408", level="leaf", minutes=15, **query)
    wanted = [person for person in everybody if skill is None or skill in person.skills]
    codes = dict((await session.execute(text("SELECT id, code FROM grid WHERE layer = 'governance'"))).all())
    there: dict[str, int] = {}
    for person in wanted:
        there[codes[person.leaf]] = there.get(codes[person.leaf], 0) + 1
    assert {item["code"]: item["available"] for item in body["items"] if item["available"]} == there
    assert body["total"]["available"] == len(wanted)
    brute = await read_map(session)
    busy = sorted((item for item in body["items"]), key=lambda item: -item["reachable"])
    assert busy[0]["reachable"] > 0
    for item in [*busy[:3], *busy[300:900:150], busy[-1], body["total"]]:
        point = item["point"]["lon"], item["point"]["lat"]
        minutes = brute.minutes(point, wanted).values()
        surely = sum(each <= 15 - NEARLY for each in minutes)
        perhaps = sum(each <= 15 + NEARLY for each in minutes)
        assert surely <= item["reachable"] <= perhaps, item["code"]


@pytest.mark.parametrize("within", [10, 30])
async def test_reach_agrees_with_the_engine_one_by_one(session, settings, graphs, clock, within):
    ground = await ground_of(session, graphs, settings)
    graph = ground.graph
    found = await candidates_in(
        session, ground, [leaf.id for leaf in graph.leaves], new_id(), ((0, 0.5),), clock.at
    )
    people = points_of(graph, found)
    inside = [shapely.point_on_surface(leaf.polygon) for leaf in graph.leaves[::7]]
    places = graph.points(
        [each.x for each in inside], [each.y for each in inside], [leaf.id for leaf in graph.leaves[::7]]
    )
    counts = reached(graph, places, people, within=within, speed_kmh=30.0, road_factor=1.4)
    around_water = 0
    for index, count in enumerate(counts):
        start = Located(graph.leaves[places.leaf[index]], 0.0, float(places.x[index]), float(places.y[index]))
        minutes = Search(graph, start, speed_kmh=30.0, road_factor=1.4).minutes(people, within)
        assert count == (minutes <= within).sum()
        straight = ((people.x - start.x) ** 2 + (people.y - start.y) ** 2) ** 0.5 * 1.4 / 500 <= within
        around_water += int((straight & (minutes > within)).sum())
    assert around_water > 0


async def test_nobody_reaches_anything_where_there_is_nobody(session, graphs):
    graph = await graphs.current(session)
    nobody = Points(graph.nodes.x[:0], graph.nodes.y[:0], graph.component[:0])
    some = Points(graph.nodes.x[:3], graph.nodes.y[:3], graph.component[:3])
    assert list(reached(graph, some, nobody, within=10, speed_kmh=30.0, road_factor=1.4)) == [0, 0, 0]


async def test_people_across_the_bay_do_not_count(ask, dispatcher, session, clock):
    """Everybody is put on the eastern shore: of the western one, only what is nearer by bridge is in reach."""
    east, west = "440804", "440803"
    shore = (
        await session.execute(
            text(
                "SELECT w.code AS west, e.code AS east, e.id AS east_id, ST_X(e.point) AS lon, ST_Y(e.point) AS lat"
                " FROM (SELECT g.code, g.id, ST_PointOnSurface(v.geom) AS point FROM grid g JOIN grid_version v"
                " ON v.grid_id = g.id AND v.valid_to IS NULL AND v.leaf WHERE starts_with(g.code, :east)) e,"
                " (SELECT g.code, ST_PointOnSurface(v.geom) AS point FROM grid g JOIN grid_version v"
                " ON v.grid_id = g.id AND v.valid_to IS NULL AND v.leaf WHERE starts_with(g.code, :west)) w"
                " ORDER BY ST_Distance(e.point::geography, w.point::geography) LIMIT 1"
            ),
            {"east": east, "west": west},
        )
    ).one()
    await session.execute(
        text(
            "UPDATE presence SET at = :now, grid_id = :grid, location = ST_SetSRID(ST_MakePoint(:lon, :lat), 4490)"
        ),
        {"now": clock.at, "grid": shore.east_id, "lon": shore.lon, "lat": shore.lat},
    )
    await session.execute(
        text("DELETE FROM member_skill WHERE member_id NOT IN (SELECT member_id FROM presence)")
    )
    await session.commit()
    brute = await read_map(session)
    people = await read_people(session, clock.at, office_hours=True)
    there = [each for each in people if str(each.leaf) == str(shore.east_id)][:1]
    here = await ask(dispatcher, "/coverage", area=shore.west, minutes=10, skill="first_aid")
    point = here["total"]["point"]["lon"], here["total"]["point"]["lat"]
    assert min(brute.minutes(point, there).values()) > 10
    opposite = await ask(dispatcher, "/coverage", area=shore.east, minutes=10, skill="first_aid")
    assert here["total"]["reachable"] == 0
    assert opposite["total"]["reachable"] > 50


async def test_the_grids_below_are_listed_by_level_and_page(ask, ask_all, dispatcher, session):
    children = await ask_all(dispatcher, "/coverage", area="4408")
    assert [item["level"] for item in children["items"]] == ["county"] * 9
    towns = await ask_all(dispatcher, "/coverage", area=COUNTY, level="town")
    assert towns["items"]
    assert all(item["level"] == "town" for item in towns["items"])
    first = await ask(dispatcher, "/coverage", area=COUNTY, level="community", limit=10)
    rest = await ask(dispatcher, "/coverage", area=COUNTY, level="community", limit=500, after=first["next"])
    codes = [item["code"] for item in first["items"] + rest["items"]]
    assert codes == sorted(set(codes))
    assert codes == list(
        await session.scalars(
            text("SELECT code FROM grid WHERE level = 'community' AND code LIKE '440802%' ORDER BY code")
        )
    )
    leaf = await ask(dispatcher, "/coverage", area=codes[0])
    assert leaf["items"] == []
    assert leaf["total"]["code"] == codes[0]


async def test_thin_grids_are_those_that_too_few_reach(ask_all, dispatcher):
    every = await ask_all(dispatcher, "/coverage", area=COUNTY, level="leaf", minutes=20, skill="boat")
    people = max(5, sorted(item["reachable"] for item in every["items"])[len(every["items"]) // 2])
    thin = await ask_all(dispatcher, "/coverage/thin", area=COUNTY, minutes=20, skill="boat", people=people)
    few = {item["code"]: item["reachable"] for item in every["items"] if item["reachable"] < people}
    assert {item["code"]: item["reachable"] for item in thin["items"]} == few
    assert 0 < thin["thin_grids"] == len(few) < thin["grids"] == len(every["items"])
    assert thin["thin_m2"] == pytest.approx(
        sum(item["area_m2"] for item in every["items"] if item["code"] in few), abs=len(few)
    )


async def test_no_answer_names_a_person(client, gis, session):
    people = await session.execute(text("SELECT id, number FROM member"))
    secrets = [value for member_id, number in people for value in (str(member_id), number)]
    for path in (
        "/coverage?area=4408&level=leaf&limit=500",
        "/coverage/thin?area=4408&people=5&limit=500",
        "/coverage/activation?area=4408&level=I&by=leaf&limit=500",
        "/coverage/gaps?limit=500",
        "/coverage/overlaps?limit=500",
        "/search?q=湛",
    ):
        answer = await client.get(f"/api/v1{path}", headers=gis)
        assert answer.status_code == 200, answer.text
        said = json.dumps(answer.json(), ensure_ascii=False)
        assert not [secret for secret in secrets if secret in said]
