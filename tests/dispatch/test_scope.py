"""Nobody sees what isn't theirs to see: tasks by area, offers and engagements by member."""

import pytest
from sqlalchemy import text

from tests.dispatch.conftest import offers_of, task_body

CHIKAN_ONLY, XIASHAN_ONLY = ["440802"], ["440803"]


@pytest.fixture
async def chikan(login):
    return await login("dispatcher", areas=CHIKAN_ONLY)


@pytest.fixture
async def xiashan(login):
    return await login("dispatcher", areas=XIASHAN_ONLY)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("GET", "/waves", None),
        ("PATCH", "", {"title": "改"}),
        ("POST", "/seats", {"add": [{"count": 1}]}),
        ("POST", "/widen", None),
        ("POST", "/cancel", None),
        ("POST", "/close", None),
        ("POST", "/offers", {"member_ids": ["01a20bab-edaa-750b-8859-4753c3a79dff"]}),
        ("POST", "/check", {"member_ids": ["01a20bab-edaa-750b-8859-4753c3a79dff"]}),
    ],
)
async def test_another_countys_task_is_not_there(post, client, chikan, xiashan, read, method, path, body):
    task = await post(headers=chikan)
    before = await read(task["id"])
    answer = await client.request(method, f"/api/v1/tasks/{task['id']}{path}", json=body, headers=xiashan)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    nowhere = await client.request(
        method, f"/api/v1/tasks/01a20bab-edaa-750b-8859-4753c3a79dff{path}", json=body, headers=xiashan
    )
    assert nowhere.json()["detail"] == answer.json()["detail"]
    assert await read(task["id"]) == before


async def test_lists_hold_what_lies_in_ones_areas(post, client, chikan, xiashan):
    task = await post(headers=chikan)

    async def listed(headers, **filters):
        answer = await client.get("/api/v1/tasks", params=filters, headers=headers)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    assert await listed(chikan) == [task["id"]]
    assert await listed(xiashan) == []
    assert await listed(xiashan, area="4408") == []
    assert await listed(chikan, area="4408") == [task["id"]]
    assert await listed(chikan, area=task["grid"]["code"]) == [task["id"]]
    assert await listed(chikan, area="440803") == []
    nowhere = "01a20bab-edaa-750b-8859-4753c3a79dff"
    assert await listed(chikan, id=[task["id"], nowhere]) == [task["id"]]
    assert await listed(chikan, id=[nowhere]) == []
    assert await listed(xiashan, id=[task["id"]]) == []
    assert await listed(chikan, state="open", mode="emergency", category="emergency_response") == [task["id"]]
    assert await listed(chikan, state="closed") == []
    assert await listed(chikan, since="2026-06-03T04:00:01Z") == []


async def test_lists_are_paged_newest_first(post, client, chikan):
    ids = [(await post(headers=chikan))["id"] for _ in range(3)]
    first = (await client.get("/api/v1/tasks", params={"limit": 2}, headers=chikan)).json()
    assert [item["id"] for item in first["items"]] == ids[:0:-1]
    rest = (
        await client.get("/api/v1/tasks", params={"limit": 2, "after": first["next"]}, headers=chikan)
    ).json()
    assert [item["id"] for item in rest["items"]] == ids[:1]
    assert rest["next"] is None


async def test_posting_outside_ones_area_is_refused_and_on_record(client, xiashan, login):
    refused = await client.post("/api/v1/tasks", json=task_body(), headers=xiashan)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/outside-your-area")
    auditor = await login("auditor", areas=["4408"])
    audit = await client.get("/api/v1/audit", params={"outcome": "refused"}, headers=auditor)
    assert audit.json()["items"][0]["action"] == "task.post"


async def test_anothers_offer_and_engagement_are_not_there(post, phone, client, login, session):
    task = await post()
    mine, other = offers_of(task)[:2]
    for answer in ("accept", "decline"):
        refused = await phone(other["member_id"], "POST", f"/offers/{mine['id']}/{answer}")
        assert (refused.status_code, refused.json()["type"]) == (404, "/problems/not-found")
    listed = (await phone(other["member_id"], "GET", "/offers")).json()["items"]
    assert [item["id"] for item in listed] == [other["id"]]
    engagement = (await phone(mine["member_id"], "POST", f"/offers/{mine['id']}/accept")).json()["engagement"]
    for step in ("en-route", "on-scene", "release", "withdraw"):
        refused = await phone(other["member_id"], "POST", f"/engagements/{engagement['id']}/{step}")
        assert (refused.status_code, refused.json()["type"]) == (404, "/problems/not-found")


async def test_a_no_show_is_for_the_tasks_own_dispatcher(post, phone, client, chikan, xiashan):
    task = await post(headers=chikan, seats=[{"count": 1}])
    offer = offers_of(task)[0]
    engagement = (await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept")).json()[
        "engagement"
    ]
    path = f"/api/v1/engagements/{engagement['id']}/no-show"
    assert (await client.post(path, headers=xiashan)).status_code == 404
    assert (await client.post(path, headers=chikan)).json()["state"] == "no_show"


async def test_no_answer_about_a_task_holds_a_members_position(post, client, dispatcher, session):
    task = await post()
    ledger = await client.get(f"/api/v1/tasks/{task['id']}/waves", headers=dispatcher)
    kept = await session.scalars(
        text("SELECT data::text FROM outbox UNION ALL SELECT chosen::text || not_chosen::text FROM wave")
    )
    everything = ledger.text + str(task["waves"]) + "".join(kept)
    places = await session.execute(
        text(
            "SELECT ST_X(location), ST_Y(location) FROM presence UNION SELECT ST_X(home), ST_Y(home) FROM member"
        )
    )
    assert not [place for place in places if any(str(degrees)[:8] in everything for degrees in place)]
