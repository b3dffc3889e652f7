"""What members want to be spared: hours a week, quiet hours, categories; the rules of time, and the routes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from service.roster.rules import InForce, Limits, LocalTime, Quiet, quiet_until, week_start
from service.settings import Settings
from tests.roster.conftest import WEST, WEST_UNIT

PATH = "/api/v1/me/limits"
SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NIGHT = {"from": "22:00", "to": "07:00"}
CITY = {"weekly_hours": 20.0, "quiet": NIGHT}
UNSET = {"weekly_hours": None, "quiet": None, "unwanted": []}
MINUTES = st.integers(0, 1439)


def quiet(hours, moment, zone=SHANGHAI):
    """When the quiet hours ("22:00-07:00") that hold at a local moment ("2026-06-03 23:00") end, in local time."""
    from_minute, to_minute = Settings(quiet_hours=hours).quiet_minutes
    at = LocalTime.of(datetime.fromisoformat(moment).replace(tzinfo=zone), zone)
    end = quiet_until(from_minute, to_minute, at)
    return end and f"{end.astimezone(zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("hours", "moment", "end"),
    [
        ("22:00-07:00", "2026-06-03 21:59", None),
        ("22:00-07:00", "2026-06-03 22:00", "2026-06-04 07:00"),
        ("22:00-07:00", "2026-06-03 23:59", "2026-06-04 07:00"),
        ("22:00-07:00", "2026-06-04 00:00", "2026-06-04 07:00"),
        ("22:00-07:00", "2026-06-04 06:59", "2026-06-04 07:00"),
        ("22:00-07:00", "2026-06-04 07:00", None),
        ("22:00-07:00", "2026-12-31 23:00", "2027-01-01 07:00"),
        ("12:00-14:00", "2026-06-03 11:59", None),
        ("12:00-14:00", "2026-06-03 12:00", "2026-06-03 14:00"),
        ("12:00-14:00", "2026-06-03 14:00", None),
        ("22:00-00:00", "2026-06-03 23:00", "2026-06-04 00:00"),
        ("22:00-00:00", "2026-06-03 00:00", None),
        ("00:00-00:00", "2026-06-03 00:00", None),
        ("12:00-12:00", "2026-06-03 12:00", None),
    ],
)
def test_quiet_hours_end_across_midnight(hours, moment, end):
    assert quiet(hours, moment) == end


def test_quiet_hours_go_by_the_wall_where_the_clocks_are_changed():
    # The night of 28 March 2026 is an hour short, that of 25 October an hour long.
    assert quiet("22:00-07:00", "2026-03-28 22:00", BERLIN) == "2026-03-29 07:00"
    assert quiet("22:00-07:00", "2026-10-24 22:00", BERLIN) == "2026-10-25 07:00"
    half_past_two_again = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    at = LocalTime.of(half_past_two_again - timedelta(minutes=10), BERLIN)
    assert quiet_until(22 * 60, 2 * 60 + 30, at) == half_past_two_again


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 30), timezones=st.just(UTC)),
    MINUTES,
    MINUTES,
    st.sampled_from([SHANGHAI, BERLIN]),
)
def test_the_end_of_quiet_hours_lies_ahead_within_a_day_and_is_not_quiet(now, from_minute, to_minute, zone):
    end = quiet_until(from_minute, to_minute, LocalTime.of(now, zone))
    if end is not None:
        assert now < end <= now + timedelta(hours=25)
        assert quiet_until(from_minute, to_minute, LocalTime.of(end, zone)) is None


@pytest.mark.parametrize(
    ("moment", "start"),
    [
        ("2026-06-03T12:00+08:00", "2026-06-01T00:00+08:00"),
        ("2026-06-01T00:00+08:00", "2026-06-01T00:00+08:00"),
        ("2026-05-31T23:59+08:00", "2026-05-25T00:00+08:00"),
        ("2026-05-31T17:00+00:00", "2026-06-01T00:00+08:00"),
    ],
)
def test_a_week_begins_on_monday_by_local_time(moment, start):
    assert week_start(datetime.fromisoformat(moment), SHANGHAI) == datetime.fromisoformat(start)


def test_a_week_in_which_the_clocks_are_changed_begins_at_local_midnight():
    sunday = datetime(2026, 3, 29, 12, tzinfo=BERLIN)
    assert week_start(sunday, BERLIN) == datetime(2026, 3, 22, 23, tzinfo=UTC)
    assert week_start(sunday + timedelta(days=7), BERLIN) == datetime(2026, 3, 29, 22, tzinfo=UTC)


def test_ones_own_limits_hold_and_else_the_citys():
    city = InForce(20.0, Quiet(1320, 420))
    assert Limits().in_force(city) == city
    assert Limits(weekly_hours=0.0).in_force(city) == InForce(0.0, city.quiet)
    assert Limits(quiet=Quiet(0, 0)).in_force(city) == InForce(20.0, Quiet(0, 0))


@pytest.mark.parametrize(
    "hours", ["22-7", "22:00", "24:00-07:00", "22:00-07:60", " 22:00-07:00", "22:00-07:00\n"]
)
def test_quiet_hours_in_the_settings_are_two_times_of_the_day(hours):
    with pytest.raises(ValidationError, match=r"quiet_hours\n.*two times of the day like 22:00-07:00"):
        Settings(quiet_hours=hours)


@pytest.mark.parametrize("hours", [-1, 169, float("nan"), "many"])
def test_weekly_hours_in_the_settings_are_those_of_a_week(hours):
    with pytest.raises(ValidationError, match="weekly_hours"):
        Settings(weekly_hours=hours)


def test_a_city_may_have_no_quiet_hours():
    assert Settings(quiet_hours="").quiet_minutes is None
    assert Settings(quiet_hours="21:30-06:05").quiet_minutes == (1290, 365)


@pytest.fixture
async def someone(city):
    """A member who has set nothing."""
    return await city.member("M1")


@pytest.fixture
async def own(login, someone):
    """The member's own headers."""
    return await login("member", member_id=someone)


async def test_who_has_set_nothing_has_the_citys_limits(client, own):
    assert (await client.get(PATH, headers=own)).json() == UNSET | {"in_force": CITY}


async def test_what_is_set_holds_until_it_is_set_anew(client, own):
    body = {
        "weekly_hours": 7.5,
        "quiet": {"from": "21:30", "to": "08:05"},
        "unwanted": ["public_request", "flood"],
    }
    set_once = body | {
        "unwanted": ["flood", "public_request"],
        "in_force": {"weekly_hours": 7.5, "quiet": body["quiet"]},
    }
    answer = await client.put(PATH, json=body, headers=own)
    assert (answer.status_code, answer.json()) == (200, set_once)
    assert (await client.get(PATH, headers=own)).json() == set_once
    back = await client.put(PATH, json=UNSET, headers=own)
    assert back.json() == UNSET | {"in_force": CITY}


async def test_equal_times_are_no_quiet_hours_at_all(client, own):
    none = {"from": "00:00", "to": "00:00"}
    answer = await client.put(PATH, json={"quiet": none}, headers=own)
    assert answer.json() == UNSET | {"quiet": none, "in_force": {"weekly_hours": 20.0, "quiet": none}}


async def test_the_unit_manager_sees_them_beside_what_law_or_health_excludes(client, city, login, manager):
    member_id = await city.member("M2", opted_out=["flood"])
    own = await login("member", member_id=member_id)
    limits = {"weekly_hours": 4.0, "quiet": NIGHT, "unwanted": ["public_request"]}
    await client.put(PATH, json=limits, headers=own)
    seen = (await client.get(f"/api/v1/members/{member_id}", headers=manager)).json()
    assert (seen["limits"], seen["opted_out"]) == (limits, ["flood"])


async def test_they_leave_an_event_and_an_audit_entry(client, city, someone, own):
    await client.put(PATH, json={"unwanted": ["flood"]}, headers=own)
    assert await city.events("limits.changed") == [(WEST, [WEST_UNIT], someone, {})]
    assert [entry[:2] for entry in await city.audited("done")] == [("limits.set", f"PUT {PATH}")]


async def test_a_repeat_with_the_same_key_sets_them_once(client, city, own):
    headers = own | {"Idempotency-Key": "k"}
    first = await client.put(PATH, json={"weekly_hours": 3}, headers=headers)
    again = await client.put(PATH, json={"weekly_hours": 3}, headers=headers)
    assert again.json() == first.json()
    assert len(await city.events("limits.changed")) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"weekly_hours": -1}, "weekly_hours"),
        ({"weekly_hours": 168.5}, "weekly_hours"),
        ({"weekly_hours": "12"}, "weekly_hours"),
        ({"weekly_hours": True}, "weekly_hours"),
        ({"quiet": {"from": "22:00"}}, "quiet.to"),
        ({"quiet": {"from_": "22:00", "to": "07:00"}}, "quiet.from"),
        ({"quiet": {"from": "24:00", "to": "07:00"}}, "quiet.from"),
        ({"quiet": {"from": "22:00", "to": "7:00"}}, "quiet.to"),
        ({"quiet": {"from": "22:00", "to": "07:00:00"}}, "quiet.to"),
        ({"quiet": "22:00-07:00"}, "quiet"),
        ({"unwanted": ["火灾"]}, "unwanted.0"),
        ({"unwanted": ["flood"] * 101}, "unwanted"),
        ({"opted_out": ["flood"]}, "opted_out"),
    ],
)
async def test_what_is_wrong_is_named_by_its_field(client, city, own, body, field):
    answer = await client.put(PATH, json=body, headers=own)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-body")
    assert answer.json()["errors"][0]["field"] == field
    assert await city.events("limits.changed") == []


async def test_who_is_no_member_has_no_limits(client, city, login, manager):
    assert (await client.put(PATH, json=UNSET, headers=manager)).status_code == 403
    nobody = await login("member")
    assert (await client.get(PATH, headers=nobody)).status_code == 404
    assert (await client.put(PATH, json=UNSET, headers=nobody)).status_code == 404
