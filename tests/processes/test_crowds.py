"""Many at once, against two API processes: no seat twice, nobody asked twice, no error reaches a client."""

import asyncio
from collections import Counter
from random import Random
from typing import Any

from tests.processes.city import (
    answer_offer,
    offers_of,
    post_task,
    set_emergency_playbook,
    task_body,
)
from tests.processes.fleet import at_most

ASKED = 200
SEATS = 3
EMERGENCIES = 100
AT_ONCE = 40


async def test_200_yes_at_once_for_3_seats_are_3_engagements_and_197_stood_down(
    fleet, look, now_callers, fresh_sessions
):
    await set_emergency_playbook(
        fresh_sessions, target_probability=0.999, acceptance_prior=((0, 0.001),), max_offers=ASKED
    )
    apis = await fleet.serve_two()
    task = await post_task(apis[0].client, now_callers, seats=SEATS)
    offers = offers_of(task)
    assert len(offers) == ASKED

    answers = await asyncio.gather(
        *(
            answer_offer(apis[turn % 2].client, now_callers, offer, "accept")
            for turn, offer in enumerate(offers)
        )
    )

    assert Counter(answer.status_code for answer in answers) == {200: ASKED}
    bodies = [answer.json() for answer in answers]
    states = Counter(body["offer"]["state"] for body in bodies)
    assert states == {"accepted": SEATS, "stood_down": ASKED - SEATS}
    engaged = [body["engagement"] for body in bodies if body["engagement"] is not None]
    assert {each["member_id"] for each in engaged} == set(
        await look.column("SELECT member_id::text FROM engagement WHERE state = 'accepted'")
    )
    assert (
        dict(await look.rows("SELECT state, count(*)::int FROM offer WHERE answer = 'yes' GROUP BY state"))
        == states
    )
    assert await look.column("SELECT state FROM task") == ["staffed"]
    await look.check()


async def test_100_emergencies_in_one_town_at_once_and_then_all_their_answers(fleet, look, now_callers):
    apis = await fleet.serve_two()
    await fleet.work()

    posted = await asyncio.gather(
        *(
            apis[number % 2].client.post(
                "/api/v1/tasks", json=task_body(f"险情 {number}", seats=1), headers=now_callers.dispatcher
            )
            for number in range(EMERGENCIES)
        )
    )
    assert Counter(answer.status_code for answer in posted) == {201: EMERGENCIES}
    assert [answer.json() for answer in posted if is_asking_too_few(answer.json())] == []
    await look.check()

    random = Random(1)
    pending = await look.rows("SELECT id, member_id FROM offer WHERE state = 'pending' ORDER BY id")
    random.shuffle(pending)
    answers = await at_most(
        AT_ONCE,
        *(
            answer_offer(
                random.choice(apis).client, now_callers, offer, random.choice(("accept", "accept", "decline"))
            )
            for offer in pending
        ),
    )
    assert {answer.status_code for answer in answers} == {200}
    await look.check()


def is_asking_too_few(task: dict[str, Any]) -> bool:
    """Whether a first wave left seats unasked although the city has people enough for all."""
    return task["waves"][0]["shortfall"] is not None or len(offers_of(task)) < len(task["seats"])
