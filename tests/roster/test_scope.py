"""Whose members one may read, write and enrol, cell by cell; what is out of reach is as if it were not there."""

import pytest

from tests.roster.conftest import EAST, EAST_UNIT, WEST, WEST_UNIT

PATH = "/api/v1/members"
PEOPLE = {
    "WW": (WEST_UNIT, WEST),
    "WE": (WEST_UNIT, EAST),
    "EW": (EAST_UNIT, WEST),
    "EE": (EAST_UNIT, EAST),
}
"""Members by the side of their unit and the side of their home."""

READ = """
                WW   WE   EW   EE
admin           200  200  200  200
unit_manager    200  200  404  404
dispatcher      200  404  200  404
gis             403  403  403  403
auditor         403  403  403  403
member          403  403  403  403
"""
WRITE = READ.replace("dispatcher      200  404  200  404", "dispatcher      403  403  403  403")


def cells(table):
    """(role, member, status) of each cell."""
    head, *rows = [line.split() for line in table.strip().splitlines()]
    return [
        (role, number, int(status))
        for role, *statuses in rows
        for number, status in zip(head, statuses, strict=True)
    ]


@pytest.fixture
async def people(city):
    """The members' ids by number."""
    return {number: await city.member(number, unit, home) for number, (unit, home) in PEOPLE.items()}


async def refused(city):
    """What is on record as refused."""
    return [(action, subject) for action, subject, _ in await city.audited("refused")]


@pytest.mark.parametrize(("role", "number", "status"), cells(READ))
async def test_reading_one(client, city, people, as_role, role, number, status):
    path = f"{PATH}/{people[number]}"
    answer = await client.get(path, headers=await as_role(role))
    assert answer.status_code == status
    assert await refused(city) == ([] if status == 200 else [("roster.read", f"GET {path}")])


@pytest.mark.parametrize("role", ["admin", "unit_manager", "dispatcher"])
async def test_reading_a_list(client, people, as_role, role):
    answer = await client.get(PATH, headers=await as_role(role))
    expected = sorted(number for of, number, status in cells(READ) if of == role and status == 200)
    assert [member["number"] for member in answer.json()["items"]] == expected


async def test_two_roles_see_both_scopes_and_no_more(client, people, login):
    headers = await login("unit_manager", "dispatcher", units=[WEST_UNIT], areas=["440802"])
    answer = await client.get(PATH, headers=headers)
    assert [member["number"] for member in answer.json()["items"]] == ["EW", "WE", "WW"]
    assert (await client.get(f"{PATH}/{people['EE']}", headers=headers)).status_code == 404
    # A dispatcher's area gives no right to write.
    changed = await client.patch(f"{PATH}/{people['EW']}", json={"name": "新名"}, headers=headers)
    assert changed.status_code == 404


async def test_a_manager_without_units_and_a_dispatcher_without_areas_see_nobody(client, people, login):
    for role in ("unit_manager", "dispatcher"):
        assert (await client.get(PATH, headers=await login(role))).json() == {"items": [], "next": None}


@pytest.mark.parametrize(("role", "number", "status"), cells(WRITE))
async def test_changing(client, city, people, as_role, role, number, status):
    path = f"{PATH}/{people[number]}"
    answer = await client.patch(path, json={"name": "新名"}, headers=await as_role(role))
    assert answer.status_code == status
    assert await refused(city) == ([] if status == 200 else [("roster.write", f"PATCH {path}")])
    assert len(await city.events("member.changed")) == len(people) + (status == 200)


@pytest.mark.parametrize(("role", "number", "status"), cells(WRITE.replace("200", "201")))
async def test_enrolling(client, city, people, as_role, role, number, status):
    path = f"{PATH}/{people[number]}/enrolment-codes"
    answer = await client.post(path, headers=await as_role(role))
    assert answer.status_code == status
    recorded = ("member.enrol", f"POST {path}")
    assert await refused(city) == ([] if status == 201 else [recorded])
    assert [entry[:2] for entry in await city.audited("done")] == ([recorded] if status == 201 else [])


@pytest.mark.parametrize("unit", [EAST_UNIT, "U-NONE"])
async def test_a_manager_puts_nobody_in_another_unit_and_learns_of_none(client, city, people, as_role, unit):
    headers = await as_role("unit_manager")
    new = {"number": "N1", "name": "新", "unit_code": unit, "home_community": WEST, "tier": "normal"}
    added = await client.post(PATH, json=new, headers=headers)
    moved = await client.patch(f"{PATH}/{people['WW']}", json={"unit_code": unit}, headers=headers)
    assert [answer.status_code for answer in (added, moved)] == [404, 404]
    assert added.json()["detail"] == moved.json()["detail"]
    assert len(await refused(city)) == 2


async def test_a_dispatcher_adds_nobody(client, city, as_role):
    new = {"number": "N1", "name": "新", "unit_code": WEST_UNIT, "home_community": WEST, "tier": "normal"}
    assert (await client.post(PATH, json=new, headers=await as_role("dispatcher"))).status_code == 403


async def test_an_enrolment_code_makes_a_phone_the_members(client, city, people, as_role):
    manager = await as_role("unit_manager")
    answer = await client.post(f"{PATH}/{people['WW']}/enrolment-codes", headers=manager)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["link"] == f"http://vanguard.test/m/#enrol={answer.json()['code']}"
    assert answer.json()["qr_svg"].startswith("<svg")
    enrolled = await client.post(
        "/api/v1/devices/enrol", json={"code": answer.json()["code"], "name": "手机"}
    )
    assert enrolled.status_code == 201, enrolled.text
    assert enrolled.json()["member_id"] == str(people["WW"])


async def test_nobody_inactive_is_enrolled(client, city, people, as_role):
    manager = await as_role("unit_manager")
    await client.patch(f"{PATH}/{people['WW']}", json={"active": False}, headers=manager)
    answer = await client.post(f"{PATH}/{people['WW']}/enrolment-codes", headers=manager)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/member-inactive")
