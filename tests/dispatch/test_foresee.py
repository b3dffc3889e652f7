"""What posting would do is what it then does, and asking leaves nothing behind."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.dispatch.conftest import CHIKAN, offers_of, task_body

LEFT = ("task", "seat", "wave", "offer", "engagement", "outbox", "timer", "escalation")


@pytest.fixture
def counts(session):
    """How many rows there are of everything that a post writes."""

    async def counts():
        return {table: await session.scalar(text(f'SELECT count(*) FROM "{table}"')) for table in LEFT}

    return counts


@pytest.fixture
def preview(client, dispatcher):
    """Ask what posting would do."""

    async def preview(*place, headers=None, **changes):
        body = task_body(*place, **changes)
        return await client.post("/api/v1/tasks/preview", json=body, headers=headers or dispatcher)

    return preview


def minutes(asked):
    """How far those who are asked are. Of several who are as good, another may be asked by another task."""
    return sorted(each["travel_minutes"] for each in asked)


@pytest.mark.parametrize("urgency", ["critical", "routine"])
async def test_the_preview_is_what_posting_then_does(preview, post, read, counts, let_pass, urgency):
    before = await counts()
    answer = await preview(urgency=urgency, title="预览")
    assert answer.status_code == 200, answer.text
    seen = answer.json()
    assert await counts() == before
    assert seen["seats"] == 3
    assert seen["similar"] == []
    task = await post(urgency=urgency, title="预览")
    if urgency == "routine":
        await let_pass(1)
        task = await read(task["id"])
    assert (seen["mode"], seen["grid"], seen["responsible_units"]) == (
        task["mode"],
        task["grid"],
        task["responsible_units"],
    )
    wave = task["waves"][0]
    assert seen["wave"]["reach"] == wave["reach"]
    assert minutes(seen["wave"]["chosen"]) == minutes(offers_of(task))
    assert seen["wave"]["chosen"]
    assert all(each["text"] for each in seen["wave"]["not_chosen"])


async def test_somebody_previewed_may_be_asked_by_another_at_once(preview, post):
    seen = (await preview()).json()
    task = await post()
    assert minutes(offers_of(task)) == minutes(seen["wave"]["chosen"])


async def test_the_same_thing_nearby_is_shown_and_nothing_else(
    preview, post, client, dispatcher, login, clock
):
    near = await post(CHIKAN[0] + 0.002, CHIKAN[1])
    nearer = await post(CHIKAN[0] + 0.001, CHIKAN[1])
    await post(CHIKAN[0], CHIKAN[1] + 0.01)
    await post(CHIKAN[0], CHIKAN[1], category="public_request")
    await post(CHIKAN[0], CHIKAN[1], drill=True)
    cancelled = await post(CHIKAN[0], CHIKAN[1])
    await client.post(f"/api/v1/tasks/{cancelled['id']}/cancel", json={}, headers=dispatcher)
    found = (await preview()).json()["similar"]
    assert [each["id"] for each in found] == [nearer["id"], near["id"]]
    assert 90 < found[0]["metres"] < 120
    assert found[0]["title"] == nearer["title"]
    # What has just been closed is the same thing still, and later it is not.
    await client.post(f"/api/v1/tasks/{nearer['id']}/close", headers=dispatcher)
    assert len((await preview()).json()["similar"]) == 2
    clock.at += timedelta(minutes=31)
    assert [each["id"] for each in (await preview()).json()["similar"]] == [near["id"]]


async def test_a_dispatcher_of_another_county_is_not_told_of_it(preview, post, login):
    await post()
    elsewhere = await login("dispatcher", areas=["440803"])
    answer = await preview(headers=elsewhere)
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/outside-your-area"


@pytest.mark.parametrize(
    ("changes", "status", "problem"),
    [
        ({"category": "no_such"}, 404, None),
        ({"location": {"lon": 100, "lat": 10, "crs": "WGS84"}}, 422, None),
        ({"seats": [{"skills": ["flying"], "count": 1}]}, 422, "unknown-skill"),
    ],
)
async def test_what_cannot_be_posted_cannot_be_previewed(
    preview, client, dispatcher, changes, status, problem
):
    posted = await client.post("/api/v1/tasks", json=task_body() | changes, headers=dispatcher)
    seen = await preview(**changes)
    assert seen.status_code == posted.status_code
    assert seen.json()["type"] == posted.json()["type"]
    if problem:
        assert seen.json()["type"] == f"/problems/{problem}"
