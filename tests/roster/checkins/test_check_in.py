"""Check-ins over REST: what is stored, what is not, and where presence is afterwards."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from service.access.models import Device
from service.geo.crs import Crs, from_cgcs2000
from service.roster.checkins import routes
from service.roster.checkins.commands.take import Ask
from service.roster.checkins.rules import Refusal
from service.roster.checkins.schemas import decode
from service.roster.commands.presence import forget_duty, stop_tracking, track
from service.texts import catalogue
from tests.conftest import NOON
from tests.roster.checkins.conftest import LAT, LON, PATH, check_in
from tests.roster.conftest import FAR_OUT, WEST


def at(seconds):
    """So many seconds after NOON."""
    return NOON + timedelta(seconds=seconds)


def in_system(crs, east_m=0.0):
    """The place of the tests in the numbers of a coordinate system."""
    lon, lat = from_cgcs2000(LON + east_m / 103_800, LAT, crs)
    return {"lon": lon, "lat": lat, "crs": crs.value}


async def test_one_is_stored_and_presence_is_there(phone, city):
    sent = check_in(-5, how="safe")
    (result,) = await phone.send(sent)
    assert result == {
        "id": sent["id"],
        "state": "stored",
        "reason": None,
        "message": None,
        "marks": [],
        "heard": False,
    }
    found = await phone.presence()
    assert (found.at, found.lon, found.lat, found.accuracy_m) == (at(-5), LON, LAT, 10.0)
    assert (found.how, found.how_at, found.coarse, found.crs) == ("safe", at(-5), False, "WGS84")
    assert found.duty_until == NOON + timedelta(minutes=80)
    grid = await phone.session.scalar(text("SELECT code FROM grid WHERE id = :id"), {"id": found.grid_id})
    assert grid == WEST
    assert await city.events("member.need_help") == []


async def test_a_single_one_need_not_be_in_a_list(phone):
    answer = await phone.client.post(PATH, json=check_in(), headers=phone.headers)
    assert [each["state"] for each in answer.json()["items"]] == ["stored"]


async def test_repeats_change_nothing_and_late_ones_never_move_presence_back(phone):
    first, second, late = check_in(-20), check_in(-10, east_m=30), check_in(-15, east_m=500)
    assert await phone.states(second, first) == ["stored", "stored"]
    assert await phone.states(late) == ["stale"]
    assert await phone.states(first, second, late, second) == ["duplicate"] * 4
    assert await phone.presence_at() == at(-10)
    assert await phone.kept() == [first["id"], late["id"], second["id"]]


async def test_an_id_is_taken_once(phone, idle):
    first = check_in(-10)
    for other in (
        check_in(-10, east_m=50),
        check_in(-9),
        check_in(-10, accuracy_m=11.0),
        check_in(-10, how="need_help"),
    ):
        assert await phone.states(first | {"accuracy_m": 10.0}, other | {"id": first["id"]}) in (
            ["stored", "id-reused"],
            ["duplicate", "id-reused"],
        )
    await track(idle.session, [idle.member], at(3600))
    await idle.session.commit()
    assert await idle.states(first) == ["id-reused"]
    assert await idle.states(check_in(-8) | {"id": first["id"]}) == ["stored"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"position": {"lat": 95.0}}, "invalid-position"),
        ({"position": {"lon": -180.5}}, "invalid-position"),
        ({"position": {"crs": "EPSG:4326"}}, "unknown-crs"),
        ({"position": FAR_OUT}, "outside-city"),
        ({"accuracy_m": 0}, "invalid-accuracy"),
        ({"accuracy_m": -3.0}, "invalid-accuracy"),
        ({"accuracy_m": 5000}, "too-inaccurate"),
        ({"at": "2026-06-04T04:00:00Z"}, "time-ahead"),
        ({"at": "2026-06-03T04:02:01Z"}, "time-ahead"),
        ({"at": "2026-06-02T03:59:59Z"}, "too-old"),
        ({"at": "1970-01-01T00:00:00Z"}, "too-old"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "too-old"),
        ({"at": "9999-12-31T23:59:59-12:00"}, "time-ahead"),
    ],
)
async def test_what_cannot_be_right_is_refused_alone(phone, changes, reason):
    good, bad = check_in(-10), check_in(-5, **changes)
    (one, other) = await phone.send(good, bad, **{"Accept-Language": "en"})
    assert (one["state"], other["state"], other["reason"]) == ("stored", "refused", reason)
    assert other["message"].endswith(".")
    assert await phone.kept() == [good["id"]]
    assert await phone.presence_at() == at(-10)


@pytest.mark.parametrize(
    ("body", "field", "slug"),
    [
        (b"[" + b",".join([json.dumps(check_in()).encode()] * 501) + b"]", "body", "invalid-body"),
        (b"[]", "body", "invalid-body"),
        (b"7", "body", "invalid-body"),
        (json.dumps([check_in(), check_in(position={"lat": "21"})]), "1.position.lat", "invalid-position"),
        (json.dumps([check_in(), check_in(position={"lat": False})]), "1.position.lat", "invalid-position"),
        (json.dumps([check_in(), check_in(), check_in(id="x")]), "2.id", "invalid-body"),
        (json.dumps(check_in(at="2026-06-03T12:00:00")), "at", "invalid-body"),
        (json.dumps([check_in(at=1780459200)]), "0.at", "invalid-body"),
        (json.dumps([check_in(speed=3)]), "0.speed", "invalid-body"),
        (json.dumps([check_in(how="fine")]), "0.how", "invalid-body"),
        (json.dumps([check_in()]).replace('"accuracy_m"', '"accuracy"'), "0.accuracy", "invalid-body"),
        (json.dumps([check_in()]).replace("10.0", "1e999"), "0.accuracy_m", "invalid-body"),
        (json.dumps([check_in()]).replace("10.0", "NaN"), None, "malformed-json"),
        (b"[" * 100_000, "0", "invalid-body"),
        (b'{"id": ', None, "malformed-json"),
        (b"\xff\xfe", None, "malformed-json"),
        (b"", None, "malformed-json"),
    ],
)
async def test_what_cannot_be_read_is_refused_whole_and_named(phone, body, field, slug):
    answer = await phone.client.post(PATH, content=body, headers=phone.headers)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (422, f"/problems/{slug}")
    assert field is None or [each["field"] for each in problem["errors"]] == [field]
    assert await phone.kept() == []


async def test_five_hundred_are_taken_and_a_body_too_large_is_not(phone):
    many = [check_in(-number, east_m=number) for number in range(500)]
    assert await phone.states(*many) == ["stored"] * 500
    assert await phone.presence_at() == NOON
    answer = await phone.client.post(PATH, content=b" " * 1_000_001, headers=phone.headers)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/body-too-large")


async def test_off_duty_nothing_is_kept(idle, session):
    (result,) = await idle.send(check_in(how="need_help"))
    assert (result["state"], result["reason"]) == ("refused", "off-duty")
    assert "没有保存" in result["message"]
    assert await idle.kept() == []
    assert await idle.presence() is None


async def test_taken_while_tracked_and_no_longer(idle, session):
    await track(session, [idle.member], at(3600))
    await session.commit()
    assert await idle.states(check_in(-2)) == ["stored"]
    await stop_tracking(session, [idle.member])
    await session.commit()
    assert await idle.states(check_in(-1)) == ["off-duty"]
    assert await idle.presence_at() == at(-2)


async def test_taken_until_duty_ends_and_looked_at_anew_when_it_changes(phone, session, clock):
    assert await phone.states(check_in()) == ["stored"]
    await session.execute(text("DELETE FROM duty_slot"))
    await session.commit()
    assert await phone.states(check_in(1)) == ["clock_skew"]
    await forget_duty(session, [phone.member])
    await session.commit()
    assert await phone.states(check_in(2)) == ["off-duty"]
    await phone.client.put("/api/v1/me/duty", json={"state": "on"}, headers=phone.headers)
    assert await phone.states(check_in(2)) == ["clock_skew"]
    assert (await phone.presence()).duty_until == NOON + timedelta(hours=24)
    clock.at = at(600)
    await session.execute(text("UPDATE presence SET duty_until = :now"), {"now": clock.at})
    await session.commit()
    assert await phone.states(check_in(600)) == ["stored"]
    assert (await phone.presence()).duty_until == clock.at + timedelta(hours=24)


async def test_a_deactivated_member_is_off_duty_at_once(phone, admin):
    assert await phone.states(check_in()) == ["stored"]
    path = f"/api/v1/members/{phone.member}"
    await phone.client.patch(path, json={"active": False}, headers=admin)
    assert await phone.states(check_in(1)) == ["off-duty"]


async def test_a_clock_that_is_ahead_counts_as_the_servers(phone):
    assert await phone.states(check_in(30), check_in(60, east_m=500)) == ["clock_skew", "clock_skew"]
    found = await phone.presence()
    assert (found.at, found.marks) == (NOON, ["clock_skew"])
    assert found.lon == pytest.approx(LON + 500 / 103_800)


async def test_too_fast_is_not_believed_until_a_second_agrees(phone):
    # 1.8 km in 20 s are 324 km/h.
    assert await phone.states(check_in(-60), check_in(-40, east_m=1800)) == ["stored", "too_fast"]
    found = await phone.presence()
    assert (found.at, found.lon, found.marks) == (at(-60), LON, ["too_fast"])
    assert await phone.states(check_in(-30, east_m=1850)) == ["stored"]
    found = await phone.presence()
    assert (found.at, found.marks) == (at(-30), [])


async def test_a_jump_and_back_leaves_presence_where_it_was(phone):
    states = await phone.states(check_in(-60), check_in(-58, east_m=2500), check_in(-50, east_m=5))
    assert states == ["stored", "jump", "stored"]
    assert await phone.presence_at() == at(-50)
    # What an inaccurate one and the time in between explain is no jump.
    assert await phone.states(check_in(-40, east_m=2000, accuracy_m=1900)) == ["stored"]


@pytest.mark.parametrize(
    ("before", "named", "speaks", "state"),
    [
        (Crs.GCJ02, Crs.WGS84, Crs.GCJ02, "crs_doubtful"),
        (Crs.GCJ02, Crs.CGCS2000, Crs.GCJ02, "crs_doubtful"),
        (Crs.WGS84, Crs.GCJ02, Crs.WGS84, "crs_doubtful"),
        (Crs.BD09, Crs.GCJ02, Crs.BD09, "crs_doubtful"),
        (Crs.GCJ02, Crs.WGS84, Crs.WGS84, "stored"),
        (Crs.WGS84, Crs.GCJ02, Crs.GCJ02, "stored"),
        (Crs.WGS84, Crs.CGCS2000, Crs.WGS84, "stored"),
    ],
)
async def test_a_phone_that_names_another_system_but_speaks_the_old_one_is_doubted(
    phone, before, named, speaks, state
):
    good = check_in(-100, position=in_system(before))
    odd = [check_in(seconds, position=in_system(speaks, 40) | {"crs": named.value}) for seconds in (-50, -10)]
    assert await phone.states(good, *odd) == ["stored", state, state]
    found = await phone.presence()
    assert found.at == (at(-10) if state == "stored" else at(-100))
    assert (found.lon, found.lat) == pytest.approx((LON, LAT), abs=0.0005)


async def test_need_help_is_heard_once_and_names_no_place(phone, city):
    sent = check_in(-5, how="need_help")
    assert await phone.states(sent, check_in(-4, how="safe")) == ["stored", "stored"]
    assert await phone.states(sent) == ["duplicate"]
    ((area, units, member, data),) = await city.events("member.need_help")
    assert (area, units, member) == (WEST, ["U-WEST"], phone.member)
    call = await phone.session.scalar(text("SELECT id::text FROM help_call"))
    said = {"grid": WEST, "name": "西社区", "checkin": sent["id"], "placed": True}
    assert data == said | {"drill": False, "call": call}
    found = await phone.presence()
    assert (found.how, found.how_at) == ("safe", at(-4))


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        ({"accuracy_m": 5000.0}, "too-inaccurate"),
        ({"accuracy_m": -1.0}, "invalid-accuracy"),
        ({"position": {"lat": 95.0}}, "invalid-position"),
        ({"position": {"crs": "MARS"}}, "unknown-crs"),
        ({"position": {"lat": 0.0}}, "outside-city"),
        ({"at": (NOON + timedelta(hours=3)).isoformat()}, "time-ahead"),
        ({"at": "1970-01-01T00:00:00Z"}, "too-old"),
    ],
)
async def test_a_call_for_help_is_heard_though_its_position_cannot_be_taken(phone, city, faults, reason):
    assert await phone.states(check_in(-60)) == ["stored"]
    before = await phone.presence()
    call = check_in(-5, how="need_help", **faults)
    for _ in range(2):
        ((item),) = await phone.send(call)
        assert (item["state"], item["reason"], item["heard"]) == ("refused", reason, True)
        assert item["message"].startswith("调度员已收到您的求助")
    ((area, units, member, data),) = await city.events("member.need_help")
    assert (area, units, member) == (WEST, ["U-WEST"], phone.member)
    kept = await phone.session.scalar(text("SELECT id::text FROM help_call"))
    said = {"grid": WEST, "name": "西社区", "checkin": call["id"], "placed": False}
    assert data == said | {"drill": False, "call": kept}
    assert len(await phone.kept()) == 1
    found = await phone.presence()
    assert (found.at, found.lon, found.lat, found.how) == (before.at, before.lon, before.lat, "need_help")


async def test_a_call_for_help_of_somebody_who_was_never_seen_names_where_they_live(phone, city):
    ((item),) = await phone.send(check_in(-5, how="need_help", accuracy_m=5000.0))
    assert item["heard"]
    ((area, _, _, data),) = await city.events("member.need_help")
    assert (area, data["placed"]) == (data["grid"], False)


@pytest.mark.parametrize("faults", [{}, {"accuracy_m": 5000.0}, {"at": "1970-01-01T00:00:00Z"}])
async def test_off_duty_a_call_for_help_keeps_nothing_and_says_whom_to_call(idle, city, faults):
    call = check_in(-5, how="need_help", **faults)
    ((zh),) = await idle.send(call)
    ((en),) = await idle.send(call, **{"Accept-Language": "en"})
    assert [(each["state"], each["reason"], each["heard"]) for each in (zh, en)] == [
        ("refused", "off-duty", False)
    ] * 2
    assert all(number in each["message"] for each in (zh, en) for number in ("120", "119", "110"))
    assert zh["message"].startswith("调度员没有收到您的求助！")
    assert (await city.events("member.need_help"), await idle.presence(), await idle.kept()) == ([], None, [])


async def test_a_late_word_is_heard_but_does_not_overrule_a_newer_one(phone, city):
    assert await phone.states(check_in(-5, how="safe")) == ["stored"]
    assert await phone.states(check_in(-50, how="need_help")) == ["stale"]
    assert len(await city.events("member.need_help")) == 1
    assert (await phone.presence()).how == "safe"


async def test_only_members_may_and_a_refusal_goes_on_record(phone, admin, client, city):
    answer = await client.post(PATH, json=[check_in()], headers=admin)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")
    # Who may not is told that, whatever the body.
    assert (await client.post(PATH, content=b"{", headers=admin)).status_code == 403
    assert await city.audited("refused") == [("checkin.write", f"POST {PATH}", {})] * 2
    for headers in ({}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic eDp5"}):
        assert (await client.post(PATH, json=[check_in()], headers=headers)).status_code == 401


async def test_a_revoked_phone_is_out_at_once(phone, session):
    assert await phone.states(check_in()) == ["stored"]
    await session.execute(Device.__table__.update().values(revoked_at=NOON))
    await session.commit()
    for content in (json.dumps([check_in(1)]), b"{"):
        answer = await phone.client.post(PATH, content=content, headers=phone.headers)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/token-revoked")


async def test_more_than_can_wait_is_told_to_come_again(phone, monkeypatch):
    monkeypatch.setattr(served(phone).batcher, "room", 0)
    answer = await phone.client.post(PATH, json=[check_in()], headers=phone.headers)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/too-busy")
    assert answer.headers["Retry-After"] == "2"


async def test_what_is_wrong_with_one_request_is_its_own_alone(phone, idle, session, monkeypatch):
    """A batch that fails is taken by halves."""
    true = routes.take
    poison = check_in(-3)

    async def fails(session, graphs, zone, jobs_of, asks):
        if any(str(report.id) == poison["id"] for ask in asks for report in ask.reports):
            raise ZeroDivisionError
        return await true(session, graphs, zone, jobs_of, asks)

    monkeypatch.setattr(routes, "take", fails)
    items = [check_in(-10), check_in(-5), poison, check_in(-1)]
    answers = await served(phone).work([await ask_of(phone, item) for item in items])
    assert [type(answer).__name__ for answer in answers] == ["Taken", "Taken", "ZeroDivisionError", "Taken"]
    assert await phone.kept() == [items[number]["id"] for number in (0, 1, 3)]


def test_every_refusal_has_its_words():
    keys = {key.removeprefix("checkin.") for key in catalogue() if key.startswith("checkin.")}
    assert keys == set(Refusal)


def served(phone):
    """What serves the route."""
    (lane,) = phone.client._transport.app.lanes.values()
    return lane.route.answer.__self__


async def ask_of(phone, item):
    """A request as the batcher is given it."""
    token = phone.headers["Authorization"].removeprefix("Bearer ")
    claims = await phone.client._transport.app.state.tokens.verify(token, NOON)
    return Ask(claims, decode(json.dumps([item]).encode()), NOON)
