"""Hours counted once (双报到): sums by unit and by community, never by person; one's own engagements and week."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.dispatch.conftest import CHIKAN, offers_of
from tests.dispatch.people import local, normal_members, put, served, set_limits

WEDNESDAY = {"since": "2026-06-03T00:00:00+08:00", "until": "2026-06-04T00:00:00+08:00"}
NOBODY = {"total_hours": 0.0, "by_unit": [], "by_community": []}


@pytest.fixture
def hours(client, dispatcher):
    """The hours of a period, for the city's dispatcher unless others ask; without the period itself."""

    async def hours(headers=None, **period):
        answer = await client.get("/api/v1/hours", params=period, headers=headers or dispatcher)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        return {name: body[name] for name in NOBODY}

    return hours


@pytest.fixture
async def earlier(post, client, dispatcher):
    """A task in Chikan that was called off; engagements of the past are written as its own."""
    task = await post()
    await client.post(f"/api/v1/tasks/{task['id']}/cancel", headers=dispatcher)
    return task


async def whose(session, member):
    """A member's unit code, home community and its name."""
    row = await session.execute(
        text(
            "SELECT u.code, g.code, v.name FROM member m JOIN unit u ON u.id = m.unit_id"
            " JOIN grid g ON g.id = m.home_grid_id JOIN grid_version v ON v.grid_id = g.id AND v.valid_to IS NULL"
            " WHERE m.id = :id"
        ),
        {"id": member},
    )
    return tuple(row.one())


async def work(phone, task, member, clock, minutes):
    """Say yes, go there, and be done after so many minutes."""
    [offer] = [offer for offer in offers_of(task) if offer["member_id"] == member]
    engagement = (await phone(member, "POST", f"/offers/{offer['id']}/accept")).json()["engagement"]["id"]
    await phone(member, "POST", f"/engagements/{engagement}/on-scene")
    clock.at += timedelta(minutes=minutes)
    done = await phone(member, "POST", f"/engagements/{engagement}/release")
    assert done.status_code == 200, done.text
    return engagement


async def test_what_begins_in_office_hours_is_the_units_and_the_rest_the_communitys(
    post, phone, hours, session, clock
):
    [member] = await normal_members(session, 1)
    unit, community, name = await whose(session, member)
    for moment in ("2026-06-03 12:00", "2026-06-04 17:29", "2026-06-05 19:30"):
        clock.at = local(moment)
        await put(session, clock.at, member)
        await work(phone, await post(seats=[{"count": 1}]), member, clock, 90)
    assert await hours() == {
        "total_hours": 4.5,
        "by_unit": [{"unit": unit, "hours": 3.0}],
        "by_community": [{"community": community, "name": name, "hours": 1.5}],
    }


async def test_every_hour_is_counted_exactly_once(hours, session, clock, earlier):
    members = await normal_members(session, 30)
    expected = {"unit": {}, "community": {}}
    clock.at = local("2026-06-04 00:00")
    for number, member in enumerate(members):
        unit, community, _ = await whose(session, member)
        begin = local("2026-06-03 06:00") + timedelta(minutes=30 * number)
        counted_for = "unit" if number % 3 else "community"
        spent = timedelta(minutes=6 * (number % 9 + 1))
        await served(session, earlier, member, begin, begin + spent, counted_for=counted_for)
        whom = unit if counted_for == "unit" else community
        sums = expected[counted_for]
        sums[whom] = sums.get(whom, 0) + spent.total_seconds() / 3600
    found = await hours(**WEDNESDAY)
    assert {each["unit"]: each["hours"] for each in found["by_unit"]} == pytest.approx(expected["unit"])
    by_community = {each["community"]: each["hours"] for each in found["by_community"]}
    assert by_community == pytest.approx(expected["community"])
    whole = sum(6 * (number % 9 + 1) for number in range(30)) / 60
    shares = [each["hours"] for each in found["by_unit"] + found["by_community"]]
    assert found["total_hours"] == pytest.approx(sum(shares)) == pytest.approx(whole)
    # By code and not by hours: nobody is ranked.
    assert [each["unit"] for each in found["by_unit"]] == sorted(expected["unit"])
    assert [each["community"] for each in found["by_community"]] == sorted(expected["community"])


async def test_two_halves_of_a_period_add_up_to_the_whole(hours, session, clock, earlier):
    [member] = await normal_members(session, 1)
    unit, *_ = await whose(session, member)
    await served(session, earlier, member, local("2026-06-02 23:30"), local("2026-06-03 10:15"))
    middle = "2026-06-03T04:00:00+08:00"
    parts = [
        await hours(since=since, until=until)
        for since, until in (
            ("2026-06-02T00:00:00+08:00", "2026-06-03T00:00:00+08:00"),
            (WEDNESDAY["since"], middle),
            (middle, WEDNESDAY["until"]),
        )
    ]
    assert [part["total_hours"] for part in parts] == [0.5, 4.0, 6.25]
    assert await hours() == {
        "total_hours": 10.75,
        "by_unit": [{"unit": unit, "hours": 10.75}],
        "by_community": [],
    }


@pytest.mark.parametrize(
    ("past", "total"),
    [
        ({"end": None, "state": "on_scene"}, 2.0),
        ({"end": None, "state": "accepted", "on_scene": False}, 2.0),
        ({"state": "withdrawn"}, 1.0),
        ({"state": "cancelled"}, 1.0),
        ({"state": "released", "on_scene": False}, 1.0),
        ({"state": "withdrawn", "on_scene": False}, 0.0),
        ({"state": "no_show", "on_scene": False}, 0.0),
        ({"state": "preempted", "on_scene": False}, 0.0),
        ({"precedence": "drill"}, 0.0),
    ],
)
async def test_what_counts_is_what_was_worked_and_was_no_drill(hours, session, earlier, past, total):
    [member] = await normal_members(session, 1)
    fields = {"end": local("2026-06-03 11:00")} | past
    await served(session, earlier, member, local("2026-06-03 10:00"), **fields)
    # It is noon, whatever the period; until then is counted what goes on.
    found = await hours(**WEDNESDAY)
    assert found["total_hours"] == total
    assert len(found["by_unit"]) == bool(total)


async def test_the_week_is_what_is_meant_where_no_period_is_named(client, dispatcher, session, earlier):
    [member] = await normal_members(session, 1)
    await served(session, earlier, member, local("2026-05-31 20:00"), local("2026-06-01 02:00"))
    answer = (await client.get("/api/v1/hours", headers=dispatcher)).json()
    assert (answer["since"], answer["until"]) == ("2026-05-31T16:00:00Z", "2026-06-03T04:00:00Z")
    assert answer["total_hours"] == 2.0


@pytest.mark.parametrize(
    ("period", "slug"),
    [
        ({"since": WEDNESDAY["until"], "until": WEDNESDAY["since"]}, "empty-period"),
        ({"since": WEDNESDAY["since"], "until": WEDNESDAY["since"]}, "empty-period"),
        ({"since": "2026-07-01T00:00:00Z"}, "empty-period"),
        ({"since": "yesterday"}, "invalid-parameter"),
        ({"until": "2026-06-03T00:00:00"}, "invalid-parameter"),
    ],
)
async def test_a_period_has_a_beginning_before_its_end(client, dispatcher, period, slug):
    answer = await client.get("/api/v1/hours", params=period, headers=dispatcher)
    assert (answer.status_code, answer.json()["type"]) == (422, f"/problems/{slug}")


async def test_each_sees_the_part_that_is_theirs(client, hours, session, login, earlier):
    ours, other = await normal_members(session, 2)
    (unit, community, name), (other_unit, *_) = await whose(session, ours), await whose(session, other)
    assert unit != other_unit
    begin = local("2026-06-03 09:00")
    await served(session, earlier, ours, begin, begin + timedelta(hours=1))
    await served(session, earlier, ours, begin, begin + timedelta(hours=2), counted_for="community")
    await served(session, earlier, other, begin, begin + timedelta(hours=4))
    for role, scope, total in (
        ("dispatcher", {"areas": ["440802"]}, 7.0),
        ("dispatcher", {"areas": ["440803"]}, 0.0),
        ("dispatcher", {}, 0.0),
        ("auditor", {"areas": ["4408"]}, 7.0),
        ("auditor", {"areas": ["440883"]}, 0.0),
        ("admin", {}, 7.0),
        ("unit_manager", {"units": [unit]}, 1.0),
        ("unit_manager", {"units": [unit, other_unit]}, 5.0),
        ("unit_manager", {}, 0.0),
    ):
        assert (await hours(await login(role, **scope), **WEDNESDAY))["total_hours"] == total, (role, scope)
    manager = await login("unit_manager", units=[unit])
    assert await hours(manager, **WEDNESDAY) == {
        "total_hours": 1.0,
        "by_unit": [{"unit": unit, "hours": 1.0}],
        "by_community": [],
    }
    both = await login("unit_manager", "dispatcher", units=[unit], areas=["440803"])
    assert (await hours(both, **WEDNESDAY))["total_hours"] == 1.0
    found = await hours(**WEDNESDAY)
    assert found["by_community"] == [{"community": community, "name": name, "hours": 2.0}]
    answer = await client.get("/api/v1/hours", params=WEDNESDAY, headers=manager)
    assert not any(person in answer.text for person in (ours, other))


@pytest.mark.parametrize("role", ["gis", "member"])
async def test_others_see_no_hours(client, login, role):
    assert (await client.get("/api/v1/hours", headers=await login(role))).status_code == 403


async def test_a_member_sees_what_each_of_their_engagements_counts(post, phone, session, clock):
    [member] = await normal_members(session, 1)
    await set_limits(session, member, hours=6)
    kept = []
    for moment, drill in (
        ("2026-06-03 12:00", False),
        ("2026-06-08 12:00", True),
        ("2026-06-09 19:00", False),
    ):
        clock.at = local(moment)
        await put(session, clock.at, member)
        task = await post(seats=[{"count": 1}], drill=drill)
        kept.append(await work(phone, task, member, clock, 45))
    answer = await phone(member, "GET", "/me/hours")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["next"] is None
    assert body["week"] == {"since": "2026-06-07T16:00:00Z", "hours": 0.75, "ceiling": 6.0}
    assert [each["engagement_id"] for each in body["items"]] == kept[::-1]
    assert [(each["hours"], each["counted_for"], each["drill"]) for each in body["items"]] == [
        (0.75, "community", False),
        (0.0, "unit", True),
        (0.75, "unit", False),
    ]
    newest = body["items"][0]
    assert (newest["category"], newest["category_name"]) == ("emergency_response", "应急处突")
    assert (newest["grid_name"], newest["state"]) == (task["grid"]["name"], "released")
    assert newest["accepted_at"] == newest["on_scene_at"] == "2026-06-09T11:00:00Z"
    assert newest["ended_at"] == "2026-06-09T11:45:00Z"
    assert str(CHIKAN[0]) not in answer.text


async def test_ones_own_engagements_are_paged_and_nobody_elses(phone, session, earlier):
    member, other = await normal_members(session, 2)
    begin = local("2026-05-20 09:00")
    ids = [
        str(
            await served(
                session, earlier, member, begin + timedelta(days=day), begin + timedelta(days=day, hours=1)
            )
        )
        for day in range(3)
    ]
    foreign = await served(session, earlier, other, begin, begin + timedelta(hours=1))
    first = (await phone(member, "GET", "/me/hours", params={"limit": 2})).json()
    second = (await phone(member, "GET", "/me/hours", params={"limit": 2, "after": first["next"]})).json()
    shown = [each["engagement_id"] for each in first["items"] + second["items"]]
    assert (shown, second["next"]) == (ids[::-1], None)
    assert str(foreign) not in shown
    # The week and its ceiling are the city's, and on every page.
    assert first["week"] == second["week"] == {"since": "2026-05-31T16:00:00Z", "hours": 0.0, "ceiling": 20.0}


async def test_who_is_no_member_has_no_hours_of_their_own(client, login, dispatcher):
    assert (await client.get("/api/v1/me/hours", headers=dispatcher)).status_code == 403
    nobody = await login("member")
    assert (await client.get("/api/v1/me/hours", headers=nobody)).status_code == 404
