"""Many at once, against two API processes: no seat twice, nobody asked twice, no error reaches a client."""

import asyncio
from collections import Counter
from random import Random

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
        fresh_sessions, target_probability=0.999, acceptance_prior=0.001, max_offers=ASKED
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


async def test_100_emergencies_in_one_town_at_once(fleet, look, now_callers):
    apis = await fleet.serve_two()
    await fleet.work()

    posted = await asyncio.gather(
        *(
            apis[number % 2].client.post(
                "/api/v1/tasks", json=task_body(f"险情 {number}"), headers=now_callers.dispatcher
            )
            for number in range(EMERGENCIES)
        )
    )
    assert Counter(answer.status_code for answer in posted) == {201: EMERGENCIES}
    assert all(len(offers_of(answer.json())) > 0 for answer in posted)
    await look.check()

    random = Random(1)
    for _ in range(3):
        pending = await look.rows("SELECT id, member_id FROM offer WHERE state = 'pending' ORDER BY id")
        answers = await at_most(
            AT_ONCE,
            *(
                answer_offer(
                    random.choice(apis).client, now_callers, offer, random.choice(("accept", "decline"))
                )
                for offer in pending
            ),
        )
        assert Counter(answer.status_code for answer in answers) == {200: len(pending)}
        await look.check()
