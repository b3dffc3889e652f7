"""One's own duty over REST, and the catalogue of skills."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from service.access.rules import Role
from service.roster.rules import Slot
from tests.roster.conftest import WEST, WEST_UNIT

PATH = "/api/v1/me/duty"
AT_NOON = Slot(2, 700, 800)
ENDS = "2026-06-03T05:20:00Z"


@pytest.fixture
async def someone(city):
    """A member on duty by the calendar at the time of the test."""
    return await city.member("M1", duty_slots=[AT_NOON])


@pytest.fixture
async def own(login, someone):
    """The member's own headers."""
    return await login("member", member_id=someone)


async def test_by_the_calendar_until_the_switch_is_set(client, own):
    by_calendar = {"state": "on", "until": None, "on_duty": True, "by": "calendar", "ends_at": ENDS}
    assert (await client.get(PATH, headers=own)).json() == by_calendar
    off = {"state": "off", "until": None, "on_duty": False, "by": "switch", "ends_at": None}
    answer = await client.put(PATH, json={"state": "off"}, headers=own)
    assert (answer.status_code, answer.json()) == (200, off)
    assert (await client.get(PATH, headers=own)).json() == off


async def test_at_its_end_the_switch_gives_way_to_the_calendar(client, clock, own):
    body = {"state": "off", "until": "2026-06-03T12:05:00+08:00"}
    answer = await client.put(PATH, json=body, headers=own)
    assert answer.json() == {
        "state": "off",
        "until": "2026-06-03T04:05:00Z",
        "on_duty": False,
        "by": "switch",
        "ends_at": None,
    }
    clock.at += timedelta(minutes=5)
    over = {"state": "on", "until": None, "on_duty": True, "by": "calendar", "ends_at": ENDS}
    assert (await client.get(PATH, headers=own)).json() == over


async def test_setting_it_anew_replaces_it(client, clock, own):
    until = (clock.at + timedelta(hours=1)).isoformat()
    await client.put(PATH, json={"state": "off", "until": until}, headers=own)
    answer = await client.put(PATH, json={"state": "on"}, headers=own)
    a_week = "2026-06-10T04:00:00Z"
    on = {"state": "on", "until": None, "on_duty": True, "by": "switch", "ends_at": a_week}
    assert answer.json() == on
    assert (await client.get(PATH, headers=own)).json() == answer.json()


async def test_set_offline_it_has_its_own_time_and_an_older_word_changes_nothing(client, clock, own, session):
    async def put(state, **more):
        answer = await client.put(PATH, json={"state": state} | more, headers=own)
        return answer.status_code, answer.json().get("state") or answer.json()["type"]

    assert await put("off", at="2026-06-03T11:00:00+08:00") == (200, "off")
    set_at = await session.scalar(text("SELECT set_at FROM duty_switch"))
    assert set_at == clock.at - timedelta(hours=1)
    assert await put("on", at="2026-06-03T10:59:00+08:00") == (200, "off"), "said before, arrived after"
    assert await put("on", at="2026-06-03T11:01:00+08:00") == (200, "on")
    assert await put("off", at="2026-06-03T12:03:00+08:00") == (422, "/problems/time-ahead")
    assert await put("off") == (200, "off")


async def test_each_change_of_duty_has_the_next_check_in_look_anew(
    client, clock, someone, own, manager, session
):
    await session.execute(
        text("INSERT INTO presence (member_id, duty_until) VALUES (:id, now())"), {"id": someone}
    )
    day = f"/api/v1/members/{someone}/duty-exceptions/2026-06-03"
    periods = {"periods": [{"from": "12:00", "to": "13:00", "on_duty": False}]}
    for method, path, body, who in (
        ("PUT", PATH, {"state": "off"}, own),
        ("PUT", f"/api/v1/members/{someone}/week", {"slots": []}, manager),
        ("PATCH", f"/api/v1/members/{someone}", {"duty_slots": []}, manager),
        ("PUT", day, periods, manager),
        ("DELETE", day, None, manager),
        (
            "PUT",
            f"/api/v1/units/{WEST_UNIT}/calendar",
            {"items": [{"member": "M1", "day": "2026-06-03"} | periods]},
            manager,
        ),
        ("PATCH", f"/api/v1/members/{someone}", {"active": False}, manager),
    ):
        await session.execute(text("UPDATE presence SET duty_until = now()"))
        await session.commit()
        answer = await client.request(method, path, json=body, headers=who)
        assert answer.is_success, answer.text
        assert await session.scalar(text("SELECT duty_until FROM presence")) is None, (method, path)


async def test_the_roster_shows_it(client, someone, own, manager):
    await client.put(PATH, json={"state": "off"}, headers=own)
    assert (await client.get(f"/api/v1/members/{someone}", headers=manager)).json()["on_duty"] is False
    listed = await client.get("/api/v1/members", params={"on_duty": True}, headers=manager)
    assert listed.json()["items"] == []


async def test_it_leaves_an_event_and_an_audit_entry(client, city, someone, own):
    await client.put(PATH, json={"state": "off"}, headers=own)
    assert await city.events("duty.switched") == [(WEST, [WEST_UNIT], someone, {})]
    assert [entry[:2] for entry in await city.audited("done")] == [("duty.switch", f"PUT {PATH}")]


async def test_a_repeat_with_the_same_key_is_one_switch(client, city, own):
    headers = own | {"Idempotency-Key": "k"}
    first = await client.put(PATH, json={"state": "off"}, headers=headers)
    again = await client.put(PATH, json={"state": "off"}, headers=headers)
    assert again.json() == first.json()
    assert len(await city.events("duty.switched")) == 1


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"state": "on", "until": "2026-06-03T12:00:00+08:00"}, "time-in-past"),
        ({"state": "on", "until": "2020-01-01T00:00:00Z"}, "time-in-past"),
        ({"state": "on", "until": "2027-01-01T00:00:00"}, "invalid-body"),
        ({"state": "on", "until": "9999-12-31T23:59:59-12:00"}, "invalid-body"),
        ({"state": "on", "until": "0001-01-01T00:00:00+12:00"}, "invalid-body"),
        ({"state": "maybe"}, "invalid-body"),
        ({}, "invalid-body"),
    ],
)
async def test_bad_input(client, city, own, body, slug):
    answer = await client.put(PATH, json=body, headers=own)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}")
    assert await city.events("duty.switched") == []


async def test_who_is_no_member_has_no_duty(client, city, login, manager):
    assert (await client.put(PATH, json={"state": "on"}, headers=manager)).status_code == 403
    nobody = await login("member")
    assert (await client.get(PATH, headers=nobody)).status_code == 404
    assert (await client.put(PATH, json={"state": "on"}, headers=nobody)).status_code == 404


@pytest.mark.parametrize("role", list(Role))
async def test_everyone_reads_the_skills(client, city, as_role, role):
    answer = await client.get("/api/v1/skills", headers=await as_role(role))
    assert answer.json() == {
        "items": [
            {"code": "boat", "name": "驾船", "name_en": "Boat"},
            {"code": "first_aid", "name": "急救", "name_en": "Aid"},
        ],
        "next": None,
    }


async def test_strangers_do_not(client, city):
    assert (await client.get("/api/v1/skills")).status_code == 401
