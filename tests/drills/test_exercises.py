"""练兵: tasks posted over a time on the live engine, as drills, with a report of their own."""

import pytest
from sqlalchemy import text

from service.drills.rules import SCENARIOS, Place, incidents_of
from tests.dispatch.conftest import CHIKAN as HERE
from tests.dispatch.conftest import offers_of

CHIKAN = "440802"


def incident(after, **changes):
    """One task of an exercise in Chikan."""
    return {
        "after_minutes": after,
        "category": "emergency_response",
        "title": "演练：爆管抢险",
        "urgency": "critical",
        "location": {"lon": HERE[0], "lat": HERE[1], "crs": "CGCS2000"},
        "seats": [{"skills": [], "count": 2}],
    } | changes


async def test_its_tasks_come_at_their_times_and_go_with_its_end(
    start, report, read, let_pass, client, dispatcher
):
    tasks = [incident(20), incident(0), incident(45)]
    drill = await start("exercises", area=CHIKAN, minutes=60, tasks=tasks)
    await let_pass(1)
    found = await report(drill)
    assert [bool(each["task_id"]) for each in found["tasks"]] == [True, False, False]
    task = await read(found["tasks"][0]["task_id"])
    assert task["drill"]
    assert offers_of(task, "pending"), "people are asked, as in earnest"
    await let_pass(20)
    assert [bool(each["task_id"]) for each in (await report(drill))["tasks"]] == [True, True, False]
    ended = await client.post(f"/api/v1/drills/{drill['id']}/end", headers=dispatcher)
    assert ended.status_code == 200
    assert (await read(task["id"]))["state"] == "cancelled"
    await let_pass(60)
    assert [bool(each["task_id"]) for each in (await report(drill))["tasks"]] == [True, True, False]


async def test_its_report_is_of_its_own_tasks_and_real_figures_know_nothing_of_it(
    start, report, post, phone, read, let_pass, client, dispatcher
):
    await post(drill=True)
    drill = await start("exercises", area=CHIKAN, minutes=60, tasks=[incident(0, seats=[{"count": 1}])])
    await let_pass(1)
    task = await read((await report(drill))["tasks"][0]["task_id"])
    offer = offers_of(task, "pending")[0]
    answer = await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept")
    assert answer.json()["engagement"]
    figures = (await report(drill))["response"]
    assert (figures["tasks"], figures["seats"], figures["offers"]["yes"]) == (1, 1, 1)
    assert figures["first_accept"]["median_s"] == 60.0
    real = await client.get(
        "/api/v1/reports/response", params={"since": "2026-06-01T00:00Z"}, headers=dispatcher
    )
    assert real.json()["total"]["tasks"] == 0


async def test_a_scenario_is_played_within_its_area(session, start, report, let_pass):
    drill = await start("exercises", area=CHIKAN, minutes=15, scenario="typhoon", seed=7)
    planned = (await report(drill))["tasks"]
    assert len(planned) == SCENARIOS["typhoon"].per_hour / 4
    await let_pass(16)
    found = await report(drill)
    assert found["ended_at"]
    posted = [each for each in found["tasks"] if each["task_id"]]
    assert len(posted) == len(planned)
    outside = await session.scalar(
        text("SELECT count(*) FROM task WHERE drill AND grid_code NOT LIKE '440802%'")
    )
    assert outside == 0


async def test_a_task_that_cannot_be_posted_says_why_and_the_others_come(start, report, let_pass):
    tasks = [
        incident(0, category="no_such"),
        incident(0, location={"lon": 110.6, "lat": 20.9, "crs": "CGCS2000"}),
        incident(0, seats=[{"skills": ["flying"], "count": 1}]),
        incident(0),
    ]
    drill = await start("exercises", area=CHIKAN, tasks=tasks)
    await let_pass(1)
    found = (await report(drill))["tasks"]
    problems = [each["problem"] for each in found]
    assert problems == ["unknown-category", "outside-your-area", "unknown-skill", None]
    assert [bool(each["task_id"]) for each in found] == [False, False, False, True]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"scenario": "typhoon", "tasks": [incident(0)]},
        {"scenario": "earthquake"},
        {"tasks": [incident(60)], "minutes": 60},
        {"tasks": [incident(0)] * 201},
        {"tasks": [incident(0, location={"lon": 110, "lat": 21})]},
        {"tasks": [incident(0)], "minutes": 0},
    ],
)
async def test_what_cannot_be_played(client, dispatcher, changes):
    answer = await client.post(
        "/api/v1/drills/exercises", json={"area": CHIKAN, "title": "练兵"} | changes, headers=dispatcher
    )
    assert answer.status_code == 422


def test_a_seed_gives_the_same_exercise():
    places = [Place("甲", 110.36, 21.27), Place("乙", 110.37, 21.28)]
    first, again, other = (incidents_of(SCENARIOS["flood"], places, 90, seed) for seed in (3, 3, 4))
    assert first == again != other
    assert len(first) == 27
    assert all(0 <= each.after_minutes < 90 for each in first)
    assert [each.after_minutes for each in first] == sorted(each.after_minutes for each in first)
