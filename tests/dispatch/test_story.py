"""The main job as a story over REST: asked, answered, widened, on scene, closed; and why not the others."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.dispatch.conftest import offers_of


async def accept(phone, offer):
    answer = await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_critical_task_is_answered_with_its_first_wave(post):
    task = await post()
    assert (task["state"], task["mode"]) == ("open", "emergency")
    assert task["grid"]["code"].startswith("440802")
    assert [seat["number"] for seat in task["seats"]] == [1, 2, 3]
    [wave] = task["waves"]
    assert wave["number"] == 1
    assert len(wave["offers"]) >= 3
    assert {offer["state"] for offer in wave["offers"]} == {"pending"}
    assert wave["shortfall"] is None


@pytest.mark.parametrize(
    "what",
    [
        {"needed_by": "2026-12-24T20:00:00.25+08:00", "instructions": "带铁锹"},
        {"seats": [{"skills": ["boat", "first_aid"], "count": 40}], "title": "无人能填满"},
        {"urgency": "routine"},
    ],
)
async def test_what_a_post_answers_is_what_is_read_afterwards(post, read, what):
    task = await post(**what)
    assert await read(task["id"]) == task


async def test_from_the_yes_to_the_scene_and_back(post, phone, read, client, dispatcher):
    task = await post()
    accepted = [await accept(phone, offer) for offer in offers_of(task)[:3]]
    assert len({each["engagement"]["id"] for each in accepted}) == 3
    task = await read(task["id"])
    assert task["state"] == "staffed"
    assert len(offers_of(task, "pending")) == 0
    assert len(offers_of(task, "stood_down")) == len(offers_of(task)) - 3
    for each in accepted:
        member, engagement = each["engagement"]["member_id"], each["engagement"]["id"]
        for step, state in (("en-route", "en_route"), ("on-scene", "on_scene"), ("release", "released")):
            answer = await phone(member, "POST", f"/engagements/{engagement}/{step}")
            assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert (await read(task["id"]))["state"] == "under_way"
    closed = await client.post(f"/api/v1/tasks/{task['id']}/close", headers=dispatcher)
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")


async def test_before_the_yes_a_member_is_told_little_and_after_it_everything(post, phone):
    task = await post(instructions="带铁锹")
    offer = offers_of(task)[0]
    listed = (await phone(offer["member_id"], "GET", "/offers", params={"state": "pending"})).json()["items"]
    [own] = listed
    assert own["id"] == offer["id"]
    assert own["rough_place"] == task["grid"]["name"]
    assert own["task"] is None
    assert "铁锹" not in str(own)
    assert str(task["location"]["lat"]) not in str(own)
    after = (await accept(phone, offer))["offer"]
    assert after["task"]["instructions"] == "带铁锹"
    assert after["task"]["location"] == task["location"]
    assert after["task"]["guidance"]


async def test_a_refusal_is_replaced_in_the_same_transaction(post, phone, read):
    task = await post()
    before = offers_of(task)
    declined = await phone(
        before[0]["member_id"], "POST", f"/offers/{before[0]['id']}/decline", json={"reason": "发烧"}
    )
    assert (declined.status_code, declined.json()["offer"]["state"]) == (200, "declined")
    task = await read(task["id"])
    assert task["waves"][-1]["trigger"] == "declined"
    [new] = task["waves"][-1]["offers"]
    assert new["member_id"] not in {offer["member_id"] for offer in before}
    assert len(offers_of(task, "pending")) == len(before)


async def test_an_unanswered_wave_widens_by_itself(post, read, let_pass):
    task = await post()
    first = task["waves"][0]
    await let_pass(3)
    task = await read(task["id"])
    assert {offer["state"] for offer in task["waves"][0]["offers"]} == {"expired"}
    second = task["waves"][1]
    assert second["trigger"] == "unanswered"
    assert second["reach"] > first["reach"]
    assert not {o["member_id"] for o in second["offers"]} & {o["member_id"] for o in first["offers"]}


async def test_the_search_widens_until_the_seats_are_filled(post, phone, read, let_pass):
    task = await post()
    for _ in range(6):
        pending = offers_of(await read(task["id"]), "pending")
        if not pending:
            break
        await accept(phone, pending[0])
        await let_pass(3)
    task = await read(task["id"])
    assert task["state"] == "staffed"
    assert len(task["waves"]) == 3
    await let_pass(60)
    assert len((await read(task["id"]))["waves"]) == 3


async def test_a_late_yes_counts_while_a_seat_is_open(post, phone, read, let_pass):
    task = await post()
    offer = offers_of(task)[0]
    await let_pass(3)
    late = await accept(phone, offer)
    assert late["offer"]["state"] == "accepted"
    assert late["engagement"]["state"] == "accepted"


async def test_a_yes_too_late_is_thanked_and_stood_down(post, phone, read, let_pass):
    task = await post()
    offers = offers_of(task)
    for offer in offers[:3]:
        await accept(phone, offer)
    late = await accept(phone, offers[3])
    assert late["offer"]["state"] == "stood_down"
    assert late["engagement"] is None
    assert late["offer"]["message"]
    assert await accept(phone, offers[3]) == late


async def test_an_answer_repeats_and_is_never_contradicted(post, phone):
    offers = offers_of(await post())
    yes, no = offers[0], offers[1]
    first = await accept(phone, yes)
    assert await accept(phone, yes) == first
    contradiction = await phone(yes["member_id"], "POST", f"/offers/{yes['id']}/decline")
    assert contradiction.status_code == 409
    assert contradiction.json()["type"] == "/problems/answer-contradicted"
    for _ in range(2):
        declined = await phone(no["member_id"], "POST", f"/offers/{no['id']}/decline")
        assert (declined.status_code, declined.json()["offer"]["state"]) == (200, "declined")
    contradiction = await phone(no["member_id"], "POST", f"/offers/{no['id']}/accept")
    assert contradiction.json()["type"] == "/problems/answer-contradicted"


@pytest.mark.parametrize("leave", ["withdraw", "no-show"])
async def test_who_leaves_is_replaced_at_once(post, phone, read, client, dispatcher, leave):
    task = await post()
    accepted = [await accept(phone, offer) for offer in offers_of(task)[:3]]
    gone = accepted[0]["engagement"]
    if leave == "withdraw":
        answer = await phone(gone["member_id"], "POST", f"/engagements/{gone['id']}/withdraw")
    else:
        answer = await client.post(f"/api/v1/engagements/{gone['id']}/no-show", headers=dispatcher)
    assert answer.status_code == 200
    task = await read(task["id"])
    assert task["state"] == "open"
    last = task["waves"][-1]
    assert last["trigger"] == answer.json()["state"]
    assert len(last["offers"]) >= 1
    assert gone["member_id"] not in {offer["member_id"] for offer in last["offers"]}
    filled = await accept(phone, last["offers"][0])
    assert filled["engagement"]["state"] == "accepted"
    assert (await read(task["id"]))["state"] == "staffed"


async def test_who_does_not_move_is_shown_as_a_likely_no_show(post, phone, read, let_pass):
    task = await post(seats=[{"count": 1}])
    await accept(phone, offers_of(task)[0])
    [seat] = (await read(task["id"]))["seats"]
    assert seat["engagement"]["likely_no_show"] is False
    await let_pass(30)
    [seat] = (await read(task["id"]))["seats"]
    assert seat["engagement"]["likely_no_show"] is True


async def test_a_step_out_of_order_is_refused(post, phone):
    task = await post(seats=[{"count": 1}])
    engagement = (await accept(phone, offers_of(task)[0]))["engagement"]
    refused = await phone(engagement["member_id"], "POST", f"/engagements/{engagement['id']}/release")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/wrong-state")


async def test_cancelling_ends_offers_and_engagements(post, phone, read, client, dispatcher):
    task = await post()
    offers = offers_of(task)
    engagement = (await accept(phone, offers[0]))["engagement"]
    cancelled = await client.post(
        f"/api/v1/tasks/{task['id']}/cancel", json={"reason": "误报"}, headers=dispatcher
    )
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert cancelled.json()["end_reason"] == "误报"
    assert len(offers_of(cancelled.json(), "cancelled")) == len(offers) - 1
    refused = await phone(engagement["member_id"], "POST", f"/engagements/{engagement['id']}/en-route")
    assert refused.json()["type"] == "/problems/wrong-state"
    late = await accept(phone, offers[1])
    assert (late["offer"]["state"], late["engagement"]) == ("stood_down", None)
    closing = await client.post(f"/api/v1/tasks/{task['id']}/close", headers=dispatcher)
    assert (closing.status_code, closing.json()["type"]) == (409, "/problems/task-ended")


async def test_a_dispatcher_widens_by_hand(post, client, dispatcher):
    task = await post()
    widened = await client.post(f"/api/v1/tasks/{task['id']}/widen", headers=dispatcher)
    assert widened.status_code == 200
    assert widened.json()["waves"][-1]["trigger"] == "widened"
    assert widened.json()["waves"][-1]["reach"] > task["waves"][0]["reach"]


async def test_at_the_widest_step_with_nobody_left_widening_says_so(post, read, client, dispatcher, session):
    await session.execute(text("UPDATE member SET active = false"))
    await session.commit()
    task = await post()
    [wave] = task["waves"]
    assert (wave["reach"], wave["offers"]) == (90, [])
    assert len(wave["shortfall"]["unfillable_seats"]) == 3
    refused = await client.post(f"/api/v1/tasks/{task['id']}/widen", headers=dispatcher)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/no-wider-reach")
    assert len((await read(task["id"]))["waves"]) == 1


async def test_a_search_that_found_nobody_goes_on_by_itself(post, read, let_pass, session):
    await session.execute(text("UPDATE member SET active = false"))
    await session.commit()
    task = await post()
    await let_pass(20)
    assert len((await read(task["id"]))["waves"]) == 1
    await session.execute(text("UPDATE member SET active = true"))
    await session.commit()
    await let_pass(5)
    task = await read(task["id"])
    assert len(offers_of(task, "pending")) >= 3


async def test_a_task_whose_last_seat_fills_late_was_staffed_then(post, phone, read, clock, let_pass):
    task = await post(seats=[{"count": 2}])
    first, second = offers_of(task)[:2]
    engagement = (await accept(phone, first))["engagement"]
    await phone(first["member_id"], "POST", f"/engagements/{engagement['id']}/en-route")
    assert (await read(task["id"]))["staffed_at"] is None
    await let_pass(1)
    await accept(phone, second)
    task = await read(task["id"])
    assert task["state"] == "under_way"
    assert task["staffed_at"] == clock.at.isoformat().replace("+00:00", "Z")


async def test_seats_are_added_and_dropped(post, phone, read, client, dispatcher):
    task = await post(seats=[{"count": 1}])
    await accept(phone, offers_of(task)[0])
    more = await client.post(
        f"/api/v1/tasks/{task['id']}/seats", json={"add": [{"count": 2}]}, headers=dispatcher
    )
    assert more.status_code == 200, more.text
    body = more.json()
    assert (body["state"], len(body["seats"])) == ("open", 3)
    assert len(body["waves"][-1]["offers"]) >= 2
    taken, *_ = body["seats"]
    refused = await client.post(
        f"/api/v1/tasks/{task['id']}/seats", json={"drop": [taken["id"]]}, headers=dispatcher
    )
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/seat-taken")
    drop = [seat["id"] for seat in body["seats"][1:]]
    fewer = await client.post(f"/api/v1/tasks/{task['id']}/seats", json={"drop": drop}, headers=dispatcher)
    assert (fewer.json()["state"], len(fewer.json()["seats"])) == ("staffed", 1)
    assert offers_of(fewer.json(), "pending") == []


async def test_a_task_that_nobody_took_in_time_expires(post, read, let_pass, clock):
    task = await post(needed_by=(clock.at + timedelta(minutes=8)).isoformat())
    await let_pass(7)
    assert (await read(task["id"]))["state"] == "open"
    await let_pass(2)
    task = await read(task["id"])
    assert task["state"] == "expired"
    assert offers_of(task, "pending") == []


async def test_the_ledger_says_why_the_others_were_not_asked(post, client, dispatcher):
    task = await post()
    ledger = (await client.get(f"/api/v1/tasks/{task['id']}/waves", headers=dispatcher)).json()["items"]
    [wave] = ledger
    assert wave["playbook_version"] == 1
    assert len(wave["chosen"]) == len(offers_of(task))
    assert wave["not_chosen"]
    assert all(entry["reason"] and entry["text"] for entry in wave["not_chosen"])
    assert {"off_duty", "not_needed"} <= set(wave["counts"])
    minutes = [entry["travel_minutes"] for entry in wave["not_chosen"] if entry["travel_minutes"] is not None]
    assert minutes == sorted(minutes)
    english = await client.get(
        f"/api/v1/tasks/{task['id']}/waves", headers=dispatcher | {"Accept-Language": "en"}
    )
    texts = {entry["text"] for entry in english.json()["items"][0]["not_chosen"]}
    assert any(each.endswith((", off duty", ", not needed")) for each in texts)
