"""Who reads what under /ogc, and how far; nothing there shows a person."""

import json

import pytest
from sqlalchemy import text

from service.ogc.collections import COLLECTIONS

OPEN = ("", "/", "/conformance", "/api")
COUNTY = "440802"
NOT_SAID = ("张三", "5 号", "title", "instructions", "created_by", "member_id")


@pytest.mark.parametrize("path", OPEN)
async def test_what_names_no_data_is_open(client, path):
    answer = await client.get(f"/ogc{path}")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path", ["/collections", "/collections/links", "/collections/links/items", "/collections/links/schema"]
)
async def test_the_rest_asks_who_one_is(client, path):
    answer = await client.get(f"/ogc{path}")
    assert answer.status_code == 401
    assert 'Basic realm="Vanguard", charset="UTF-8"' in answer.headers.get_list("www-authenticate")


async def test_one_sees_the_collections_that_one_may_read(client, login, gis):
    async def seen(headers):
        answer = await client.get("/ogc/collections", headers=headers)
        return {each["id"] for each in answer.json()["collections"]}

    of_the_map = {"governance_grids", "party_grids", "grid_versions", "links"}
    assert await seen(gis) == set(COLLECTIONS)
    manager = await login("unit_manager", units=["U001"])
    assert await seen(manager) == of_the_map
    for name in set(COLLECTIONS) - of_the_map:
        for path in ("", "/items", "/items/x", "/schema", "/queryables"):
            answer = await client.get(f"/ogc/collections/{name}{path}", headers=manager)
            assert answer.status_code == 403, (name, path)


async def test_the_areas_of_an_account_hold_its_features(client, login, gis, session, tasks):
    officer = await login("gis", areas=[COUNTY])

    async def features(headers, collection, **query):
        params = {"limit": 10000} | query
        answer = await client.get(f"/ogc/collections/{collection}/items", params=params, headers=headers)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["numberMatched"] == len(body["features"])
        return {each["id"]: each["properties"] for each in body["features"]}

    for name in ("overlay", "gaps", "coverage", "tasks"):
        column = COLLECTIONS[name].area
        everything, own = await features(gis, name), await features(officer, name)
        assert own == {key: each for key, each in everything.items() if each[column].startswith(COUNTY)}, name
        assert 0 < len(own) < len(everything) or name == "tasks"
        outside = next(key for key in everything if key not in own)
        answer = await client.get(f"/ogc/collections/{name}/items/{outside}", headers=officer)
        assert answer.status_code == 404
        filtered = await features(
            officer, name, filter=f"NOT ({column} LIKE '{COUNTY}%') OR {column} IS NOT NULL"
        )
        assert filtered == own

    expected = set(
        await session.scalars(
            text(
                "SELECT code_a || '~' || code_b FROM published_overlaps o WHERE EXISTS (SELECT 1 FROM"
                " published_governance_grids g WHERE g.code = :county"
                " AND ST_Area(ST_Intersection(g.geom, o.geom)) > 0)"
            ),
            {"county": COUNTY},
        )
    )
    everything, own = await features(gis, "overlaps"), await features(officer, "overlaps")
    assert set(own) == expected
    assert 0 < len(own) < len(everything)
    assert len(await features(officer, "governance_grids")) == len(await features(gis, "governance_grids"))


async def test_a_file_holds_no_more_than_a_page(client, login):
    officer = await login("gis", areas=[COUNTY])
    page = await client.get("/ogc/collections/coverage/items", params={"limit": 10000}, headers=officer)
    file = await client.get("/ogc/collections/coverage/items", params={"f": "csv"}, headers=officer)
    lines = file.text.splitlines()[1:]
    assert {line.split(",")[0] for line in lines} == {each["id"] for each in page.json()["features"]}


async def test_an_account_without_an_area_sees_nothing_of_coverage(client, login):
    answer = await client.get("/ogc/collections/coverage/items", headers=await login("gis"))
    assert answer.json()["numberMatched"] == 0


async def test_a_task_tells_neither_text_nor_person_nor_its_exact_place(client, gis, tasks, session):
    answer = await client.get("/ogc/collections/tasks/items", headers=gis)
    shown = json.dumps(answer.json()["features"], ensure_ascii=False)
    assert not any(each in shown for each in NOT_SAID)
    grids = await session.execute(text("SELECT id, lon, lat FROM task"))
    exact = {str(row.id): [round(row.lon, 4), round(row.lat, 4)] for row in grids}
    assert {each["id"] for each in answer.json()["features"]} == set(exact) == set(tasks)
    for each in answer.json()["features"]:
        assert [round(part, 4) for part in each["geometry"]["coordinates"]] != exact[each["id"]]
        assert each["properties"]["seats"] == 2


AT_HOME = """
    SELECT g.code, count(*) AS people FROM member m JOIN grid g ON g.id = m.home_grid_id WHERE m.active GROUP BY g.code
"""
OF_UNIT = """
    SELECT u.code, count(*) AS people FROM member m JOIN unit u ON u.id = m.unit_id WHERE m.active GROUP BY u.code
"""


async def test_small_counts_are_not_said(client, gis, session):
    """Of the city's people, only some stay in some grids and units, and what is said of them is reckoned here anew."""
    await session.execute(text("UPDATE member SET active = false WHERE number NOT LIKE '%3'"))
    await session.commit()
    homes = dict((await session.execute(text(AT_HOME))).all())
    units = dict((await session.execute(text(OF_UNIT))).all())
    params = {"limit": 10000}
    answer = await client.get("/ogc/collections/coverage/items", params=params, headers=gis)
    said, suppressed = 0, 0
    for each in (feature["properties"] for feature in answer.json()["features"]):
        at_home = homes.get(each["code"], 0)
        small = 0 < at_home < 5
        assert (each["members_home"], each["members_home_suppressed"]) == (None if small else at_home, small)
        responsible = [code for code in each["unit_codes"].split(",") if code]
        assert each["units"] == len(responsible)
        counts = [units.get(code, 0) for code in responsible]
        small = any(0 < count < 5 for count in counts)
        assert (each["members_units"], each["members_units_suppressed"]) == (
            None if small else sum(counts),
            small,
        )
        said += bool(each["members_units"])
        suppressed += each["members_units_suppressed"] and each["members_home_suppressed"]
    assert said
    assert suppressed
    for filter_ in ("members_home > 0 AND members_home < 5", "members_units > 0 AND members_units < 5"):
        answer = await client.get("/ogc/collections/coverage/items", params={"filter": filter_}, headers=gis)
        assert answer.json()["numberMatched"] == 0


async def test_the_plan_of_the_view_tells_no_count_of_people(session):
    """Whoever may read a view may EXPLAIN ANALYZE it, where each step says how many rows it read."""
    await session.execute(text("UPDATE member SET active = false WHERE number NOT LIKE '%3'"))
    code = await session.scalar(text(f"SELECT code FROM ({AT_HOME}) homes WHERE people = 3"))
    assert code
    sql = "EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) SELECT * FROM published_coverage WHERE code = :code"
    plan = await session.scalar(text(sql), {"code": code})
    shown = json.dumps(plan)
    assert "published_residents" in shown
    assert '"Relation Name": "grid"' in shown
    assert '"Relation Name": "member"' not in shown
