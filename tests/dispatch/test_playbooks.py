"""Playbooks over REST: a version is never changed, running tasks keep theirs, and what could not work is refused."""

import asyncio
from copy import deepcopy
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.dispatch.conftest import offers_of

ADDRESS = "/api/v1/playbooks"
CATEGORIES = [
    "emergency_response",
    "enterprise_development",
    "grassroots_governance",
    "industry_development",
    "project_construction",
    "public_request",
]
WRITTEN = ("name_zh", "name_en", "sections", "levels", "ladder", "guidance")


@pytest.fixture
async def admin(login):
    return await login("admin")


@pytest.fixture
def get(client, admin):
    """Read as the administrator; gives the 200's body."""

    async def get(path="", **params):
        answer = await client.get(ADDRESS + path, headers=admin, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


@pytest.fixture
def edited(get):
    """The newest version of a playbook as it would be put back."""

    async def edited(category="emergency_response"):
        newest = await get(f"/{category}")
        return deepcopy({name: newest[name] for name in WRITTEN} | {"based_on": newest["version"]})

    return edited


@pytest.fixture
def put(client, admin):
    async def put(body, category="emergency_response", **headers):
        return await client.put(f"{ADDRESS}/{category}", json=body, headers=admin | headers)

    return put


async def test_the_playbook_in_force_for_each_category_is_listed(get, edited, put):
    body = await edited("public_request")
    assert (await put(body, "public_request")).status_code == 201
    listed = await get()
    assert listed["next"] is None
    versions = {each["category"]: each["version"] for each in listed["items"]}
    assert versions == dict.fromkeys(CATEGORIES, 1) | {"public_request": 2}
    assert await get("/public_request") in listed["items"]


@pytest.mark.parametrize("role", ["dispatcher", "auditor", "unit_manager", "gis"])
async def test_they_read_and_do_not_write(client, login, edited, role):
    headers = await login(role)
    body = await edited()
    for path in ("", "/emergency_response", "/emergency_response/versions", "/emergency_response/versions/1"):
        assert (await client.get(ADDRESS + path, headers=headers)).status_code == 200
    assert (await client.put(f"{ADDRESS}/emergency_response", json=body, headers=headers)).status_code == 403
    checked = await client.post(f"{ADDRESS}/emergency_response/check", json=body, headers=headers)
    assert checked.status_code == 403


async def test_members_see_none_of_it(client, login):
    headers = await login("member")
    for path in ("", "/emergency_response", "/emergency_response/versions", "/emergency_response/versions/1"):
        assert (await client.get(ADDRESS + path, headers=headers)).status_code == 403


@pytest.mark.parametrize(
    "path",
    ["/tea_ceremony", "/tea_ceremony/versions", "/tea_ceremony/versions/1", "/public_request/versions/2"],
)
async def test_what_there_is_not(client, admin, path):
    answer = await client.get(ADDRESS + path, headers=admin)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


async def test_each_change_is_a_new_version_and_the_old_ones_stay(get, edited, put, session, clock):
    first = await get("/emergency_response")
    body = await edited()
    body["sections"]["emergency"]["answer_minutes"] = 4
    body["guidance"]["zh"] = "先报警。"
    clock.at += timedelta(minutes=1)
    answer = await put(body)
    assert answer.status_code == 201
    second = answer.json()
    assert second["version"] == 2
    assert {name: second[name] for name in WRITTEN} == {name: body[name] for name in WRITTEN}
    assert second["created_by"] is not None
    assert await get("/emergency_response") == second
    assert await get("/emergency_response/versions/2") == second
    assert await get("/emergency_response/versions/1") == first
    entry = await session.execute(text("SELECT detail FROM audit WHERE action = 'playbook.write'"))
    assert entry.scalar_one() == {"category": "emergency_response", "version": 2}
    told = await session.execute(
        text("SELECT data FROM outbox WHERE kind = 'playbook.changed' AND at = :now"), {"now": clock.at}
    )
    assert told.scalar_one() == {"category": "emergency_response", "version": 2}


async def test_versions_are_listed_newest_first_by_pages(get, edited, put):
    for _ in range(2):
        assert (await put(await edited())).status_code == 201
    first = await get("/emergency_response/versions", limit=2)
    assert [each["version"] for each in first["items"]] == [3, 2]
    rest = await get("/emergency_response/versions", limit=2, after=first["next"])
    assert ([each["version"] for each in rest["items"]], rest["next"]) == ([1], None)


async def test_an_edit_of_what_is_no_longer_in_force_is_a_409_with_the_newer_number(edited, put):
    body = await edited()
    assert (await put(body)).status_code == 201
    for stale in (body, {name: body[name] for name in WRITTEN}, body | {"based_on": 7}):
        answer = await put(stale)
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/playbook-changed")
        assert "第 2 版" in answer.json()["detail"]


async def test_of_two_edits_at_once_one_is_taken(fresh_client, fresh_login, fresh_sessions):
    admin = await fresh_login("admin")
    newest = (await fresh_client.get(f"{ADDRESS}/emergency_response", headers=admin)).json()
    bodies = [{name: newest[name] for name in WRITTEN} | {"based_on": 1} for _ in range(2)]
    for body, name in zip(bodies, ("甲", "乙"), strict=True):
        body["name_zh"] = name
    answers = await asyncio.gather(
        *(fresh_client.put(f"{ADDRESS}/emergency_response", json=body, headers=admin) for body in bodies)
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    [taken] = [answer.json() for answer in answers if answer.status_code == 201]
    async with fresh_sessions() as session:
        names = await session.scalars(
            text("SELECT name_zh FROM playbook WHERE category = 'emergency_response' ORDER BY version")
        )
        assert names.all() == [newest["name_zh"], taken["name_zh"]]


async def test_a_new_category_begins_with_version_1_and_tasks_can_be_posted(edited, put, post):
    body = await edited()
    body["name_zh"] = "防汛"
    new = await put({name: body[name] for name in WRITTEN}, "flood")
    assert (new.status_code, new.json()["version"]) == (201, 1)
    task = await post(category="flood")
    assert task["category"] == "flood"
    assert offers_of(task)


async def test_every_defect_is_named_at_once_in_the_language_asked_for(get, edited, put):
    body = await edited()
    body["name_en"] = "  "
    body["guidance"] = {"zh": "先报警。"}
    del body["sections"]["normal"]
    body["sections"]["emergency"] |= {"reach_minutes": [10, 40, 20], "target_probability": 1.5}
    body["levels"]["I"] = {"max_offer": 100}
    body["ladder"][1]["minutes"] = 0
    fields = {
        "name_en",
        "guidance.en",
        "sections.normal",
        "sections.emergency.reach_minutes.2",
        "sections.emergency.target_probability",
        "levels.I.max_offer",
        "ladder.1.minutes",
    }
    words = {}
    for language in ("zh", "en"):
        answer = await put(body, **{"Accept-Language": language})
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (422, "/problems/invalid-playbook")
        assert {fault["field"] for fault in problem["errors"]} == fields
        assert "7" in problem["detail"]
        words[language] = {fault["field"]: fault["reason"] for fault in problem["errors"]}
    step = "sections.emergency.reach_minutes.2"
    assert words["zh"][step] == "永远轮不到的一级范围：20 分钟不比前一级的 40 分钟远"
    assert words["en"][step] == "an unreachable step: 20 minutes is not farther than the 40 minutes before it"
    assert (await get("/emergency_response"))["version"] == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sections": {"night": {}}}, "sections.night"),
        ({"levels": {"V": {}}}, "levels.V"),
        ({"levels": {"I": {"max_offers": "many"}}}, "levels.I.max_offers"),
        ({"ladder": [{"rung": "province", "minutes": 3}]}, "ladder.0.rung"),
        ({"guidance": {"zh": "a\x00b", "en": "x"}}, "guidance.zh"),
        ({"colour": "red"}, "colour"),
        ({"based_on": "1"}, "based_on"),
        ({"sections": {"normal": {"reach_minutes": [1], "max_offers": 1.5}}}, "sections.normal.max_offers"),
    ],
)
async def test_what_is_of_another_type_is_an_invalid_body(edited, put, change, field):
    answer = await put(await edited() | change)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-body")
    assert any(fault["field"].startswith(field) for fault in answer.json()["errors"])


async def test_a_running_task_goes_on_by_its_own_version_and_a_new_one_by_the_newest(
    post, phone, edited, put, client, dispatcher, clock
):
    running = await post()
    body = await edited()
    body["sections"]["emergency"] |= {"answer_minutes": 7, "target_probability": 0.5}
    body["guidance"] = {"zh": "第二版", "en": "the second"}
    assert (await put(body)).status_code == 201
    new = await post()

    async def waves(task):
        answer = await client.get(f"/api/v1/tasks/{task['id']}/waves", headers=dispatcher)
        return [(wave["playbook_version"], wave["target_probability"]) for wave in answer.json()["items"]]

    async def declined(task):
        """After somebody declined: the task with one more wave."""
        offer = offers_of(task, "pending")[-1]
        answer = await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/decline")
        assert answer.status_code == 200, answer.text
        return (await client.get(f"/api/v1/tasks/{task['id']}", headers=dispatcher)).json()

    async def told(task):
        """The guidance of somebody who accepts."""
        offer = offers_of(task, "pending")[0]
        answer = await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept")
        return answer.json()["offer"]["task"]["guidance"]

    def stands(task):
        """How long the offers of the last wave stand."""
        return {each["expires_at"] for each in task["waves"][-1]["offers"]}

    running, new = await declined(running), await declined(new)
    assert await waves(running) == [(1, 0.9), (1, 0.9)]
    assert await waves(new) == [(2, 0.5), (2, 0.5)]
    assert stands(running) == {(clock.at + timedelta(minutes=3)).isoformat().replace("+00:00", "Z")}
    assert stands(new) == {(clock.at + timedelta(minutes=7)).isoformat().replace("+00:00", "Z")}
    assert (await told(running)).startswith("先报警后处置")
    assert await told(new) == "第二版"


async def test_a_member_reads_the_guidance_after_the_yes_in_their_language(post, phone, get, client):
    guidance = (await get("/emergency_response"))["guidance"]
    offer = offers_of(await post())[0]
    assert guidance["zh"] not in (await phone(offer["member_id"], "GET", "/offers")).text
    answer = await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept")
    assert answer.json()["offer"]["task"]["guidance"] == guidance["zh"]
    for language, name in (("zh", "应急处突"), ("en", "Emergency response")):
        client.headers["Accept-Language"] = language
        [own] = (await phone(offer["member_id"], "GET", "/offers")).json()["items"]
        assert (own["category_name"], own["task"]["guidance"]) == (name, guidance[language])
