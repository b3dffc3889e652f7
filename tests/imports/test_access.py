"""Who may import, undo and read what; and that each leaves its entry."""

import pytest
from sqlalchemy import select, text

from service.access.models import AuditEntry
from tests.imports.conftest import (
    EAST_UNIT,
    P_EAST,
    WEST_UNIT,
    csv,
    geojson,
    grid,
    members,
    party,
    reasons,
    someone,
    square,
)

MEMBERS = members(someone("M1"))
PARTY = geojson(party("P-1", square(0)))
UNITS = csv(("code", "name", "kind", "lon", "lat"), ("U-1", "某局", "bureau", 110.41, 21.21))


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [
        ("gis", "members", 403),
        ("gis", "units", 403),
        ("unit_manager", "party-grids", 403),
        ("unit_manager", "governance-grids", 403),
        ("unit_manager", "links", 403),
        ("unit_manager", "units", 403),
        ("dispatcher", "party-grids", 403),
        ("auditor", "members", 403),
        ("member", "members", 403),
        ("gis", "party-grids", 201),
        ("unit_manager", "members", 201),
        ("admin", "party-grids", 201),
        ("admin", "members", 201),
        ("admin", "units", 201),
    ],
)
async def test_by_role(city, login, send, counts, role, kind, status):
    headers = await login(role, areas=["4408"], units=[WEST_UNIT])
    before = await counts()
    content = {"members": MEMBERS, "units": UNITS}.get(kind, PARTY)
    answer = await send(kind, content, headers, crs="EPSG:4490" if kind == "units" else None)
    assert answer.status_code == status, answer.text
    assert (await counts() == before) is (status == 403)


async def test_nobody_and_not_by_key(city, client, login, send, counts):
    before = await counts()
    assert (await send("party-grids", PARTY, {})).status_code == 401
    headers = await login("gis", areas=["4408"])
    made = await client.post("/api/v1/me/keys", json={"name": "desk"}, headers=headers)
    key = {"Authorization": f"Bearer {made.json()['key']}"}
    answer = await send("party-grids", PARTY, key)
    assert answer.status_code == 403
    assert await counts() == before


async def test_what_is_refused_goes_on_record_once(city, login, send, session):
    await send("members", MEMBERS, await login("gis", areas=["4408"]))
    entries = (await session.scalars(select(AuditEntry))).all()
    assert [(each.action, each.outcome) for each in entries] == [("roster.import", "refused")]


async def test_what_is_done_goes_on_record_once_with_its_counts(city, gis, send, client, session):
    stored = (await send("party-grids", PARTY, gis)).json()
    await client.post(f"/api/v1/imports/{stored['id']}/undo", headers=gis)
    entries = (await session.scalars(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.id))).all()
    assert [(each.action, each.outcome) for each in entries] == [
        ("map.import", "done"),
        ("import.undo", "done"),
    ]
    assert entries[0].detail == {
        "dry_run": False,
        "file": "party.geojson",
        "added": 1,
        "changed": 0,
        "closed": 0,
        "import_id": stored["id"],
    }


async def test_a_gis_officer_of_another_area(city, login, send, counts):
    west = await login("gis", areas=["440802"])
    before = await counts()
    for kind, content in {
        "governance-grids": geojson(grid("440803001003", square(4))),
        "party-grids": geojson(party("P-1", square(1))),
    }.items():
        report = (await send(kind, content, west, dry_run=True)).json()
        assert "outside-your-areas" in {reason for _, _, reason in reasons(report)}, kind
        assert (await send(kind, content, west)).status_code == 422
    assert await counts() == before
    assert (await send("party-grids", PARTY, west)).status_code == 201, "within their own"


async def test_nobody_draws_a_party_grid_of_another_area_into_their_own(city, login, send, counts):
    west = await login("gis", areas=["440802"])
    before = await counts()
    answer = await send("party-grids", geojson(party(P_EAST, square(0), EAST_UNIT)), west)
    assert answer.status_code == 422
    assert reasons(answer.json()["report"]) == [(1, "geometry", "outside-your-areas")]
    assert await counts() == before


async def test_a_unit_manager_brings_their_own_people_alone(city, manager, send, counts, session):
    await city.member("E1", unit=EAST_UNIT)
    before = await counts()
    answer = await send("members", members(someone("M1"), someone("M2", unit=EAST_UNIT)), manager)
    assert answer.status_code == 422
    assert reasons(answer.json()["report"]) == [(3, "unit_code", "outside-your-units")]
    answer = await send("members", members(someone("E1")), manager)
    assert reasons(answer.json()["report"]) == [(2, "number", "member-of-another-unit")]
    assert await counts() == before
    answer = await send("members", members(someone("M1")), manager, missing="close")
    assert answer.status_code == 201
    assert await session.scalar(text("SELECT bool_and(active) FROM member")) is True


async def test_who_reads_which_imports(city, login, gis, admin, send, client):
    stored = (await send("party-grids", PARTY, gis)).json()
    other = await login("gis", areas=["4408"])
    auditor = await login("auditor")
    for headers, sees in ((gis, True), (admin, True), (auditor, True), (other, False)):
        listed = (await client.get("/api/v1/imports", headers=headers)).json()["items"]
        assert [each["id"] for each in listed] == ([stored["id"]] if sees else [])
        answer = await client.get(f"/api/v1/imports/{stored['id']}", headers=headers)
        assert answer.status_code == (200 if sees else 404)
    detail = (await client.get(f"/api/v1/imports/{stored['id']}", headers=gis)).json()
    assert detail["report"]["added"]["items"][0]["code"] == "P-1"
    assert detail["by"].startswith("gis-")
    assert (await client.get("/api/v1/imports", headers=await login("dispatcher"))).status_code == 403


async def test_who_undoes_what(city, login, gis, send, client):
    stored = (await send("party-grids", PARTY, gis)).json()
    path = f"/api/v1/imports/{stored['id']}/undo"
    assert (await client.post(path)).status_code == 401
    assert (await client.post(path, headers=await login("gis", areas=["4408"]))).status_code == 404
    assert (
        await client.post(path, headers=await login("unit_manager", units=[WEST_UNIT]))
    ).status_code == 404
    assert (await client.post(path, headers=await login("auditor"))).status_code == 403
    assert (await client.post(path, headers=await login("admin"))).status_code == 201
