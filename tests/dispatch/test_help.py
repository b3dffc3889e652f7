"""Calls for help are kept until a dispatcher acknowledges them, and are told to those whose business they are."""

import pytest
from sqlalchemy import text

from service.db.base import new_id
from tests.dispatch.conftest import offers_of

CALLS = "/api/v1/help-calls"
CHIKAN, LEIZHOU = "440802", "440882"


@pytest.fixture
async def heard(session):
    """(kind, area's county, whether a task is named) of each event of a call."""

    async def read():
        rows = await session.execute(
            text(
                "SELECT kind, left(area_code, 6), task_id IS NOT NULL FROM outbox WHERE kind LIKE 'member.%help%'"
                " ORDER BY xact, id"
            )
        )
        return [tuple(row) for row in rows]

    return read


@pytest.fixture
async def open_calls(client):
    """The calls that a dispatcher of those areas finds."""

    async def read(headers, **query):
        answer = await client.get(CALLS, params=query, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]

    return read


@pytest.fixture
async def engaged(post, phone):
    """A member who accepted an emergency in Chikan: the member, their engagement, and the task."""
    task = await post()
    offer = offers_of(task)[0]
    accepted = await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept")
    return offer["member_id"], accepted.json()["engagement"]["id"], task


async def test_a_call_stays_until_the_first_who_acknowledges_it(
    client, login, phone, engaged, open_calls, heard, session
):
    member, engagement, task = engaged
    chikan, leizhou = await login("dispatcher", areas=[CHIKAN]), await login("dispatcher", areas=[LEIZHOU])
    for _ in range(2):
        said = await phone(member, "POST", f"/engagements/{engagement}/confirm", json={"how": "need_help"})
        assert said.status_code == 200, said.text
    (call,) = await open_calls(chikan)
    assert (call["member_id"], call["times"], call["drill"]) == (member, 2, False)
    assert call["task"] == {"id": task["id"], "title": task["title"]}
    assert call["grid"] == {"code": task["grid"]["code"], "name": task["grid"]["name"]}
    assert await heard() == [("member.need_help", CHIKAN, True)] * 2

    # Nobody else's business: not to read, not to acknowledge, not to know of.
    path = f"{CALLS}/{call['id']}/acknowledge"
    assert await open_calls(leizhou) == []
    assert (await client.post(path, headers=leizhou)).status_code == 404
    for role in ("auditor", "unit_manager", "member"):
        assert (await client.get(CALLS, headers=await login(role))).status_code == 403

    done = await client.post(path, headers=chikan)
    assert done.status_code == 200, done.text
    again = await client.post(path, headers=await login("dispatcher", areas=["4408"]))
    assert again.json() == done.json()
    assert None not in (done.json()["acknowledged_by"], done.json()["acknowledged_at"])
    assert await open_calls(chikan) == []
    assert [each["id"] for each in await open_calls(chikan, state="all")] == [call["id"]]
    assert (await heard())[2:] == [("member.help_acknowledged", CHIKAN, True)]
    audited = await session.scalars(text("SELECT outcome FROM audit WHERE action = 'help.acknowledge'"))
    assert sorted(audited) == ["done", "done", "refused"]

    # Who calls again after that calls anew.
    await phone(member, "POST", f"/engagements/{engagement}/confirm", json={"how": "need_help"})
    (anew,) = await open_calls(chikan)
    assert (anew["id"] != call["id"], anew["times"]) == (True, 1)


async def test_a_call_by_a_check_in_reaches_the_tasks_dispatcher_and_those_of_where_they_are(
    login, phone, engaged, open_calls, heard, clock, session
):
    member, _, task = engaged
    await session.execute(text("CREATE TABLE IF NOT EXISTS checkin_default PARTITION OF checkin DEFAULT"))
    await session.commit()
    report = {
        "id": str(new_id()),
        "at": clock.at.isoformat(),
        "position": {"lon": 110.0838, "lat": 20.9147, "crs": "CGCS2000"},
        "accuracy_m": 10.0,
        "how": "need_help",
    }
    (taken,) = (await phone(member, "POST", "/checkins", json=[report])).json()["items"]
    assert taken["state"] == "stored", taken
    chikan, leizhou = await login("dispatcher", areas=[CHIKAN]), await login("dispatcher", areas=[LEIZHOU])
    (mine,), (theirs,) = await open_calls(chikan), await open_calls(leizhou)
    assert mine["id"] == theirs["id"]
    assert mine["grid"] == theirs["grid"]
    assert mine["grid"]["code"].startswith(LEIZHOU)
    assert (mine["task"]["id"], theirs["task"]) == (task["id"], None)
    assert await heard() == [("member.need_help", CHIKAN, True), ("member.need_help", LEIZHOU, False)]
