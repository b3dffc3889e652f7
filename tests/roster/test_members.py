"""Members over REST: what is kept of them, how they are found, what is refused."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from service.db.base import new_id
from service.events.models import Event
from service.grids.models import Grid
from service.roster.models import Member
from service.roster.rules import HeldSkill, Slot, Tier
from tests.roster.conftest import EAST, EAST_UNIT, NAMES, PARTED, WEST, WEST_UNIT, build

PATH = "/api/v1/members"
NEW = {
    "number": "M1",
    "name": "队员甲",
    "unit_code": WEST_UNIT,
    "home_community": WEST,
    "tier": "normal",
    "skills": [{"code": "first_aid", "expires_on": "2027-01-31"}, {"code": "boat"}],
    "opted_out": ["flood"],
}
NIGHT = {"weekday": 2, "from_minute": 0, "to_minute": 480}
LATE = {"weekday": 2, "from_minute": 479, "to_minute": 500}
TODAY = "2026-06-03"


async def numbers(client, headers, **params):
    """The members' numbers on a page."""
    answer = await client.get(PATH, params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    return [member["number"] for member in answer.json()["items"]]


async def test_a_manager_adds_a_member(client, city, manager):
    answer = await client.post(PATH, json=NEW, headers=manager)
    assert answer.status_code == 201, answer.text
    member_id = answer.json()["id"]
    assert answer.json() == {
        "id": member_id,
        "number": "M1",
        "name": "队员甲",
        "unit_code": WEST_UNIT,
        "home_community": {"code": WEST, "name": NAMES[WEST]},
        "tier": "normal",
        "active": True,
        "skills": [{"code": "boat", "expires_on": None}, {"code": "first_aid", "expires_on": "2027-01-31"}],
        "opted_out": ["flood"],
        "on_duty": False,
        "duty_slots": [],
        "limits": {"weekly_hours": None, "quiet": None, "unwanted": []},
    }
    assert (await client.get(f"{PATH}/{member_id}", headers=manager)).json() == answer.json()
    [(area, units, told, data)] = await city.events("member.changed")
    assert (area, units, str(told), data) == (WEST, [WEST_UNIT], member_id, {})
    assert await city.audited("done") == [
        ("roster.write", f"POST {PATH}", {"member_id": member_id, "unit": WEST_UNIT})
    ]


@pytest.mark.parametrize(("community", "leaf"), [(WEST, [WEST]), (PARTED, [f"{PARTED}G01", f"{PARTED}G02"])])
async def test_home_is_a_point_of_the_community_in_its_leaf_grid(
    client, city, session, admin, community, leaf
):
    answer = await client.post(PATH, json=NEW | {"home_community": community}, headers=admin)
    assert answer.json()["home_community"] == {"code": community, "name": NAMES[community]}
    found = select(Grid.code, func.ST_X(Member.home), func.ST_Y(Member.home))
    code, lon, lat = (await session.execute(found.join(Member, Member.home_grid_id == Grid.id))).one()
    assert code in leaf
    assert 110.4 < lon < 110.48
    assert 21.2 < lat < 21.22


async def test_a_repeat_with_the_same_key_adds_one_member(client, city, session, manager):
    headers = manager | {"Idempotency-Key": "k1"}
    first = await client.post(PATH, json=NEW, headers=headers)
    again = await client.post(PATH, json=NEW, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await session.scalar(select(func.count()).select_from(Member)) == 1
    assert len(await city.events("member.changed")) == 1
    other = await client.post(PATH, json=NEW | {"name": "乙"}, headers=headers)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")


async def test_a_number_is_used_once(client, city, manager):
    await city.member("M1")
    answer = await client.post(PATH, json=NEW, headers=manager)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/duplicate")


async def test_of_two_at_once_with_one_number_one_is_a_duplicate(
    fresh_client, fresh_sessions, fresh_login, clock
):
    async with fresh_sessions() as session:
        await build(session, clock.at)
    headers = await fresh_login("admin")
    answers = await asyncio.gather(*(fresh_client.post(PATH, json=NEW, headers=headers) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    async with fresh_sessions() as session:
        told = select(func.count()).select_from(Event).where(Event.kind == "member.changed")
        assert await session.scalar(told) == 1


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({"skills": [{"code": "flying"}]}, "unknown-skill"),
        ({"home_community": "440899001001"}, "unknown-community"),
        ({"home_community": "440802"}, "invalid-body"),
        ({"unit_code": "U-NONE"}, "unknown-unit"),
        ({"duty_slots": [NIGHT, LATE]}, "overlapping-slots"),
        ({"duty_slots": [{"weekday": 7, "from_minute": 0, "to_minute": 9}]}, "invalid-body"),
        ({"duty_slots": [{"weekday": 0, "from_minute": 9, "to_minute": 9}]}, "invalid-body"),
        ({"duty_slots": [{"weekday": 0, "from_minute": 0, "to_minute": 1441}]}, "invalid-body"),
        ({"skills": [{"code": "boat"}, {"code": "boat", "expires_on": "2027-01-01"}]}, "invalid-body"),
        ({"skills": [{"code": "boat", "expires_on": "2027-02-30"}]}, "invalid-body"),
        ({"tier": "hero"}, "invalid-body"),
        ({"name": "甲\x00"}, "invalid-body"),
        ({"opted_out": ["a\x00"]}, "invalid-body"),
        ({"home": {"lon": 110.4, "lat": 21.2}}, "invalid-body"),
    ],
)
async def test_bad_input(client, city, session, admin, change, slug):
    answer = await client.post(PATH, json=NEW | change, headers=admin)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}")
    assert await session.scalar(select(func.count()).select_from(Member)) == 0


async def test_a_patch_replaces_lists_and_leaves_what_it_does_not_name(client, city, manager):
    member_id = await city.member(
        "M1", skills=[HeldSkill("boat", None)], duty_slots=[Slot(0, 0, 60)], opted_out=["flood"]
    )
    before = (await client.get(f"{PATH}/{member_id}", headers=manager)).json()
    changes = {"skills": [], "duty_slots": [NIGHT | {"to_minute": 1440}], "tier": "standby"}
    answer = await client.patch(f"{PATH}/{member_id}", json=changes, headers=manager)
    assert answer.status_code == 200, answer.text
    assert answer.json() == before | changes | {"on_duty": True}
    more = {"name": "新名", "opted_out": [], "active": True}
    answer = await client.patch(f"{PATH}/{member_id}", json=more, headers=manager)
    assert answer.json() == before | changes | more | {"on_duty": True}


async def test_a_move_is_told_to_both_sides(client, city, admin):
    member_id = await city.member("M1")
    changes = {"unit_code": EAST_UNIT, "home_community": EAST}
    answer = await client.patch(f"{PATH}/{member_id}", json=changes, headers=admin)
    assert answer.json()["unit_code"] == EAST_UNIT
    assert answer.json()["home_community"]["code"] == EAST
    both = [EAST_UNIT, WEST_UNIT]
    assert (await city.events("member.changed"))[1:] == [
        (WEST, both, member_id, {}),
        (EAST, both, member_id, {}),
    ]
    done = (await city.audited("done"))[-1]
    assert done == ("roster.write", f"PATCH {PATH}/{member_id}", {"changed": ["home_community", "unit_code"]})


@pytest.mark.parametrize(
    ("change", "slug"),
    [
        ({"skills": [{"code": "flying"}]}, "unknown-skill"),
        ({"unit_code": "U-NONE"}, "unknown-unit"),
        ({"home_community": "440899001001"}, "unknown-community"),
        ({"duty_slots": [NIGHT, LATE]}, "overlapping-slots"),
        ({"active": "yes"}, "invalid-body"),
        ({"number": "M2"}, "invalid-body"),
    ],
)
async def test_a_bad_patch_changes_nothing(client, city, admin, change, slug):
    member_id = await city.member("M1")
    before = (await client.get(f"{PATH}/{member_id}", headers=admin)).json()
    answer = await client.patch(f"{PATH}/{member_id}", json={"name": "新名"} | change, headers=admin)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}")
    assert (await client.get(f"{PATH}/{member_id}", headers=admin)).json() == before


async def test_deactivating_leaves_the_phone_its_last_reports(client, city, manager, login):
    member_id = await city.member("M1")
    phone = await login("member", member_id=member_id)
    answer = await client.patch(f"{PATH}/{member_id}", json={"active": False}, headers=manager)
    assert answer.json()["active"] is False
    assert (await client.get("/api/v1/me/duty", headers=phone)).status_code == 200
    refused = await client.post(f"{PATH}/{member_id}/enrolment-codes", headers=manager)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/member-inactive")
    answer = await client.patch(f"{PATH}/{member_id}", json={"active": True}, headers=manager)
    assert answer.json()["active"] is True


async def test_filters(client, city, clock, admin):
    expired, last_day = clock.at.date() - timedelta(days=1), clock.at.date()
    await city.member("M1", skills=[HeldSkill("boat", last_day)], duty_slots=[Slot(2, 0, 1440)])
    await city.member("M2", skills=[HeldSkill("boat", expired)], home=EAST)
    away = await city.member("M3", unit=EAST_UNIT, home=PARTED, tier=Tier.STANDBY)
    await client.patch(f"{PATH}/{away}", json={"active": False}, headers=admin)
    assert await numbers(client, admin) == ["M1", "M2", "M3"]
    assert await numbers(client, admin, unit=EAST_UNIT) == ["M3"]
    assert await numbers(client, admin, area="440803") == ["M2", "M3"]
    assert await numbers(client, admin, area=PARTED) == ["M3"]
    assert await numbers(client, admin, area="_" * 4) == []
    assert await numbers(client, admin, tier="standby") == ["M3"]
    assert await numbers(client, admin, skill="boat") == ["M1"]
    assert await numbers(client, admin, skill="flying") == []
    assert await numbers(client, admin, active=False) == ["M3"]
    assert await numbers(client, admin, active=True) == ["M1", "M2"]
    assert await numbers(client, admin, on_duty=True) == ["M1"]
    assert await numbers(client, admin, on_duty=False) == ["M2", "M3"]
    assert await numbers(client, admin, on_duty=False, area="440803", active=True) == ["M2"]


async def test_pages_by_number(client, city, admin):
    for number in ("M2", "M3", "M1"):
        await city.member(number)
    first = (await client.get(PATH, params={"limit": 2}, headers=admin)).json()
    assert [member["number"] for member in first["items"]] == ["M1", "M2"]
    assert await numbers(client, admin, limit=2, after=first["next"]) == ["M3"]
    assert (await client.get(PATH, params={"after": "x"}, headers=admin)).status_code == 422


async def test_a_list_costs_the_same_however_many_there_are(client, city, connection, admin):
    counted = []

    @event.listens_for(connection.sync_connection, "before_cursor_execute")
    def count(conn, cursor, statement, parameters, context, executemany):
        counted.append(statement)

    async def cost():
        counted.clear()
        await numbers(client, admin)
        return len([statement for statement in counted if statement.startswith("SELECT")])

    await city.member("M1", skills=[HeldSkill("boat", None)], duty_slots=[Slot(0, 0, 60)])
    one = await cost()
    for number in range(2, 12):
        await city.member(f"M{number}", skills=[HeldSkill("boat", None)], duty_slots=[Slot(0, 0, 60)])
    assert await cost() == one <= 3


async def test_an_answer_holds_no_position(client, city, admin):
    member_id = await city.member("M1")
    for path in (PATH, f"{PATH}/{member_id}"):
        answer = (await client.get(path, headers=admin)).text
        assert not {"lon", "lat", "presence", "position", "home_grid"} & set(answer.replace('"', " ").split())


async def test_nobody_by_that_id(client, city, admin):
    for answer in (
        await client.get(f"{PATH}/{new_id()}", headers=admin),
        await client.patch(f"{PATH}/{new_id()}", json={}, headers=admin),
        await client.post(f"{PATH}/{new_id()}/enrolment-codes", headers=admin),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    assert (await client.get(f"{PATH}/x", headers=admin)).status_code == 422
    assert (await client.get(f"{PATH}?skill=%00", headers=admin)).status_code == 422
