"""A playbook is checked and rehearsed before it is put in force: what is wrong with it, what it would have changed."""

from copy import deepcopy
from datetime import timedelta

import pytest
from sqlalchemy import text

from service.dispatch.commands import rehearse
from service.texts import catalogue
from tests.dispatch.conftest import offers_of

WRITTEN = ("name_zh", "name_en", "sections", "levels", "ladder", "guidance")


@pytest.fixture
async def admin(login):
    return await login("admin")


@pytest.fixture
def written(client, admin):
    """The playbook in force as it would be put back, with something changed in one of its modes."""

    async def written(category="emergency_response", mode="emergency", **changes):
        newest = (await client.get(f"/api/v1/playbooks/{category}", headers=admin)).json()
        body = deepcopy({name: newest[name] for name in WRITTEN} | {"based_on": newest["version"]})
        body["sections"][mode] |= changes
        return body

    return written


@pytest.fixture
def check(client, admin):
    """Check a playbook; gives the 200's body."""

    async def check(body, category="emergency_response", **headers):
        answer = await client.post(f"/api/v1/playbooks/{category}/check", json=body, headers=admin | headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return check


async def test_what_is_in_force_would_have_changed_nothing(post, written, check):
    await post()
    checked = await check(await written())
    assert (checked["version"], checked["defects"]) == (1, [])
    rehearsal = checked["rehearsal"]
    assert (rehearsal["tasks"], rehearsal["rehearsed"], rehearsal["changed"]) == (1, 1, [])
    summary = rehearsal["summary"]
    assert summary["asked_before"] == summary["asked_after"] >= 3
    assert summary["met_before"] == summary["met_after"] == 1


async def test_a_lower_target_would_have_asked_fewer(post, written, check):
    task = await post()
    rehearsal = (await check(await written(target_probability=0.5)))["rehearsal"]
    [change] = rehearsal["changed"]
    assert (change["task_id"], change["posted_at"]) == (task["id"], task["created_at"])
    assert (change["urgency"], change["level"]) == ("critical", "II")
    before, after = change["before"], change["after"]
    assert 3 <= after["asked"] < before["asked"]
    assert 0.5 <= after["probability"] < 0.9 <= before["probability"]
    assert (before["target_met"], after["target_met"]) == (True, True)
    assert rehearsal["summary"] == {
        "asked_before": before["asked"],
        "asked_after": after["asked"],
        "met_before": 1,
        "met_after": 1,
    }


async def test_a_target_out_of_reach_is_seen(post, written, check):
    await post(seats=[{"count": 8}])
    [change] = (await check(await written(reach_minutes=[1])))["rehearsal"]["changed"]
    assert change["before"]["reach"] > change["after"]["reach"] == 1
    assert (change["before"]["target_met"], change["after"]["target_met"]) == (True, False)


async def test_a_normal_task_is_rehearsed_by_the_normal_section(post, written, check):
    await post(category="public_request", urgency="routine", seats=[{"count": 2}])
    emergency = await check(
        await written("public_request", "emergency", reach_minutes=[60]), "public_request"
    )
    assert (emergency["rehearsal"]["rehearsed"], emergency["rehearsal"]["changed"]) == (1, [])
    normal = await check(await written("public_request", "normal", reach_minutes=[45, 60]), "public_request")
    [change] = normal["rehearsal"]["changed"]
    assert change["level"] is None
    assert (change["before"]["asked"], change["after"]["asked"]) == (2, 2)
    assert change["before"]["reach"] < change["after"]["reach"] == 45


async def test_only_the_levels_of_the_tasks_count(post, written, check):
    await post()
    body = await written()
    body["levels"]["I"] = {"target_probability": 0.5}
    assert (await check(body))["rehearsal"]["changed"] == []
    body["levels"]["II"] = {"target_probability": 0.5}
    [change] = (await check(body))["rehearsal"]["changed"]
    assert change["level"] == "II"


async def test_who_is_busy_now_counts_as_free(post, written, check, phone, client, dispatcher):
    task = await post()
    offers = offers_of(task)
    for offer in offers[:2]:
        answer = await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept")
        engagement = answer.json()["engagement"]["id"]
        await phone(offer["member_id"], "POST", f"/engagements/{engagement}/on-scene")
    body = await written(target_probability=0.7)
    while_busy = (await check(body))["rehearsal"]
    await client.post(f"/api/v1/tasks/{task['id']}/cancel", headers=dispatcher)
    assert (await check(body))["rehearsal"] == while_busy


async def test_the_hour_of_the_post_counts_and_not_that_of_the_rehearsal(post, written, check, clock):
    await post()
    body = await written(acceptance_prior=[[0, 0.2], [7, 0.45], [22, 0.2]])
    at_noon = (await check(body))["rehearsal"]
    [change] = at_noon["changed"]
    assert change["after"]["asked"] < change["before"]["asked"]
    clock.at += timedelta(hours=14)
    assert (await check(body))["rehearsal"] == at_noon


async def test_todays_positions_do_not_count(post, written, check, session):
    await post()
    body = await written(target_probability=0.7)
    before = (await check(body))["rehearsal"]
    await session.execute(text("DELETE FROM presence"))
    await session.commit()
    assert (await check(body))["rehearsal"] == before


async def test_last_weeks_tasks_of_the_category_are_rehearsed_and_no_drills(
    post, written, check, clock, session
):
    await post(drill=True)
    await post(category="public_request")
    for days, minutes in ((0, 0), (6, 0), (7, 0), (7, 1)):
        task = await post()
        posted_at = clock.at - timedelta(days=days, minutes=minutes)
        await session.execute(
            text("UPDATE task SET created_at = :at WHERE id = :id"), {"at": posted_at, "id": task["id"]}
        )
    await session.commit()
    assert (await check(await written()))["rehearsal"]["tasks"] == 3


async def test_of_many_tasks_the_newest_are_rehearsed_and_all_are_counted(
    post, written, check, clock, monkeypatch
):
    monkeypatch.setattr(rehearse, "REHEARSED", 2)
    posted = []
    for _ in range(3):
        clock.at += timedelta(minutes=1)
        posted.append((await post())["id"])
    rehearsal = (await check(await written(target_probability=0.5)))["rehearsal"]
    assert (rehearsal["tasks"], rehearsal["rehearsed"]) == (3, 2)
    assert [change["task_id"] for change in rehearsal["changed"]] == posted[:0:-1]


async def test_a_new_category_has_nothing_to_rehearse(written, check):
    checked = await check(await written(), "flood")
    assert checked == {"version": None, "defects": [], "rehearsal": None}


async def test_what_has_defects_is_not_rehearsed(post, written, check):
    await post()
    body = await written(reach_minutes=[20, 10])
    checked = await check(body, **{"Accept-Language": "en"})
    assert checked["rehearsal"] is None
    [defect] = checked["defects"]
    assert defect["field"] == "sections.emergency.reach_minutes.1"
    assert defect["reason"].startswith("an unreachable step")


async def test_the_note_says_what_the_figures_rest_on(written, check):
    for language in ("zh", "en"):
        checked = await check(await written(), **{"Accept-Language": language})
        assert checked["rehearsal"]["note"] == catalogue()["rehearsal.note"][language]


COUNTS = """
    SELECT tablename, query_to_xml('SELECT count(*) FROM ' || tablename, true, true, '')::text AS rows
    FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'audit' ORDER BY tablename
"""
"""The rows of each table; the record of who called is there to grow."""


async def test_a_rehearsal_writes_nothing(post, written, check, session, read):
    task = await post()
    body = await written(target_probability=0.5)
    before, stood = (await session.execute(text(COUNTS))).all(), await read(task["id"])
    assert len(before) > 20
    assert (await check(body))["rehearsal"]["changed"]
    assert (await session.execute(text(COUNTS))).all() == before
    assert await read(task["id"]) == stood
