"""People's limits as stories: at home on a Sunday, at rest, a full week, quiet hours, unwanted; and what is known of
how somebody answers."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from service.db.base import new_id
from service.dispatch.queries.candidates import candidates_named
from service.dispatch.queries.ground import ground_of
from service.tasks.rules import COMMUNITY_SEATS, Urgency, is_for_the_town, residents_of
from tests.dispatch.conftest import CHIKAN, offers_of
from tests.dispatch.people import (
    NORTH,
    asked,
    local,
    normal_members,
    on_duty,
    put,
    served,
    set_limits,
    settle_in,
)

COLLECTED = 1
"""Minutes, in which the batch has been matched."""
ROUTINE = {"category": "public_request", "urgency": "routine", "seats": [{"count": 1}]}
SUNDAY = local("2026-06-07 10:00")
ELSEWHERE = "g.code NOT LIKE '440802%' AND o.code NOT LIKE '440802%'"
"""Neither at home nor at work in the county of CHIKAN."""


@pytest.fixture
def ledger(client, dispatcher):
    """What the ledger says of each member in a task's last wave: "asked", or (reason, detail)."""

    async def ledger(task):
        answer = await client.get(f"/api/v1/tasks/{task['id']}/waves", headers=dispatcher)
        wave = answer.json()["items"][-1]
        found = {each["member_id"]: (each["reason"], each["detail"]) for each in wave["not_chosen"]}
        return found | {each["member_id"]: "asked" for each in wave["chosen"]}

    return ledger


@pytest.fixture
def choose(client, dispatcher):
    """Ask a member by hand; gives the status, and the problem or the new offer's member."""

    async def choose(task, member, **more):
        answer = await client.post(
            f"/api/v1/tasks/{task['id']}/offers", json={"member_ids": [member], **more}, headers=dispatcher
        )
        if answer.status_code == 201:
            return 201, answer.json()["waves"][-1]["offers"][0]["member_id"]
        return answer.status_code, answer.json()["type"], answer.json()["errors"][0]["reason"]

    return choose


@pytest.fixture
def known(session, settings, graphs, clock):
    """What planning knows of a member now."""

    async def known(member):
        ground = await ground_of(session, graphs, settings)
        [candidate] = await candidates_named(
            session, ground, [UUID(member)], new_id(), ((0, 0.2), (7, 0.4), (22, 0.3)), clock.at
        )
        return candidate

    return known


@pytest.fixture
async def community(session, graphs):
    """The code of the community at CHIKAN."""
    return (await graphs.current(session)).locate(*CHIKAN).leaf.code


@pytest.fixture
async def earlier(post, client, dispatcher):
    """A task that was called off; offers and engagements of the past are written as its own."""
    task = await post()
    await client.post(f"/api/v1/tasks/{task['id']}/cancel", headers=dispatcher)
    return task


async def test_on_a_sunday_a_member_acts_for_the_community_where_they_live(
    post, client, dispatcher, let_pass, session, clock
):
    clock.at = SUNDAY
    neighbour, guest = await normal_members(session, 2, "g.code LIKE '440802%' AND o.code NOT LIKE '440802%'")
    lon, lat, community = (
        await session.execute(
            text(
                "SELECT ST_X(home), ST_Y(home), g.code FROM member m JOIN grid g ON g.id = m.home_grid_id"
                " WHERE m.id = :id"
            ),
            {"id": neighbour},
        )
    ).one()
    await session.execute(
        text(
            "UPDATE member SET active = false WHERE id <> :id"
            " AND home_grid_id = (SELECT home_grid_id FROM member WHERE id = :id)"
        ),
        {"id": neighbour},
    )
    await settle_in(session, await another_community(session, community), guest)
    await on_duty(session, neighbour)
    place = (lon, lat + NORTH)
    await put(session, clock.at, guest, place=place)
    task = await post(*place, **ROUTINE | {"seats": [{"count": 2}]})
    assert task["grid"]["code"] == community
    await let_pass(COLLECTED)
    waves = await client.get(f"/api/v1/tasks/{task['id']}/waves", headers=dispatcher)
    [wave] = waves.json()["items"]
    # Nobody knows where the neighbour is: at home, it is supposed. Who lives elsewhere costs three minutes more.
    chosen = {each["member_id"]: (each["source"], each["cost"]) for each in wave["chosen"]}
    minutes = NORTH * 111.0 * 1.4 / 30 * 60
    assert chosen == {neighbour: ("home", pytest.approx(minutes, abs=0.02)), guest: ("presence", 3.0)}


async def another_community(session, community):
    """A community of another county."""
    return await session.scalar(
        text(
            "SELECT g.code FROM grid g JOIN grid_version v ON v.grid_id = g.id AND v.leaf AND v.valid_to IS NULL"
            " WHERE g.layer = 'governance' AND left(g.code, 6) <> :county ORDER BY g.code LIMIT 1"
        ),
        {"county": community[:6]},
    )


async def test_on_a_working_day_the_same_member_is_at_the_office(session, clock, known):
    [member] = await normal_members(session, 1, "g.code LIKE '440802%' AND o.code NOT LIKE '440802%'")
    await session.execute(text("DELETE FROM presence WHERE member_id = :id"), {"id": member})
    places = {}
    for name, moment in (
        ("working day", clock.at),
        ("evening", local("2026-06-03 18:00")),
        ("sunday", SUNDAY),
    ):
        clock.at = moment
        places[name] = (await known(member)).place.source
    assert places == {"working day": "office", "evening": "home", "sunday": "home"}


REST = 120


@pytest.fixture
async def resting_playbooks(session):
    """Every playbook asks for two hours of rest."""
    for mode in ("normal", "emergency"):
        await session.execute(
            text(
                f"UPDATE playbook SET sections = jsonb_set(sections, '{{{mode},rest_minutes}}',"
                " to_jsonb(CAST(:rest AS float)))"
            ),
            {"rest": REST},
        )
    await session.commit()


@pytest.mark.usefixtures("resting_playbooks")
async def test_after_the_scene_a_member_rests_until_a_time_and_is_then_asked_again(
    post, phone, ledger, session, clock, client, dispatcher
):
    [member] = await normal_members(session, 1)
    await put(session, clock.at, member)
    task = await post(seats=[{"count": 1}])
    [offer] = [each for each in offers_of(task) if each["member_id"] == member]
    engagement = (await phone(member, "POST", f"/offers/{offer['id']}/accept")).json()["engagement"]
    await phone(member, "POST", f"/engagements/{engagement['id']}/on-scene")
    clock.at += timedelta(hours=1)
    await phone(member, "POST", f"/engagements/{engagement['id']}/release")
    rested = clock.at + timedelta(minutes=REST)

    clock.at = rested - timedelta(minutes=1)
    await put(session, clock.at, member)
    next_task = await post(seats=[{"count": 1}])
    assert (await ledger(next_task))[member] == ("resting", {"until": rested.isoformat()})
    await client.post(f"/api/v1/tasks/{next_task['id']}/cancel", headers=dispatcher)

    clock.at = rested
    assert (await ledger(await post(seats=[{"count": 1}])))[member] == "asked"


@pytest.mark.usefixtures("resting_playbooks")
@pytest.mark.parametrize(
    ("steps", "end", "drill", "rests"),
    [
        (["on-scene"], "release", False, True),
        (["en-route", "on-scene"], "close", False, True),
        (["on-scene"], "withdraw", False, True),
        (["on-scene"], "cancel", False, True),
        (["en-route"], "close", False, False),
        (["en-route"], "withdraw", False, False),
        ([], "no-show", False, False),
        ([], "cancel", False, False),
        (["on-scene"], "release", True, False),
        (["on-scene"], "close", True, False),
    ],
)
async def test_who_was_on_the_scene_rests_and_nobody_else(
    post, phone, session, clock, client, dispatcher, steps, end, drill, rests
):
    task = await post(seats=[{"count": 1}], drill=drill)
    offer = offers_of(task)[0]
    member = offer["member_id"]
    engagement = (await phone(member, "POST", f"/offers/{offer['id']}/accept")).json()["engagement"]["id"]
    for step in steps:
        await phone(member, "POST", f"/engagements/{engagement}/{step}")
    clock.at += timedelta(minutes=30)
    if end in ("close", "cancel"):
        answer = await client.post(f"/api/v1/tasks/{task['id']}/{end}", headers=dispatcher)
    elif end == "no-show":
        answer = await client.post(f"/api/v1/engagements/{engagement}/no-show", headers=dispatcher)
    else:
        answer = await phone(member, "POST", f"/engagements/{engagement}/{end}")
    assert answer.status_code == 200, answer.text
    until = await session.scalar(text("SELECT rest_until FROM engagement WHERE id = :id"), {"id": engagement})
    assert until == (clock.at + timedelta(minutes=REST) if rests else None)


async def test_a_member_whose_week_is_full_is_not_asked_until_monday(post, ledger, session, clock, earlier):
    full, free = await normal_members(session, 2)
    await set_limits(session, full, hours=4)
    await set_limits(session, free, hours=4.25)
    for member in (full, free):
        # The hour before midnight belongs to the week before.
        await served(session, earlier, member, local("2026-05-31 23:00"), local("2026-06-01 01:00"))
        await served(session, earlier, member, local("2026-06-02 09:00"), local("2026-06-02 12:00"))
    await put(session, clock.at, full, free)
    found = await ledger(await post())
    assert found[full] == ("weekly_hours", {"hours": 4.0, "limit": 4.0})
    assert found[free] == "asked"

    clock.at = local("2026-06-08 00:00")
    await put(session, clock.at, full)
    assert (await ledger(await post()))[full] == "asked"


async def test_the_city_has_a_ceiling_for_those_who_set_none(known, session, clock, earlier):
    [member] = await normal_members(session, 1)
    await served(session, earlier, member, local("2026-06-01 00:00"), local("2026-06-01 20:00"))
    candidate = await known(member)
    assert (candidate.week_hours, candidate.most_week_hours) == (20.0, 20.0)


@pytest.mark.parametrize(
    ("past", "hours", "load"),
    [
        ([], 0.0, 0),
        ([{"end": "2026-06-03 10:30"}], 2.5, 1),
        ([{"end": None, "state": "on_scene"}], 4.0, 1),
        ([{"end": None, "state": "accepted", "on_scene": False}], 4.0, 1),
        ([{"end": "2026-06-03 09:00", "state": "withdrawn", "on_scene": False}], 0.0, 1),
        ([{"end": "2026-06-03 09:00", "state": "withdrawn"}], 1.0, 1),
        ([{"end": "2026-06-03 09:00", "state": "no_show", "on_scene": False}], 0.0, 1),
        ([{"end": "2026-06-03 10:30", "precedence": "drill"}], 0.0, 0),
        ([{"begin": "2026-05-07 12:01", "end": "2026-05-07 13:00"}], 0.0, 1),
        ([{"begin": "2026-05-06 11:59", "end": "2026-05-06 13:00"}], 0.0, 0),
        ([{"end": "2026-06-03 09:00"}, {"begin": "2026-06-03 09:30", "end": "2026-06-03 10:00"}], 1.5, 2),
    ],
)
async def test_what_a_member_has_done_of_late_is_known_without_drills(
    known, session, earlier, past, hours, load
):
    [member] = await normal_members(session, 1)
    for each in past:
        fields = {"begin": "2026-06-03 08:00"} | each
        times = {name: fields[name] and local(fields[name]) for name in ("begin", "end")}
        await served(session, earlier, member, **fields | times)
    candidate = await known(member)
    assert (candidate.week_hours, candidate.recent_load) == (hours, load)


async def test_in_quiet_hours_a_member_is_spared_what_is_routine(
    post, let_pass, ledger, session, clock, community
):
    clock.at = local("2026-06-03 23:00")
    asleep, awake, late = await normal_members(session, 3)
    await set_limits(session, awake, quiet=(0, 0))
    await set_limits(session, late, quiet=(23 * 60 + 30, 420))
    await settle_in(session, community, asleep, awake, late)
    await put(session, clock.at, asleep, awake, late)
    routine = await post(**ROUTINE | {"seats": [{"count": 3}]})
    await let_pass(COLLECTED)
    found = await ledger(routine)
    assert (found[awake], found[late]) == ("asked", "asked")
    assert found[asleep] == ("quiet_hours", {"until": local("2026-06-04 07:00").isoformat()})
    urgent = await post(**ROUTINE | {"urgency": "urgent"})
    await let_pass(COLLECTED)
    assert (await ledger(urgent))[asleep] == "asked"


async def test_what_is_critical_asks_also_in_quiet_hours(post, ledger, session, clock):
    clock.at = local("2026-06-03 23:00")
    [asleep] = await normal_members(session, 1)
    await put(session, clock.at, asleep)
    assert (await ledger(await post(seats=[{"count": 1}])))[asleep] == "asked"


async def test_an_unwanted_category_may_be_overruled(post, let_pass, ledger, choose, session, clock):
    [member] = await normal_members(session, 1)
    await set_limits(session, member, unwanted=["public_request"])
    await put(session, clock.at, member)
    task = await post(**ROUTINE)
    await let_pass(COLLECTED)
    assert (await ledger(task))[member] == ("unwanted", {"category": "public_request"})
    assert await choose(task, member) == (409, "/problems/soft-rule-broken", "unwanted")
    assert await choose(task, member, overrule="只有他会修水闸") == (201, member)


async def test_what_law_or_health_excludes_may_not(post, let_pass, ledger, choose, session, clock):
    [member] = await normal_members(session, 1)
    await session.execute(
        text("UPDATE member SET opted_out = '{public_request}' WHERE id = :id"), {"id": member}
    )
    await put(session, clock.at, member)
    task = await post(**ROUTINE)
    await let_pass(COLLECTED)
    assert (await ledger(task))[member] == ("opted_out", {"category": "public_request"})
    assert await choose(task, member, overrule="急") == (409, "/problems/hard-rule-broken", "opted_out")


async def test_limits_set_on_the_phone_hold_from_the_next_wave_on(post, phone, ledger, session, clock):
    [member] = await normal_members(session, 1)
    await put(session, clock.at, member)
    await phone(member, "PUT", "/me/limits", json={"unwanted": ["emergency_response"]})
    assert (await ledger(await post()))[member] == ("unwanted", {"category": "emergency_response"})
    await phone(member, "PUT", "/me/limits", json={})
    assert (await ledger(await post()))[member] == "asked"


PRIOR, TARGET = 0.4, 0.9
"""Of the emergency playbook at noon."""


@pytest.mark.parametrize(("yes", "no", "asked_for_one"), [(0, 0, 5), (0, 20, 6), (20, 0, 3)])
async def test_who_seldom_comes_is_asked_all_the_same_and_more_beside_them(
    post, client, dispatcher, session, clock, earlier, yes, no, asked_for_one
):
    for mode in ("normal", "emergency"):
        await session.execute(
            text(
                f"UPDATE playbook SET sections = jsonb_set(jsonb_set(sections, '{{{mode},acceptance_prior}}',"
                f" '[[0, {PRIOR}]]'), '{{{mode},target_probability}}', '{TARGET}'), levels = '{{}}'"
            )
        )
    nearest, *others = await normal_members(session, 9)
    await put(session, clock.at, nearest)
    await put(session, clock.at, *others, place=(CHIKAN[0], CHIKAN[1] + NORTH))
    for number in range(yes + no):
        state, answer = ("accepted", "yes") if number < yes else ("declined", "no")
        at = clock.at - timedelta(days=number + 1)
        await asked(session, earlier, nearest, at, state, answer)
    task = await post(seats=[{"count": 1}])
    waves = await client.get(f"/api/v1/tasks/{task['id']}/waves", headers=dispatcher)
    [wave] = waves.json()["items"]
    assert wave["chosen"][0]["member_id"] == nearest
    # Eight answers' worth of the prior, and their own.
    expected = (8 * PRIOR + yes) / (8 + yes + no)
    assert wave["chosen"][0]["acceptance"] == pytest.approx(expected, abs=5e-4)
    none_comes = (1 - expected) * (1 - PRIOR) ** (asked_for_one - 1)
    assert 1 - none_comes >= TARGET > 1 - none_comes / (1 - PRIOR)
    assert len(wave["chosen"]) == asked_for_one


def posterior(yes, decided):
    """What is expected of somebody at noon, with a prior of 0.4 worth eight answers."""
    return (8 * 0.4 + yes) / (8 + decided)


@pytest.mark.parametrize(
    ("past", "expected"),
    [
        ([], posterior(0, 0)),
        ([("accepted", "yes", 1)], posterior(1, 1)),
        ([("declined", "no", 1)], posterior(0, 1)),
        ([("expired", None, 1)], posterior(0, 1)),
        ([("stood_down", "yes", 1)], posterior(1, 1)),
        ([("stood_down", None, 1), ("superseded", None, 2), ("cancelled", None, 3)], posterior(0, 0)),
        ([("declined", "no", 179), ("declined", "no", 181)], posterior(0, 1)),
        ([("accepted", "yes", day) for day in range(1, 31)], posterior(20, 20)),
        (
            [("declined", "no", day) for day in range(1, 20)]
            + [("accepted", "yes", day) for day in range(20, 40)],
            posterior(1, 20),
        ),
    ],
)
async def test_how_likely_a_yes_is_follows_from_ones_own_newest_answers(
    known, session, clock, earlier, past, expected
):
    [member] = await normal_members(session, 1)
    for state, answer, days in past:
        await asked(session, earlier, member, clock.at - timedelta(days=days), state, answer)
    assert (await known(member)).acceptance == pytest.approx(expected)


async def test_answers_in_drills_say_nothing(known, session, clock, earlier):
    [member] = await normal_members(session, 1)
    for state, answer in (("declined", "no"), ("expired", None), ("accepted", "yes")):
        at = clock.at - timedelta(days=1)
        await asked(session, earlier, member, at, state, answer, precedence="drill")
    assert (await known(member)).acceptance == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("moment", "expected"), [("06:59", 0.2), ("07:00", 0.4), ("21:59", 0.4), ("22:00", 0.3)]
)
async def test_what_is_expected_of_the_unknown_goes_by_the_local_hour(
    known, session, clock, moment, expected
):
    clock.at = local(f"2026-06-03 {moment}")
    [member] = await normal_members(session, 1)
    assert (await known(member)).acceptance == pytest.approx(expected)


@pytest.fixture
async def residents(session, clock, community):
    """Three who live in the community at CHIKAN and three who do not: all are right there now."""
    members = await normal_members(session, 6, ELSEWHERE)
    await settle_in(session, community, *members[:3])
    await put(session, clock.at, *members)
    return members[:3], members[3:]


async def homes(session, members):
    """The communities where members live."""
    found = await session.scalars(
        text(
            "SELECT left(g.code, 12) FROM member m JOIN grid g ON g.id = m.home_grid_id"
            " WHERE m.id = ANY(CAST(:members AS uuid[]))"
        ),
        {"members": list(members)},
    )
    return set(found)


async def test_only_residents_are_asked_where_the_task_says_so(post, ledger, residents, community, session):
    inside, outside = residents
    task = await post(seats=[{"count": 5}], residents_only=True)
    assert task["residents_of"] == community
    found = await ledger(task)
    assert {found[member] for member in inside} == {"asked"}
    assert [found[member] for member in outside] == [("not_resident", {"community": community})] * 3
    assert await homes(session, (o["member_id"] for o in offers_of(task))) == {community}


async def test_a_communitys_dispatcher_asks_its_residents_whether_they_say_so_or_not(
    post, read, let_pass, residents, community, login, session
):
    headers = await login("dispatcher", areas=[community])
    task = await post(**ROUTINE | {"seats": [{"count": COMMUNITY_SEATS}]}, headers=headers)
    assert task["residents_of"] == community
    await let_pass(COLLECTED)
    asked_here = {offer["member_id"] for offer in offers_of(await read(task["id"]))}
    assert asked_here >= set(residents[0])
    assert await homes(session, asked_here) == {community}


async def test_a_communitys_dispatcher_leaves_what_is_large_to_the_town(client, login, community, session):
    headers = await login("dispatcher", areas=[community])
    body = {
        "category": "public_request",
        "title": "演练：搬运物资",
        "urgency": "urgent",
        "location": {"lon": CHIKAN[0], "lat": CHIKAN[1], "crs": "CGCS2000"},
        "seats": [{"count": 3}, {"count": 3}],
    }
    refused = await client.post("/api/v1/tasks", json=body, headers=headers | {"Accept-Language": "en"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/community-task-too-large")
    assert "6 seats" in refused.json()["detail"]
    assert "town's dispatcher" in refused.json()["detail"]
    assert await session.scalar(text("SELECT count(*) FROM task")) == 0
    town = await login("dispatcher", areas=[community, community[:9]])
    posted = await client.post("/api/v1/tasks", json=body, headers=town)
    assert (posted.status_code, posted.json()["residents_of"]) == (201, None)


async def test_where_lives_depend_on_it_a_communitys_dispatcher_asks_everybody(
    post, residents, community, login
):
    inside, outside = residents
    headers = await login("dispatcher", areas=[community])
    task = await post(seats=[{"count": COMMUNITY_SEATS + 1}], headers=headers)
    assert task["residents_of"] is None
    assert {offer["member_id"] for offer in offers_of(task)} >= {*inside, *outside}


COMMUNITY = "440802001001"


@pytest.mark.parametrize(
    ("areas", "urgency", "says_so", "seats", "asks", "too_large"),
    [
        ([COMMUNITY], "routine", False, 5, COMMUNITY, False),
        ([COMMUNITY], "urgent", False, 6, COMMUNITY, True),
        ([COMMUNITY], "critical", False, 6, None, False),
        ([COMMUNITY], "critical", True, 6, None, False),
        ([COMMUNITY + "G07", COMMUNITY + "G08"], "routine", False, 6, COMMUNITY, True),
        ([COMMUNITY, COMMUNITY[:9]], "routine", False, 6, None, False),
        ([COMMUNITY[:9]], "routine", True, 200, COMMUNITY, False),
        ([COMMUNITY[:9]], "critical", True, 6, COMMUNITY, False),
        (["4408"], "routine", False, 6, None, False),
        ([], "routine", False, 6, None, False),
    ],
)
def test_whom_a_dispatcher_asks_by_their_areas(areas, urgency, says_so, seats, asks, too_large):
    grid = f"{COMMUNITY}G07"
    assert residents_of(grid, Urgency(urgency), areas, residents_only=says_so) == asks
    assert is_for_the_town(seats, Urgency(urgency), areas) is too_large


async def test_nor_does_it_let_a_small_task_grow_large(client, login, community):
    headers = await login("dispatcher", areas=[community])
    body = {
        "category": "public_request",
        "title": "演练：搬运物资",
        "urgency": "routine",
        "location": {"lon": CHIKAN[0], "lat": CHIKAN[1], "crs": "CGCS2000"},
        "seats": [{"count": 4}],
    }
    task = (await client.post("/api/v1/tasks", json=body, headers=headers)).json()
    path = f"/api/v1/tasks/{task['id']}/seats"
    refused = await client.post(path, json={"add": [{"count": 2}]}, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/community-task-too-large")
    grown = await client.post(path, json={"add": [{"count": 1}]}, headers=headers)
    assert (grown.status_code, len(grown.json()["seats"])) == (200, 5)
