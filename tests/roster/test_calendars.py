"""Calendars over REST: a member's own, a unit's as its manager fills it, and as iCalendar."""

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from service.roster.rules import Slot, Tier
from tests.roster.conftest import EAST, EAST_UNIT, WEST, WEST_UNIT

UNIT = f"/api/v1/units/{WEST_UNIT}/calendar"
WEDNESDAY, THURSDAY = "2026-06-03", "2026-06-04"


@pytest.fixture
async def people(city):
    """Two members and a standby member of the western unit, and one of the eastern."""
    return {
        "M1": await city.member("M1", duty_slots=[Slot(2, 480, 1080)]),
        "M2": await city.member("M2", duty_slots=[Slot(2, 600, 720), Slot(3, 0, 480)]),
        "S1": await city.member("S1", tier=Tier.STANDBY, duty_slots=[Slot(2, 0, 1440)]),
        "E1": await city.member("E1", unit=EAST_UNIT, home=EAST, duty_slots=[Slot(2, 0, 1440)]),
    }


def period(from_, to, on_duty):
    """A period of a request."""
    return {"from": from_, "to": to, "on_duty": on_duty}


async def test_a_manager_plans_a_day_and_a_week_and_the_member_sees_it(client, city, people, login, manager):
    own = await login("member", member_id=people["M1"])
    path = f"/api/v1/members/{people['M1']}/duty-exceptions/{WEDNESDAY}"
    body = {"periods": [period("20:00", "24:00", True), period("08:00", "09:30", False)]}
    put = await client.put(path, json=body, headers=manager)
    planned = {
        "day": WEDNESDAY,
        "periods": [
            {"from": "08:00", "to": "09:30", "on_duty": False, "by": "exception"},
            {"from": "09:30", "to": "18:00", "on_duty": True, "by": "calendar"},
            {"from": "20:00", "to": "24:00", "on_duty": True, "by": "exception"},
        ],
    }
    assert (put.status_code, put.json()) == (200, planned)
    assert await city.events("duty.planned") == [(WEST, [WEST_UNIT], people["M1"], {"day": WEDNESDAY})]
    calendar = (await client.get("/api/v1/me/calendar", params={"days": 2}, headers=own)).json()
    assert (calendar["from"], calendar["days"]) == (WEDNESDAY, 2)
    assert calendar["periods"][2] == {
        "day": WEDNESDAY,
        "from": "20:00",
        "to": "24:00",
        "start": "2026-06-03T12:00:00Z",
        "end": "2026-06-03T16:00:00Z",
        "on_duty": True,
        "by": "exception",
        "handed_over_to": None,
        "handed_over_from": None,
    }
    assert (await client.delete(path, headers=manager)).status_code == 204
    week = {"slots": [{"weekday": 3, "from": "00:00", "to": "08:00"}]}
    put = await client.put(f"/api/v1/members/{people['M1']}/week", json=week, headers=manager)
    assert (put.status_code, put.json()) == (200, week)
    calendar = (await client.get("/api/v1/me/calendar", params={"from": WEDNESDAY}, headers=own)).json()
    assert [(each["day"], each["from"], each["by"]) for each in calendar["periods"]] == [
        (THURSDAY, "00:00", "calendar")
    ]
    await client.put("/api/v1/me/duty", json={"state": "on", "until": "2026-06-03T13:00+08:00"}, headers=own)
    calendar = (await client.get("/api/v1/me/calendar", params={"days": 1}, headers=own)).json()
    assert [(each["from"], each["to"], each["by"]) for each in calendar["periods"]] == [
        ("12:00", "13:00", "switch")
    ]


async def test_a_unit_is_seen_by_the_hour_so_that_gaps_show(client, people, manager):
    read = (await client.get(UNIT, params={"days": 2, "limit": 2}, headers=manager)).json()
    assert [(each["member"]["number"], each["tier"]) for each in read["items"]] == [
        ("M1", "normal"),
        ("M2", "normal"),
    ]
    wednesday, thursday = read["cover"]
    assert wednesday == {
        "day": WEDNESDAY,
        "normal": [0] * 8 + [1, 1, 2, 2] + [1] * 6 + [0] * 6,
        "standby": [1] * 24,
    }
    assert (thursday["day"], thursday["normal"][:9]) == (THURSDAY, [1] * 8 + [0])
    rest = (await client.get(UNIT, params={"days": 2, "after": read["next"]}, headers=manager)).json()
    assert [each["member"]["number"] for each in rest["items"]] == ["S1"]
    assert (rest["next"], rest["cover"]) == (None, read["cover"])


async def test_a_unit_is_filled_all_at_once_or_not_at_all(client, city, people, manager):
    items = [
        {"member": "M1", "day": THURSDAY, "periods": [period("22:00", "24:00", True)]},
        {"member": str(people["M2"]), "day": "2026-06-05", "periods": [period("00:00", "06:00", True)]},
        {"member": "M1", "day": WEDNESDAY, "periods": []},
    ]
    bad = [
        {"member": "E1", "day": THURSDAY, "periods": []},
        {"member": "M2", "day": "2026-06-05", "periods": []},
        {"member": "M2", "day": "2026-06-02", "periods": [period("01:00", "03:00", True)] * 2},
        {"member": str(people["M2"]), "day": "2026-06-05", "periods": []},
    ]
    refused = await client.put(UNIT, json={"items": items + bad}, headers=manager)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/invalid-calendar")
    assert [(each["field"], each["reason"]) for each in refused.json()["errors"]] == [
        ("items.1.day", "同一队员的 2026-06-05 出现了两次；请合并为一项"),
        ("items.3.member", "本单位没有这个编号的在用队员"),
        ("items.4.day", "同一队员的 2026-06-05 出现了两次；请合并为一项"),
        ("items.5.day", "日期已过；今天是 2026-06-03"),
        ("items.5.periods.1", "与前面的时段重叠"),
        ("items.6.day", "同一队员的 2026-06-05 出现了两次；请合并为一项"),
    ]
    assert await city.events("duty.planned") == []
    assert (await client.put(UNIT, json={"items": items}, headers=manager)).status_code == 204
    assert len(await city.events("duty.planned")) == 3
    read = (await client.get(UNIT, params={"from": THURSDAY, "days": 2}, headers=manager)).json()
    by = {
        each["member"]["number"]: [p["from"] for p in each["periods"] if p["by"] == "exception"]
        for each in read["items"]
    }
    assert by == {"M1": ["22:00"], "M2": ["00:00"], "S1": []}


async def test_a_period_past_midnight_is_told_how_it_is_written(client, people, manager):
    path = f"/api/v1/members/{people['M1']}/duty-exceptions/{WEDNESDAY}"
    body = {"periods": [period("22:00", "06:00", True)]}
    answer = await client.put(path, json=body, headers=manager)
    assert answer.status_code == 422
    [fault] = answer.json()["errors"]
    assert fault["field"] == "periods.0"
    assert "write 22:00–24:00 on this day and 00:00–06:00 on the next" in fault["reason"]
    for bad in ("24:00", "8:00", "12:60"):
        body = {"periods": [period(bad, "24:00", True)]}
        assert (await client.put(path, json=body, headers=manager)).status_code == 422


async def test_days_years_away_are_refused(client, people, login, manager):
    own = await login("member", member_id=people["M1"])
    for day in ("0001-01-01", "9999-12-31", "2027-06-05"):
        answer = await client.get("/api/v1/me/calendar", params={"from": day}, headers=own)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/day-out-of-range")
        path = f"/api/v1/members/{people['M1']}/duty-exceptions/{day}"
        assert (await client.put(path, json={"periods": []}, headers=manager)).status_code == 422
    for days in (0, 63):
        answer = await client.get("/api/v1/me/calendar", params={"days": days}, headers=own)
        assert answer.status_code == 422


@pytest.mark.parametrize(
    ("role", "read", "write"),
    [
        ("admin", 200, 204),
        ("unit_manager", 200, 204),
        ("dispatcher", 200, 403),
        ("gis", 403, 403),
        ("auditor", 403, 403),
        ("member", 404, 403),
    ],
)
async def test_whose_calendars_one_reads_and_fills(client, people, login, as_role, role, read, write):
    headers = await (login(role, member_id=people["M1"]) if role == "member" else as_role(role))
    items = {"items": [{"member": "M1", "day": THURSDAY, "periods": []}]}
    assert (await client.get(UNIT, headers=headers)).status_code == read
    assert (await client.get(f"{UNIT}.ics", headers=headers)).status_code == read
    assert (await client.put(UNIT, json=items, headers=headers)).status_code == write
    if role in ("unit_manager", "dispatcher"):
        other = f"/api/v1/units/{EAST_UNIT}/calendar"
        assert (await client.get(other, headers=headers)).status_code == 404
        east = f"/api/v1/members/{people['E1']}/duty-exceptions/{THURSDAY}"
        answer = await client.put(east, json={"periods": []}, headers=headers)
        assert answer.status_code == (404 if role == "unit_manager" else 403)


async def test_icalendar_reads_back_as_it_was_planned(client, clock, people, login, manager):
    path = f"/api/v1/members/{people['M1']}/duty-exceptions/{THURSDAY}"
    await client.put(path, json={"periods": [period("20:00", "24:00", True)]}, headers=manager)
    own = await login("member", member_id=people["M1"])
    answer = await client.get("/api/v1/me/calendar.ics", headers=own)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(answer.content)
    assert (str(calendar["VERSION"]), str(calendar["X-WR-CALNAME"])) == ("2.0", "我的值守")
    events = calendar.walk("VEVENT")
    assert [(each.start, each.end) for each in events[:2]] == [
        (datetime(2026, 6, 3, 0, tzinfo=UTC), datetime(2026, 6, 3, 10, tzinfo=UTC)),
        (datetime(2026, 6, 4, 12, tzinfo=UTC), datetime(2026, 6, 4, 16, tzinfo=UTC)),
    ]
    assert len(events) == 1 + 9, "each Wednesday of 62 days, and the evening"
    assert {str(each["SUMMARY"]) for each in events} == {"值守"}
    uids = [str(each["UID"]) for each in events]
    assert len(set(uids)) == len(uids)
    clock.at += timedelta(minutes=5)
    again = Calendar.from_ical((await client.get("/api/v1/me/calendar.ics", headers=own)).content)
    assert [str(each["UID"]) for each in again.walk("VEVENT")] == uids
    unit = await client.get(f"{UNIT}.ics", headers=manager | {"Accept-Language": "en"})
    titles = {str(each["SUMMARY"]) for each in Calendar.from_ical(unit.content).walk("VEVENT")}
    assert titles == {"队员M1: on duty", "队员M2: on duty", "队员S1: on standby"}
