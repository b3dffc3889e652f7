"""Normal mode as stories: collected, matched together, one offer a seat."""

import pytest
from sqlalchemy import text

from service.dispatch.commands import batch
from service.dispatch.commands.batch import plan_batch
from service.dispatch.queries.ground import ground_of
from service.errors import Again
from service.grids.commands.editions import next_edition
from service.tasks.models import Task
from tests.dispatch.conftest import offers_of

COLLECTED = 10 / 60
"""The collecting period, in minutes."""
ROUTINE = {"category": "public_request", "urgency": "routine", "seats": [{"count": 1}]}


async def test_a_routine_task_waits_for_the_batch_and_then_asks_one_person_a_seat(post, read, let_pass):
    task = await post(**ROUTINE | {"seats": [{"count": 3}]})
    assert (task["mode"], task["waves"]) == ("normal", [])
    await let_pass(COLLECTED)
    task = await read(task["id"])
    [wave] = task["waves"]
    assert wave["trigger"] == "posted"
    assert wave["shortfall"] is None
    assert {offer["seat_id"] for offer in wave["offers"]} == {seat["id"] for seat in task["seats"]}
    assert len(wave["offers"]) == 3


async def test_a_refusal_goes_into_the_next_batch_at_once(post, phone, read, let_pass):
    task = await post(**ROUTINE)
    await let_pass(COLLECTED)
    [offer] = offers_of(await read(task["id"]))
    await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/decline", json={"reason": "在外地"})
    await let_pass(0)
    task = await read(task["id"])
    assert [o["state"] for o in offers_of(task)] == ["declined", "pending"]
    assert task["waves"][-1]["trigger"] == "declined"
    assert offers_of(task)[1]["member_id"] != offer["member_id"]


async def test_an_unanswered_offer_goes_to_somebody_else_and_farther(post, read, let_pass):
    task = await post(**ROUTINE)
    await let_pass(COLLECTED + 20)
    task = await read(task["id"])
    first, second = task["waves"]
    assert [offer["state"] for offer in first["offers"]] == ["expired"]
    assert second["trigger"] == "unanswered"
    assert second["reach"] > first["reach"]
    assert [offer["state"] for offer in second["offers"]] == ["pending"]


async def test_a_late_yes_takes_the_seat_and_the_one_asked_instead_is_stood_down(post, phone, read, let_pass):
    task = await post(**ROUTINE)
    await let_pass(COLLECTED)
    [offer] = offers_of(await read(task["id"]))
    await let_pass(20)
    answer = await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept")
    assert answer.json()["engagement"]["state"] == "accepted"
    task = await read(task["id"])
    assert task["state"] == "staffed"
    assert [o["state"] for o in offers_of(task)] == ["accepted", "stood_down"]


async def test_tasks_collected_together_are_matched_together(post, read, let_pass, session):
    tasks = [await post(**ROUTINE | {"seats": [{"count": 2}]}) for _ in range(5)]
    await let_pass(COLLECTED)
    asked = [offer["member_id"] for task in tasks for offer in offers_of(await read(task["id"]))]
    assert len(asked) == len(set(asked)) == 10
    batches = await session.execute(
        text("SELECT batch_id, count(*) FROM wave WHERE task_id = ANY(:tasks) GROUP BY 1"),
        {"tasks": [task["id"] for task in tasks]},
    )
    [(batch_id, count)] = batches.all()
    assert batch_id is not None
    assert count == 5
    assert await session.scalar(text("SELECT count(*) FROM timer WHERE kind = 'city.match'")) == 0


async def test_the_only_one_with_the_skill_goes_to_the_more_urgent_task(post, read, let_pass, session):
    await session.execute(text("INSERT INTO skill (code, name_zh, name_en) VALUES ('only', '独有', 'Only')"))
    one = await session.scalar(
        text(
            "INSERT INTO member_skill (member_id, skill_code) SELECT m.id, 'only' FROM member m"
            " JOIN duty_slot d ON d.member_id = m.id AND d.weekday = 2 AND d.from_minute < 600 AND d.to_minute > 900"
            " JOIN unit u ON u.id = m.unit_id JOIN grid g ON g.id = u.office_grid_id"
            " WHERE m.tier = 'normal' AND g.code LIKE '440802%' ORDER BY m.number LIMIT 1 RETURNING member_id"
        )
    )
    await session.execute(text("DELETE FROM presence WHERE member_id = :id"), {"id": one})
    await session.commit()
    needs = {"seats": [{"skills": ["only"], "count": 1}]}
    first = await post(**ROUTINE | needs)
    urgent = await post(**ROUTINE | needs | {"urgency": "urgent"})
    await let_pass(COLLECTED)
    assert [offer["member_id"] for offer in offers_of(await read(urgent["id"]))] == [str(one)]
    left = await read(first["id"])
    assert offers_of(left) == []
    [cause] = left["waves"][-1]["shortfall"]["causes"]
    assert (cause["reason"], cause["people"]) == ("matched_elsewhere", 1)


async def test_a_seat_that_nobody_in_the_city_can_fill_is_a_shortfall_and_the_others_are_served(
    post, read, let_pass, session
):
    await session.execute(text("INSERT INTO skill (code, name_zh, name_en) VALUES ('none', '没有', 'None')"))
    await session.commit()
    task = await post(**ROUTINE | {"seats": [{"count": 1}, {"skills": ["none"], "count": 1}]})
    other = await post(**ROUTINE)
    await let_pass(COLLECTED)
    task = await read(task["id"])
    [wave] = task["waves"]
    assert [offer["seat_id"] for offer in wave["offers"]] == [task["seats"][0]["id"]]
    [cause] = wave["shortfall"]["causes"]
    assert (cause["skills"], cause["reason"]) == (["none"], "missing_skill")
    assert len(offers_of(await read(other["id"]))) == 1


async def test_a_search_that_finds_nobody_again_leaves_its_first_record(post, read, let_pass, session):
    await session.execute(text("INSERT INTO skill (code, name_zh, name_en) VALUES ('none', '没有', 'None')"))
    await session.commit()
    task = await post(**ROUTINE | {"seats": [{"skills": ["none"], "count": 1}]})
    await let_pass(3 * 60)
    assert len((await read(task["id"]))["waves"]) == 1
    assert (
        await session.scalar(text("SELECT queued_for FROM task WHERE id = :id"), {"id": task["id"]}) is None
    )


@pytest.mark.parametrize(("limit", "most"), [("MOST_TASKS", 2), ("MOST_SEATS", 2)])
async def test_what_does_not_fit_into_a_batch_goes_into_the_next(
    post, read, let_pass, monkeypatch, session, limit, most
):
    monkeypatch.setattr(batch, limit, most)
    tasks = [await post(**ROUTINE) for _ in range(5)]
    await let_pass(COLLECTED)
    for task in tasks:
        assert len(offers_of(await read(task["id"]), "pending")) == 1
    batches = await session.scalar(text("SELECT count(DISTINCT batch_id) FROM wave"))
    assert batches == 3


async def test_a_task_that_cannot_be_planned_does_not_keep_the_others_waiting(
    post, read, let_pass, monkeypatch, session
):
    broken, sound = await post(**ROUTINE), await post(**ROUTINE)
    look_around = batch.look_around

    async def fail_for_one(session, ground, task, now):
        if str(task.id) == broken["id"]:
            raise ZeroDivisionError
        return await look_around(session, ground, task, now)

    with monkeypatch.context() as patch:
        patch.setattr(batch, "look_around", fail_for_one)
        await let_pass(COLLECTED)
    assert len(offers_of(await read(sound["id"]), "pending")) == 1
    assert (await read(broken["id"]))["waits_for"] == "posted"
    await let_pass(1)
    assert len(offers_of(await read(broken["id"]), "pending")) == 1


async def test_a_batch_that_meets_a_grid_edit_half_way_is_made_anew(
    post, read, let_pass, session, graphs, settings, clock
):
    body = await post(**ROUTINE)
    ground = await ground_of(session, graphs, settings)
    await next_edition(session, clock())
    task = await session.get_one(Task, body["id"])
    async with session.begin_nested() as half_way:
        with pytest.raises(Again):
            await plan_batch(session, ground, [task], clock())
        await half_way.rollback()
    await session.commit()
    await let_pass(COLLECTED)
    assert len(offers_of(await read(body["id"]), "pending")) == 1
