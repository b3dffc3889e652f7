"""An import is taken back as one step, once, and only as long as nothing of it has changed since."""

import shapely
from sqlalchemy import text

from tests.imports.conftest import (
    EAST,
    EAST_UNIT,
    P_WEST,
    WEST,
    WEST_UNIT,
    csv,
    geojson,
    grid,
    link,
    members,
    party,
    someone,
    square,
)

HALF = shapely.box(110.4, 21.2, 110.41, 21.22)
OTHER_HALF = shapely.box(110.41, 21.2, 110.42, 21.22)
G1, G2 = f"{WEST}G01", f"{WEST}G02"
WEST_EAST = shapely.LineString([(110.41, 21.21), (110.43, 21.21)])

STATE = {
    "grids": """
        SELECT g.layer, g.code, v.name, v.unit_code, v.leaf, v.invented, ST_AsText(ST_Normalize(v.geom))
        FROM grid g JOIN grid_version v ON v.grid_id = g.id WHERE v.valid_to IS NULL ORDER BY 1, 2""",
    "overlay": """
        SELECT g.code, p.code, round(o.area_m2) FROM overlay o JOIN grid g ON g.id = o.governance_grid_id
        JOIN grid p ON p.id = o.party_grid_id ORDER BY 1, 2""",
    "gaps": "SELECT g.code, round(x.area_m2) FROM gap x JOIN grid g ON g.id = x.governance_grid_id ORDER BY 1",
    "links": "SELECT code, name, kind, minutes, ST_AsText(end_a), ST_AsText(end_b) FROM link ORDER BY 1",
    "units": "SELECT code, name, name_en, kind, ST_AsText(office) FROM unit ORDER BY 1",
    "members": """
        SELECT m.number, m.name, u.code, g.code, m.tier, m.active,
               (SELECT array_agg(s.skill_code ORDER BY 1) FROM member_skill s WHERE s.member_id = m.id)
        FROM member m JOIN unit u ON u.id = m.unit_id JOIN grid g ON g.id = m.home_grid_id ORDER BY 1""",
}


async def state(session):
    """All that imports change, as it is now."""
    found = {name: [tuple(row) for row in await session.execute(text(sql))] for name, sql in STATE.items()}
    await session.rollback()
    return found


async def undo(client, headers, import_id, **more):
    """Ask for the undoing."""
    headers = headers | {"Accept-Language": "en"} | more
    return await client.post(f"/api/v1/imports/{import_id}/undo", headers=headers)


async def undone(kind, content, headers, send, client, session, **query):
    """Import a file, take it back, and find everything as it was; gives the answers' bodies."""
    before = await state(session)
    stored = await send(kind, content, headers, **query)
    assert stored.status_code == 201, stored.text
    assert await state(session) != before
    answer = await undo(client, headers, stored.json()["id"])
    assert answer.status_code == 201, answer.text
    assert await state(session) == before
    return stored.json(), answer.json()


async def test_governance_grids(city, gis, send, client, session):
    content = geojson(grid(G1, HALF), grid(G2, OTHER_HALF), grid(WEST, square(0), name="西社区改"))
    stored, answer = await undone("governance-grids", content, gis, send, client, session)
    assert (answer["undoes"], answer["undone_by"]) == (stored["id"], None)
    assert (answer["added"], answer["changed"], answer["closed"]) == (0, 1, 2)
    assert answer["edition"] is not None


async def test_party_grids_with_a_closed_one(city, gis, send, client, session):
    content = geojson(party("P-NEW", square(0, 2)))
    _, answer = await undone("party-grids", content, gis, send, client, session, missing="close")
    assert (answer["added"], answer["closed"]) == (1, 1)


async def test_links(city, gis, send, client, session):
    await send("links", geojson(link("L1", WEST_EAST), link("L2", WEST_EAST)), gis)
    content = geojson(link("L2", WEST_EAST, minutes=7), link("L3", WEST_EAST))
    await undone("links", content, gis, send, client, session, missing="close")


async def test_units(city, admin, send, client, session):
    content = csv(
        ("code", "name", "kind", "lon", "lat"),
        ("U-NEW", "新局", "bureau", 110.41, 21.21),
        (WEST_UNIT, "西局改", "office", 110.43, 21.21),
    )
    await undone("units", content, admin, send, client, session, crs="EPSG:4490")


async def test_members(city, admin, send, client, session):
    await city.member("M1")
    await city.member("M2")
    content = members(someone("M1", unit=EAST_UNIT, home=EAST, skills="boat"), someone("M3", unit=WEST_UNIT))
    await undone("members", content, admin, send, client, session, missing="close")


async def test_once_and_the_undoing_may_be_undone(city, gis, send, client, session):
    stored = (await send("party-grids", geojson(party("P-NEW", square(2))), gis)).json()
    after = await state(session)
    first = await undo(client, gis, stored["id"])
    again = await undo(client, gis, stored["id"])
    assert again.status_code == 409
    assert again.json()["type"] == "/problems/already-undone"
    assert first.json()["id"] in again.json()["detail"]
    redone = await undo(client, gis, first.json()["id"])
    assert redone.status_code == 201, redone.text
    assert await state(session) == after
    listed = (await client.get("/api/v1/imports", headers=gis)).json()["items"]
    assert [each["undoes"] for each in listed] == [first.json()["id"], stored["id"], None]
    assert [each["undone_by"] for each in listed] == [None, redone.json()["id"], first.json()["id"]]


async def test_not_after_a_later_change_of_the_map(city, gis, send, client, session):
    stored = (
        await send("party-grids", geojson(party("P-NEW", square(2)), party("P-TWO", square(3))), gis)
    ).json()
    await send("party-grids", geojson(party("P-NEW", square(3), name="后来改的")), gis)
    before = await state(session)
    answer = await undo(client, gis, stored["id"])
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/changed-since"
    assert "P-NEW" in answer.json()["detail"]
    assert "P-TWO" not in answer.json()["detail"]
    assert await state(session) == before


async def test_not_after_something_came_to_hang_on_it(city, gis, send, client, session):
    town = "440802002"
    stored = (
        await send("governance-grids", geojson(grid(town, shapely.box(110.38, 21.2, 110.4, 21.22))), gis)
    ).json()
    below = await send(
        "governance-grids", geojson(grid(f"{town}001", shapely.box(110.38, 21.2, 110.4, 21.22))), gis
    )
    assert below.status_code == 201, below.text
    before = await state(session)
    answer = await undo(client, gis, stored["id"])
    assert answer.status_code == 409
    assert f"{town}001" in answer.json()["detail"]
    assert await state(session) == before


async def test_not_after_a_later_change_of_a_member(city, admin, send, client, session):
    stored = (await send("members", members(someone("M1"), someone("M2")), admin)).json()
    member_id = await session.scalar(text("SELECT id FROM member WHERE number = 'M1'"))
    await session.rollback()
    changed = await client.patch(f"/api/v1/members/{member_id}", json={"name": "改名"}, headers=admin)
    assert changed.status_code == 200
    before = await state(session)
    answer = await undo(client, admin, stored["id"])
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/changed-since"
    assert answer.json()["detail"].endswith("M1")
    assert await state(session) == before


async def test_not_when_something_refers_to_whom_it_added(city, admin, send, client, session, login):
    stored = (await send("members", members(someone("M1"), someone("M2")), admin)).json()
    member_id = await session.scalar(text("SELECT id FROM member WHERE number = 'M2'"))
    await session.rollback()
    await login("member", member_id=member_id)
    before = await state(session)
    answer = await undo(client, admin, stored["id"])
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/still-referred-to"
    assert answer.json()["detail"].endswith("M2")
    assert await state(session) == before


async def test_not_when_a_unit_has_members_by_now(city, admin, send, client, session):
    content = csv(("code", "name", "kind", "lon", "lat"), ("U-NEW", "新局", "bureau", 110.41, 21.21))
    stored = (await send("units", content, admin, crs="EPSG:4490")).json()
    await city.member("M1", unit="U-NEW")
    answer = await undo(client, admin, stored["id"])
    assert answer.status_code == 409
    assert "U-NEW" in answer.json()["detail"]


async def test_a_link_that_was_closed_for_a_storm_since_can_be_taken_back(
    city, gis, admin, send, client, session
):
    stored = (await send("links", geojson(link("L1", WEST_EAST)), gis)).json()
    await client.put("/api/v1/links/L1", json={"open": False}, headers=admin)
    assert (await undo(client, gis, stored["id"])).status_code == 201
    assert (await state(session))["links"] == []


async def test_an_undoing_is_repeated_by_its_key(city, gis, send, client):
    stored = (await send("party-grids", geojson(party(P_WEST, square(2))), gis)).json()
    first = await undo(client, gis, stored["id"], **{"Idempotency-Key": "k"})
    again = await undo(client, gis, stored["id"], **{"Idempotency-Key": "k"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
