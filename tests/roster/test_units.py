"""Units over REST: reading within one's scope, writing by administrators alone."""

import pytest

from tests.roster.conftest import EAST, EAST_UNIT, FAR_OUT, IN_EAST, IN_WEST, NAMES, WEST, WEST_UNIT

NEW = {"code": "U-NEW", "name": "新局", "name_en": "New Bureau", "kind": "bureau", "office": IN_WEST}

pytestmark = pytest.mark.usefixtures("city")


def codes(answer):
    """The codes on a page."""
    assert answer.status_code == 200, answer.text
    return [unit["code"] for unit in answer.json()["items"]]


async def test_an_admin_adds_a_unit(client, city, admin):
    answer = await client.post("/api/v1/units", json=NEW, headers=admin)
    assert answer.status_code == 201, answer.text
    unit = answer.json()
    assert unit.pop("id")
    assert unit == NEW | {"invented": False, "office_grid": {"code": WEST, "name": NAMES[WEST]}}
    assert (await client.get("/api/v1/units/U-NEW", headers=admin)).json() == answer.json()
    assert (await city.events("unit.changed"))[-1] == (WEST, ["U-NEW"], None, {})
    assert ("roster.write", "POST /api/v1/units", {"unit": "U-NEW"}) in await city.audited("done")


async def test_an_office_on_the_quay_is_taken_by_the_nearest_grid(client, admin):
    office = {"lon": 110.41, "lat": 21.19, "crs": "CGCS2000"}
    answer = await client.post("/api/v1/units", json=NEW | {"office": office}, headers=admin)
    assert answer.json()["office"] == office
    assert answer.json()["office_grid"]["code"] == WEST


async def test_an_admin_moves_a_unit_and_both_areas_hear_of_it(client, city, admin):
    answer = await client.patch(f"/api/v1/units/{WEST_UNIT}", json={"office": IN_EAST}, headers=admin)
    assert answer.status_code == 200
    assert answer.json()["office_grid"] == {"code": EAST, "name": NAMES[EAST]}
    assert answer.json()["name"] == "西局"
    heard = (await city.events("unit.changed"))[-2:]
    assert heard == [(WEST, [WEST_UNIT], None, {}), (EAST, [WEST_UNIT], None, {})]


async def test_names_change_and_the_rest_stays(client, admin):
    before = (await client.get(f"/api/v1/units/{WEST_UNIT}", headers=admin)).json()
    changes = {"name": "新名", "name_en": "New", "kind": "school"}
    answer = await client.patch(f"/api/v1/units/{WEST_UNIT}", json=changes, headers=admin)
    assert answer.json() == before | changes


async def test_positions_come_in_the_system_asked_for(client, admin):
    answer = await client.get(f"/api/v1/units/{WEST_UNIT}", params={"crs": "GCJ02"}, headers=admin)
    assert answer.json()["office"]["crs"] == "GCJ02"
    assert answer.json()["office"]["lon"] != IN_WEST["lon"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [EAST_UNIT, WEST_UNIT]),
        ({"code": WEST_UNIT}, [WEST_UNIT]),
        ({"code": "U"}, []),
        ({"q": "西"}, [WEST_UNIT]),
        ({"q": "west b"}, [WEST_UNIT]),
        ({"q": "局"}, [EAST_UNIT, WEST_UNIT]),
        ({"q": "%"}, []),
    ],
)
async def test_filters(client, admin, params, expected):
    assert codes(await client.get("/api/v1/units", params=params, headers=admin)) == expected


async def test_pages(client, admin):
    first = await client.get("/api/v1/units", params={"limit": 1}, headers=admin)
    assert codes(first) == [EAST_UNIT]
    after = first.json()["next"]
    second = await client.get("/api/v1/units", params={"limit": 1, "after": after}, headers=admin)
    assert codes(second) == [WEST_UNIT]
    assert second.json()["next"] is None


@pytest.mark.parametrize("role", ["unit_manager", "dispatcher"])
async def test_what_is_out_of_scope_is_left_out_and_not_found(client, city, as_role, role):
    headers = await as_role(role)
    assert codes(await client.get("/api/v1/units", headers=headers)) == [WEST_UNIT]
    assert (await client.get(f"/api/v1/units/{WEST_UNIT}", headers=headers)).status_code == 200
    hidden = await client.get(f"/api/v1/units/{EAST_UNIT}", headers=headers)
    absent = await client.get("/api/v1/units/U-NONE", headers=headers)
    assert hidden.status_code == absent.status_code == 404
    assert hidden.json()["detail"] == absent.json()["detail"]
    assert [entry[:2] for entry in await city.audited("refused")] == [
        ("roster.read", f"GET /api/v1/units/{EAST_UNIT}")
    ]


@pytest.mark.parametrize("role", ["gis", "auditor", "member"])
async def test_others_do_not_read_units(client, login, role):
    assert (await client.get("/api/v1/units", headers=await login(role))).status_code == 403


@pytest.mark.parametrize("role", ["unit_manager", "dispatcher"])
async def test_only_admins_write_units(client, city, as_role, role):
    headers = await as_role(role)
    assert (await client.post("/api/v1/units", json=NEW, headers=headers)).status_code == 403
    changed = await client.patch(f"/api/v1/units/{WEST_UNIT}", json={"office": IN_EAST}, headers=headers)
    assert changed.status_code == 403
    assert len(await city.audited("refused")) == 2
    assert await city.audited("done") == []


async def test_a_code_is_used_once(client, admin):
    answer = await client.post("/api/v1/units", json=NEW | {"code": WEST_UNIT}, headers=admin)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/duplicate")


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({"office": FAR_OUT}, "outside-area"),
        ({"office": {"lon": 110.41, "lat": 21.21}}, "unknown-crs"),
        ({"office": {"lon": 200, "lat": 21.21, "crs": "WGS84"}}, "invalid-position"),
        ({"name": "a\x00b"}, "invalid-body"),
        ({"name": " "}, "invalid-body"),
        ({"code": "a b"}, "invalid-body"),
        ({"kind": None}, "invalid-body"),
        ({"extra": 1}, "invalid-body"),
    ],
)
async def test_bad_input(client, admin, change, slug):
    answer = await client.post("/api/v1/units", json=NEW | change, headers=admin)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}")


@pytest.mark.parametrize("path", ["/api/v1/units?q=%00", "/api/v1/units?code=%00", "/api/v1/units/%00"])
async def test_nul_in_an_address(client, admin, path):
    assert (await client.get(path, headers=admin)).status_code == 422


async def test_an_unknown_unit_cannot_be_changed(client, admin):
    answer = await client.patch("/api/v1/units/U-NONE", json={"name": "无"}, headers=admin)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
