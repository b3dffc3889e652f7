"""Search in Chinese and English, by names and codes."""

import pytest
from sqlalchemy import text


async def test_the_same_before_what_begins_with_it_before_what_has_it_inside(ask, gis):
    body = await ask(gis, "/search", q="赤坎", limit=100)
    names = [item["name"] for item in body["items"]]
    assert names[0] == "赤坎区"
    assert all("赤坎" in name for name in names)
    begins = [name.startswith("赤坎") for name in names]
    assert begins == sorted(begins, reverse=True)
    exact = await ask(gis, "/search", q="赤坎区")
    assert exact["items"][0]["code"] == "440802"


async def test_a_part_in_the_middle_is_found_wherever_it_is(ask, gis, session):
    body = await ask(gis, "/search", q="华街", limit=100)
    found = {(item["kind"], item["code"]) for item in body["items"]}
    expected = await session.execute(
        text(
            "SELECT CASE g.layer WHEN 'party' THEN 'party_grid' ELSE 'area' END, g.code FROM grid g"
            " JOIN grid_version v ON v.grid_id = g.id AND v.valid_to IS NULL WHERE v.name LIKE '%华街%'"
            " UNION SELECT 'post', code FROM unit WHERE name LIKE '%华街%'"
        )
    )
    assert found == {tuple(row) for row in expected}
    assert ("area", "440802001") in found


async def test_an_area_has_its_whole_path(ask, gis):
    body = await ask(gis, "/search", q="中华街道")
    [town] = [item for item in body["items"] if item["code"] == "440802001"]
    assert [step["code"] for step in town["path"]] == ["4408", "440802", "440802001"]
    assert town["full_name"] == "湛江市赤坎区中华街道"
    assert town["level"] == "town"
    assert town["point"]["crs"] == "CGCS2000"
    there = await ask(gis, "/grids/at", **town["point"])
    assert "440802001" in [area["code"] for area in there["governance"]]


async def test_a_post_is_the_office_of_a_unit(ask, gis, session):
    unit = (
        await session.execute(text("SELECT code, name, ST_X(office) x FROM unit ORDER BY code LIMIT 1"))
    ).one()
    body = await ask(gis, "/search", q=unit.name)
    post = next(item for item in body["items"] if item["kind"] == "post" and item["code"] == unit.code)
    assert post["point"]["lon"] == pytest.approx(unit.x, abs=1e-6)
    assert post["path"][0]["code"] == "4408"
    assert post["full_name"].endswith(unit.name)


async def test_codes_are_found_whole_and_in_any_case(ask, gis, session):
    assert (await ask(gis, "/search", q="440802"))["items"][0]["name"] == "赤坎区"
    unit = await session.scalar(text("SELECT min(code) FROM unit"))
    party = await session.scalar(text("SELECT min(code) FROM grid WHERE layer = 'party'"))
    for code in (unit, party, unit.lower(), party.lower()):
        codes = [item["code"] for item in (await ask(gis, "/search", q=code))["items"]]
        assert codes[0] == code.upper()


async def test_english_names_are_found_without_regard_to_case(ask, gis, session):
    await session.execute(
        text(
            "UPDATE grid_version SET name_en = 'Chikan District' WHERE valid_to IS NULL AND grid_id ="
            " (SELECT id FROM grid WHERE layer = 'governance' AND code = '440802')"
        )
    )
    await session.commit()
    for q in ("chikan", "Chikan D", "KAN DIS", "chikan district"):
        assert (await ask(gis, "/search", q=q))["items"][0]["code"] == "440802"


async def test_signs_that_mean_something_to_databases_mean_nothing(ask, gis):
    for q in ("%", "_", "\\", "赤%", "{}", '"', "赤_区", "' OR '1'='1"):
        assert (await ask(gis, "/search", q=q))["items"] == []


async def test_the_list_is_limited_and_says_so(ask, gis):
    body = await ask(gis, "/search", q="村", limit=7)
    assert (len(body["items"]), body["more"]) == (7, True)
    assert (await ask(gis, "/search", q="440802"))["more"] is False


async def test_closed_grids_are_not_found(ask, gis, session, clock):
    await session.execute(
        text(
            "UPDATE grid_version SET valid_to = valid_from + interval '1 hour' WHERE grid_id ="
            " (SELECT id FROM grid WHERE layer = 'governance' AND code = '440802001')"
        )
    )
    await session.commit()
    for q in ("中华街道", "440802001"):
        assert "440802001" not in [item["code"] for item in (await ask(gis, "/search", q=q))["items"]]


async def test_everybody_may_search(client, login):
    answer = await client.get("/api/v1/search", params={"q": "湛江"}, headers=await login("member"))
    assert answer.status_code == 200
    assert (await client.get("/api/v1/search", params={"q": "湛江"})).status_code == 401
