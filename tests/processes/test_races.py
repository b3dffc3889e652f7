"""Pairs that collide, again and again with small offsets, on connections that really commit."""

import asyncio
from collections import Counter
from datetime import timedelta
from functools import partial
from itertools import count
from random import Random

import pytest
from sqlalchemy import text

from service.dispatch.worker import handlers
from service.timers.loop import run_one
from tests.processes.city import answer_offer, held, offers_of, post_task
from tests.processes.fleet import until

ROUNDS = 30
LONGEST_OFFSET_SECONDS = 0.02
ROUTINE = {"category": "public_request", "urgency": "routine"}

LIANJIANG = {"lon": 110.28, "lat": 21.61, "crs": "CGCS2000"}

WAITING = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def collide():
    """Run the two at once, one of them a little later: `first, second = await collide(a, b)`.

    The first two times one is over before the other begins, either way round: so both outcomes are always seen.
    """
    random = Random(7)
    rounds = count()

    async def late(call, seconds):
        await asyncio.sleep(seconds)
        return await call

    async def collide(first, second):
        match next(rounds):
            case 0:
                return [await first, await second]
            case 1:
                return [await second, await first][::-1]
        offsets = [0.0, random.uniform(0.0, LONGEST_OFFSET_SECONDS)]
        random.shuffle(offsets)
        return await asyncio.gather(late(first, offsets[0]), late(second, offsets[1]))

    return collide


@pytest.fixture
def steer(fresh_client, callers):
    """Call a task's route as the dispatcher: `await steer(task, "cancel")`."""

    async def steer(task, what, body=None, method="POST"):
        path = f"/api/v1/tasks/{task['id']}{what and '/' + what}"
        return await fresh_client.request(method, path, json=body, headers=callers.dispatcher)

    return steer


@pytest.fixture
def due(fresh_sessions, fresh_settings, graphs, clock):
    """Do what is due, as a worker would: `await due()` until nothing is."""
    effects = handlers(fresh_settings, graphs)

    async def due():
        while await run_one(fresh_sessions, effects, clock):
            pass

    return due


async def ended(look, state):
    """Every task has ended that way, and all that it had under way with it."""
    assert set(await look.column("SELECT DISTINCT state FROM task")) == {state}
    await look.check()


async def test_accept_against_cancel(fresh_client, callers, look, steer, collide):
    seen = Counter()
    for _ in range(ROUNDS):
        task = await post_task(fresh_client, callers, seats=1)
        accepted, cancelled = await collide(
            answer_offer(fresh_client, callers, offers_of(task)[0], "accept"), steer(task, "cancel")
        )
        assert (accepted.status_code, cancelled.status_code) == (200, 200)
        seen[accepted.json()["offer"]["state"]] += 1
        await ended(look, "cancelled")
    assert set(seen) == {"accepted", "stood_down"}
    assert await look.value("SELECT count(*) FROM engagement WHERE state = 'cancelled'") == seen["accepted"]


async def test_decline_against_the_end_of_the_wave(fresh_client, callers, look, steer, collide, due, clock):
    for _ in range(ROUNDS // 2):
        task = await post_task(fresh_client, callers, seats=1)
        offer = offers_of(task)[0]
        clock.at += timedelta(minutes=3)
        declined, _ = await collide(answer_offer(fresh_client, callers, offer, "decline"), due())
        assert (declined.status_code, declined.json()["offer"]["state"]) == (200, "declined")
        await due()
        waves = await look.rows(
            "SELECT trigger FROM wave WHERE task_id = $1::text::uuid ORDER BY number", task["id"]
        )
        triggers = [wave["trigger"] for wave in waves]
        assert triggers in (["posted", "unanswered"], ["posted", "declined", "unanswered"])
        asked = await look.column("SELECT member_id FROM offer WHERE task_id = $1::text::uuid", task["id"])
        assert len(set(asked)) == len(asked)
        await look.check()
        assert (await steer(task, "cancel")).status_code == 200


async def test_two_dispatchers_choose_the_same_member_at_once(fresh_client, callers, look, steer, collide):
    tasks = [await post_task(fresh_client, callers, **ROUTINE) for _ in range(2)]
    free = await look.column(
        "SELECT id FROM member m WHERE tier = 'normal' AND active"
        " AND NOT EXISTS (SELECT 1 FROM offer o WHERE o.member_id = m.id) ORDER BY id LIMIT $1",
        ROUNDS,
    )
    kinds = Counter()
    for member in free:
        body = {"member_ids": [str(member)], "overrule": "就近"}
        answers = await collide(*(steer(task, "offers", body) for task in tasks))
        first, second = sorted(answers, key=lambda answer: answer.status_code)
        assert (first.status_code, second.status_code) == (201, 409)
        kinds[second.json()["type"]] += 1
        await look.check()
    assert set(kinds) <= {"/problems/taken-meanwhile", "/problems/hard-rule-broken"}


async def test_withdraw_against_close(fresh_client, callers, look, steer, collide):
    seen = Counter()
    for _ in range(ROUNDS):
        task = await post_task(fresh_client, callers, seats=1)
        offer = offers_of(task)[0]
        engagement = (await answer_offer(fresh_client, callers, offer, "accept")).json()["engagement"]
        path = f"/api/v1/engagements/{engagement['id']}/withdraw"
        withdrawn, closed = await collide(
            fresh_client.post(path, headers=callers.phones[offer["member_id"]]), steer(task, "close")
        )
        assert closed.status_code == 200
        assert withdrawn.status_code == 200 or withdrawn.json()["type"] == "/problems/wrong-state"
        seen[withdrawn.status_code] += 1
        await ended(look, "closed")
    assert set(seen) == {200, 409}
    assert await look.value("SELECT count(*) FROM engagement WHERE state = 'withdrawn'") == seen[200]


async def test_a_late_yes_against_a_yes_elsewhere(fresh_client, callers, look, steer, collide, due, clock):
    seen = Counter()
    for _ in range(ROUNDS // 2):
        late = await post_task(fresh_client, callers, seats=1)
        clock.at += timedelta(minutes=3)
        await due()
        here = await post_task(fresh_client, callers, seats=1, location=LIANJIANG)
        busy = set(await look.column("SELECT member_id::text FROM offer WHERE state = 'pending'"))
        offer = next(each for each in offers_of(late) if each["member_id"] not in busy)
        body = {"member_ids": [offer["member_id"]], "overrule": "就近"}
        asked = (await steer(here, "offers", body)).json()
        [other] = [each for each in offers_of(asked) if each["member_id"] == offer["member_id"]]
        answers = await collide(
            answer_offer(fresh_client, callers, offer, "accept"),
            answer_offer(fresh_client, callers, other, "accept"),
        )
        statuses = [answer.status_code for answer in answers]
        # Whoever comes second finds the member engaged.
        assert sorted(statuses) == [200, 409]
        seen[statuses.index(200)] += 1
        await look.check()
        for task in (late, here):
            assert (await steer(task, "cancel")).status_code == 200
    assert set(seen) == {0, 1}


async def on_the_way(client, callers, due, clock):
    """A routine task whose one member is on the way; gives the task, the member and the engagement."""
    task = await post_task(client, callers, seats=1, **ROUTINE)
    clock.at += timedelta(seconds=10)
    await due()
    [offer] = offers_of((await client.get(f"/api/v1/tasks/{task['id']}", headers=callers.dispatcher)).json())
    engagement = (await answer_offer(client, callers, offer, "accept")).json()["engagement"]
    return task, offer["member_id"], engagement


async def test_a_yes_to_an_emergency_against_reaching_the_scene_of_a_routine_job(
    fresh_client, callers, look, steer, collide, due, clock
):
    seen = Counter()
    for _ in range(ROUNDS // 2):
        routine, member, engagement = await on_the_way(fresh_client, callers, due, clock)
        critical = await post_task(fresh_client, callers, seats=12)
        [called] = [offer for offer in offers_of(critical) if offer["member_id"] == member]
        path = f"/api/v1/engagements/{engagement['id']}/on-scene"
        accepted, arrived = await collide(
            answer_offer(fresh_client, callers, called, "accept"),
            fresh_client.post(path, headers=callers.phones[member]),
        )
        statuses = (accepted.status_code, arrived.status_code)
        assert statuses in ((200, 409), (409, 200))
        state = await look.value("SELECT state FROM engagement WHERE id = $1::text::uuid", engagement["id"])
        assert state == ("preempted" if accepted.status_code == 200 else "on_scene")
        seen[statuses] += 1
        await due()
        await look.check()
        for task in (routine, critical):
            assert (await steer(task, "cancel")).status_code == 200
    assert len(seen) == 2


async def test_an_emergency_that_supersedes_against_a_yes_to_what_it_supersedes(
    fresh_client, callers, look, steer, collide, due, clock
):
    seen = Counter()
    for _ in range(ROUNDS // 2):
        routine = await post_task(fresh_client, callers, seats=1, **ROUTINE)
        clock.at += timedelta(seconds=10)
        await due()
        answer = await fresh_client.get(f"/api/v1/tasks/{routine['id']}", headers=callers.dispatcher)
        [offer] = offers_of(answer.json())
        critical, accepted = await collide(
            post_task(fresh_client, callers, seats=12),
            answer_offer(fresh_client, callers, offer, "accept"),
        )
        assert accepted.status_code == 200
        # A yes counts, also to what was superseded: until they say yes to the emergency too, they stay.
        assert accepted.json()["engagement"]["state"] == "accepted"
        seen[offer["member_id"] in {each["member_id"] for each in offers_of(critical)}] += 1
        await due()
        await look.check()
        for task in (routine, critical):
            assert (await steer(task, "cancel")).status_code == 200
    assert True in seen


async def test_the_same_yes_twice_at_once(fresh_client, callers, look, steer, collide):
    for _ in range(ROUNDS // 3):
        task = await post_task(fresh_client, callers, seats=1)
        offer = offers_of(task)[0]
        answers = await collide(*(answer_offer(fresh_client, callers, offer, "accept") for _ in range(2)))
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].json() == answers[1].json()
        await look.check()


@pytest.mark.parametrize(("first", "status", "state"), [("patch", 200, "open"), ("timer", 409, "expired")])
async def test_a_new_needed_by_against_the_old_one_falling_due(
    fresh_client, callers, look, steer, due, clock, fresh_database, capsys, first, status, state
):
    """Both want the task and its timer: in one order, so that neither is a deadlock's victim and run again."""
    needed_by = clock.at + timedelta(minutes=2)
    task = await post_task(fresh_client, callers, seats=1, needed_by=needed_by.isoformat())
    await look.connection.execute("DELETE FROM timer WHERE kind <> 'task.due'")
    clock.at = needed_by
    calls = {
        "patch": steer(task, "", {"needed_by": (needed_by + timedelta(hours=1)).isoformat()}, "PATCH"),
        "timer": due(),
    }
    running = {}

    async def waits_or_is_done(name, waiting):
        return running[name].done() or await look.value(WAITING) == waiting

    async with held(fresh_database, task["id"]):
        for waiting, name in enumerate(sorted(calls, key=lambda name: name != first), 1):
            running[name] = asyncio.create_task(calls[name])
            await until(partial(waits_or_is_done, name, waiting), name)
    await running["timer"]
    assert (await running["patch"]).status_code == status
    assert await look.column("SELECT state FROM task") == [state]
    said = capsys.readouterr().out
    assert "answered" in said
    assert "request retried" not in said
    assert "timer failed" not in said
    await look.check()


async def test_the_sessions_of_the_races_really_commit(fresh_sessions, look, fresh_client, callers):
    """A race that ran inside one transaction would prove nothing."""
    await post_task(fresh_client, callers)
    assert await look.value("SELECT count(*) FROM task") == 1
    async with fresh_sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM task")) == 1
