"""Processes that are killed or frozen, a database that hangs up: nothing acknowledged is lost, nothing done twice."""

import asyncio

import pytest

from tests.conftest import administer
from tests.processes.city import answer_offer, held, offers_of, post_task, set_emergency_playbook
from tests.processes.fleet import at_most, until
from tests.processes.line import UNANSWERED, Line

INCIDENTS = 24
AT_ONCE = 6

TOLD_TWICE = """
    SELECT task_id, member_id FROM outbox WHERE kind = 'offer.expired'
    GROUP BY task_id, member_id HAVING count(*) > 1"""
LAST_WAVES = "SELECT task_id, max(number) AS number FROM wave GROUP BY task_id"
WIDENED_SINCE = f"SELECT count(*) FROM ({LAST_WAVES}) last WHERE number > ($1::json ->> task_id::text)::int"
BACKENDS = "FROM pg_stat_activity WHERE application_name = 'vanguard' AND datname = current_database()"
HANG_UP = f"SELECT pg_terminate_backend(pid) {BACKENDS}"


@pytest.fixture
async def hurried(fresh_sessions, look):
    """Emergencies whose waves widen after three seconds."""
    await set_emergency_playbook(
        fresh_sessions, answer_minutes=0.05, reach_minutes=(10, 15, 20, 30, 45, 60, 90)
    )


async def reached(line, acknowledged):
    """Wait until so many words were acknowledged."""

    async def enough():
        return line.acknowledged >= acknowledged

    await until(enough, f"{acknowledged} acknowledged")


def incidents(line):
    """All the load of a test, a few at once."""
    return at_most(AT_ONCE, *(line.incident(f"险情 {number}") for number in range(INCIDENTS)))


async def test_an_api_process_is_killed_under_load_and_started_again(fleet, look, now_callers):
    line = Line(await fleet.serve_two(), now_callers)
    async with asyncio.TaskGroup() as group:
        group.create_task(incidents(line))
        await reached(line, INCIDENTS)
        await line.apis[1].kill()
        await reached(line, 2 * INCIDENTS)
        line.apis[1] = await fleet.serve(line.apis[1].port)
    assert line.met[UNANSWERED] > 0
    assert line.met[503] == 0
    await line.check(look)


async def test_a_worker_is_killed_under_load_and_the_timers_go_on_after_its_restart(
    fleet, look, now_callers, hurried
):
    api, worker = await fleet.serve(), await fleet.work()
    tasks = await at_most(AT_ONCE, *(post_task(api.client, now_callers, f"险情 {n}") for n in range(12)))
    accepted = await at_most(
        AT_ONCE, *(answer_offer(api.client, now_callers, offers_of(task)[0], "accept") for task in tasks)
    )
    engaged = {answer.json()["engagement"]["id"] for answer in accepted}
    await until(lambda: look.value("SELECT count(*) > 3 FROM wave WHERE trigger = 'unanswered'"))
    await worker.kill()
    await until(lambda: look.value(f"SELECT count(*) = 0 {BACKENDS} AND state <> 'idle'"))

    before = await look.value(f"SELECT json_object_agg(task_id, number)::text FROM ({LAST_WAVES}) last")
    await until(lambda: look.value("SELECT bool_and(due_at < now()) FROM timer WHERE kind = 'wave.due'"))
    assert await look.value(WIDENED_SINCE, before) == 0

    await fleet.work()
    await until(lambda: look.value(f"SELECT ({WIDENED_SINCE}) = {len(tasks)}", before))
    assert set(await look.column("SELECT id::text FROM engagement WHERE state = 'accepted'")) == engaged
    assert await look.rows(TOLD_TWICE) == []
    await look.check()


async def test_a_worker_frozen_in_the_middle_is_overtaken_and_does_nothing_twice(
    fleet, look, now_callers, hurried, fresh_database
):
    task = await post_task((await fleet.serve()).client, now_callers)
    # While the test holds the task, the worker stops between taking the wave's timer and doing what it is for.
    async with held(fresh_database, task["id"]):
        frozen = await fleet.work()
        pid = await until(lambda: look.value(f"SELECT pid {BACKENDS} AND wait_event_type = 'Lock'"))
        frozen.freeze()
    await until(lambda: look.value(f"SELECT true {BACKENDS} AND state = 'idle in transaction'"))

    other = await fleet.work()
    await until(lambda: look.value("SELECT max(number) > 1 FROM wave"))
    assert await look.value(f"SELECT count(*) {BACKENDS} AND pid = $1", pid) == 0
    frozen.thaw()

    async def went_on():
        return "timer failed" in frozen.said

    await until(went_on)
    now = await look.value("SELECT max(number) FROM wave")
    await other.kill()
    await until(lambda: look.value(f"SELECT max(number) > {now} + 1 FROM wave"))
    assert frozen.alive
    assert await look.rows(TOLD_TWICE) == []
    assert await look.value("SELECT count(*) FROM timer WHERE kind = 'wave.due'") == 1
    await look.check()


async def test_a_database_that_hangs_up_and_then_is_away_under_load_is_come_back_to(
    fleet, look, now_callers, hurried
):
    apis, worker = await fleet.serve_two(), await fleet.work()
    line = Line(apis, now_callers)
    database = await look.value("SELECT current_database()")

    async def away():
        return not any([await api.ready() for api in apis])

    async def back():
        return all([await api.ready() for api in apis])

    async with asyncio.TaskGroup() as group:
        group.create_task(incidents(line))
        for acknowledged in (INCIDENTS // 2, INCIDENTS):
            await reached(line, acknowledged)
            await look.rows(HANG_UP)
        await reached(line, 3 * INCIDENTS // 2)
        await administer(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false')
        await look.rows(HANG_UP)
        await until(away)
        await administer(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true')
        await until(back)
    assert line.met[503] > 0
    assert set(line.met) <= {200, 201, 409, 503}
    await line.check(look)

    before = await look.value("SELECT count(*) FROM wave WHERE trigger = 'unanswered'")
    await until(lambda: look.value(f"SELECT count(*) > {before} FROM wave WHERE trigger = 'unanswered'"))
    assert worker.alive
    await look.check()
