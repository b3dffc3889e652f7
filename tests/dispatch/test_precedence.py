"""Emergency before normal before drill: superseded offers, preempted engagements, and who is left alone."""

import pytest
from sqlalchemy import text

from tests.dispatch.conftest import offers_of

COLLECTED = 10 / 60
ROUTINE = {"category": "public_request", "urgency": "routine", "seats": [{"count": 1}]}
MANY = {"seats": [{"count": 12}]}


@pytest.fixture
async def routine(post, read, let_pass):
    """A routine task with its one offer pending."""
    task = await post(**ROUTINE)
    await let_pass(COLLECTED)
    return await read(task["id"])


async def accept(phone, offer):
    """Say yes; gives the engagement."""
    answer = await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept")
    assert answer.status_code == 200, answer.text
    return answer.json()["engagement"]


def offer_to(task, member):
    """The offer that a task made to a member."""
    return next(offer for offer in offers_of(task) if offer["member_id"] == member)


def asked_by(task):
    """Whom a task asked."""
    return {offer["member_id"] for offer in offers_of(task)}


async def ledger(client, dispatcher, task):
    """The last wave's record."""
    answer = await client.get(f"/api/v1/tasks/{task['id']}/waves", headers=dispatcher)
    return answer.json()["items"][-1]


async def test_an_emergency_supersedes_a_routine_offer_and_the_routine_task_asks_somebody_else(
    routine, post, read, let_pass, session
):
    [offer] = offers_of(routine)
    critical = await post(**MANY)
    assert offer["member_id"] in asked_by(critical)
    routine = await read(routine["id"])
    assert [o["state"] for o in offers_of(routine)] == ["superseded"]
    await let_pass(0)
    routine = await read(routine["id"])
    assert [o["state"] for o in offers_of(routine)] == ["superseded", "pending"]
    assert routine["waves"][-1]["trigger"] == "superseded"
    assert offers_of(routine)[1]["member_id"] not in asked_by(critical)
    told = await session.scalar(
        text("SELECT count(*) FROM outbox WHERE kind = 'offer.superseded' AND member_id = :id"),
        {"id": offer["member_id"]},
    )
    assert told == 1


async def test_a_late_yes_to_a_superseded_offer_still_counts_and_the_emergency_still_asks(
    routine, post, phone, read
):
    [offer] = offers_of(routine)
    critical = await post(**MANY)
    engagement = await accept(phone, offer)
    assert engagement["state"] == "accepted"
    assert (await read(routine["id"]))["state"] == "staffed"
    called = offer_to(await read(critical["id"]), offer["member_id"])
    assert called["state"] == "pending"
    assert (await accept(phone, called))["state"] == "accepted"
    assert (await read(routine["id"]))["state"] == "open"


async def test_a_volunteer_on_the_way_to_a_routine_job_is_preempted_by_their_yes_to_an_emergency(
    routine, post, phone, read, let_pass, session
):
    [offer] = offers_of(routine)
    member = offer["member_id"]
    engagement = await accept(phone, offer)
    await phone(member, "POST", f"/engagements/{engagement['id']}/en-route")
    critical = await post(**MANY)
    called = offer_to(critical, member)
    assert (await read(routine["id"]))["state"] == "under_way"  # Being asked changes nothing yet.
    assert (await accept(phone, called))["state"] == "accepted"
    routine = await read(routine["id"])
    assert (routine["state"], routine["seats"][0]["engagement"]) == ("open", None)
    before = await session.execute(
        text("SELECT state, ended_at IS NOT NULL FROM engagement WHERE id = :id"), {"id": engagement["id"]}
    )
    assert before.one() == ("preempted", True)
    told = await session.scalar(
        text("SELECT count(*) FROM outbox WHERE kind = 'engagement.preempted' AND task_id = :id"),
        {"id": routine["id"]},
    )
    assert told == 1
    await let_pass(0)
    routine = await read(routine["id"])
    assert routine["waves"][-1]["trigger"] == "preempted"
    [new] = offers_of(routine, "pending")
    assert new["member_id"] != member
    moved = await phone(member, "POST", f"/engagements/{engagement['id']}/on-scene")
    assert (moved.status_code, moved.json()["type"]) == (409, "/problems/wrong-state")


async def test_somebody_already_on_scene_is_left_alone(routine, post, phone, client, dispatcher):
    [offer] = offers_of(routine)
    member = offer["member_id"]
    engagement = await accept(phone, offer)
    await phone(member, "POST", f"/engagements/{engagement['id']}/on-scene")
    critical = await post(**MANY)
    assert member not in asked_by(critical)
    [entry] = [
        e for e in (await ledger(client, dispatcher, critical))["not_chosen"] if e["member_id"] == member
    ]
    assert entry["reason"] == "busy"


async def test_somebody_who_reached_the_scene_before_saying_yes_stays_there(routine, post, phone, read):
    [offer] = offers_of(routine)
    member = offer["member_id"]
    engagement = await accept(phone, offer)
    critical = await post(**MANY)
    called = offer_to(critical, member)
    await phone(member, "POST", f"/engagements/{engagement['id']}/on-scene")
    answer = await phone(member, "POST", f"/offers/{called['id']}/accept")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/already-engaged")
    assert (await read(routine["id"]))["state"] == "under_way"


async def test_a_yes_that_finds_no_seat_left_takes_nobody_from_their_routine_job(
    routine, post, phone, client, dispatcher, read
):
    [offer] = offers_of(routine)
    member = offer["member_id"]
    await accept(phone, offer)
    critical = await post(**MANY)
    called = offer_to(critical, member)
    await client.post(f"/api/v1/tasks/{critical['id']}/close", headers=dispatcher)
    answer = await phone(member, "POST", f"/offers/{called['id']}/accept")
    assert (answer.status_code, answer.json()["engagement"]) == (200, None)
    assert (await read(routine["id"]))["seats"][0]["engagement"]["state"] == "accepted"


async def test_one_emergency_takes_nobody_from_another(post, phone):
    first = await post(**MANY)
    await accept(phone, offers_of(first)[0])
    second = await post(**MANY)
    assert not asked_by(first) & asked_by(second)


async def test_a_drill_never_touches_a_real_offer(routine, post, phone, read, let_pass):
    critical = await post(seats=[{"count": 3}])
    await let_pass(0)
    before = [await read(task["id"]) for task in (routine, critical)]
    real = {offer["member_id"] for task in before for offer in offers_of(task)}
    drill = await post(drill=True, **MANY)
    quiet = await post(drill=True, **ROUTINE)
    await let_pass(COLLECTED)
    assert asked_by(drill)
    assert asked_by(await read(quiet["id"]))
    assert not (asked_by(drill) | asked_by(await read(quiet["id"]))) & real
    for task in before:
        assert offers_of(await read(task["id"])) == offers_of(task)


async def test_a_drill_gives_way_to_what_is_real(post, phone, read, let_pass):
    drill = await post(drill=True, seats=[{"count": 3}])
    engaged, *waiting = offers_of(drill)
    await accept(phone, engaged)
    critical = await post(**MANY)
    assert {engaged["member_id"], *(offer["member_id"] for offer in waiting)} <= asked_by(critical)
    drill = await read(drill["id"])
    assert {o["state"] for o in offers_of(drill)} == {"accepted", "superseded"}
    assert (await accept(phone, offer_to(critical, engaged["member_id"])))["state"] == "accepted"
    assert (await read(drill["id"]))["seats"][0]["engagement"] is None
    await let_pass(0)
    drill = await read(drill["id"])
    assert drill["waves"][-1]["offers"]
    assert not {o["member_id"] for o in offers_of(drill, "pending")} & asked_by(critical)


async def test_a_choice_by_hand_supersedes_as_well(routine, post, read, client, dispatcher):
    [offer] = offers_of(routine)
    far = await post(110.2800, 21.6100, seats=[{"count": 1}])
    assert offer["member_id"] not in asked_by(far)
    answer = await client.post(
        f"/api/v1/tasks/{far['id']}/offers",
        json={"member_ids": [offer["member_id"]], "overrule": "只有他认识路"},
        headers=dispatcher,
    )
    assert answer.status_code == 201, answer.text
    assert [o["state"] for o in offers_of(await read(routine["id"]))] == ["superseded"]
