"""A dispatcher's messages to those who are engaged in a task, and how they are reached."""

from sqlalchemy import text

from tests.dispatch.conftest import offers_of


async def test_messages_reach_those_who_are_engaged_and_nobody_else(
    post, phone, client, clock, session, login, dispatcher
):
    await client.patch("/api/v1/me", json={"contact": "0759-000-0001"}, headers=dispatcher)
    task = await post()
    path = f"/api/v1/tasks/{task['id']}/messages"
    engaged, asked = offers_of(task)[:2]
    nobody = await client.post(path, json={"text": "集合地点在东门"}, headers=dispatcher)
    assert nobody.status_code == 201, nobody.text
    accepted = await phone(engaged["member_id"], "POST", f"/offers/{engaged['id']}/accept")
    told = accepted.json()["offer"]["task"]
    assert told["dispatcher"] == {"name": "测试", "contact": "0759-000-0001"}
    assert told["messages"] == 1
    sent = (await client.post(path, json={"text": " 带上救生衣 "}, headers=dispatcher)).json()
    assert sent == {"id": sent["id"], "at": "2026-06-03T04:00:00Z", "from": "测试", "text": "带上救生衣"}
    events = await session.execute(
        text("SELECT member_id, data FROM outbox WHERE kind = 'message.sent' ORDER BY id")
    )
    assert [(member and str(member), data["message"]) for member, data in events] == [
        (None, nobody.json()["id"]),
        (engaged["member_id"], sent["id"]),
    ]

    first = (await phone(engaged["member_id"], "GET", f"/tasks/{task['id']}/messages?limit=1")).json()
    assert first["items"] == [sent]
    rest = await phone(
        engaged["member_id"], "GET", f"/tasks/{task['id']}/messages", params={"after": first["next"]}
    )
    assert ([each["text"] for each in rest.json()["items"]], rest.json()["next"]) == (
        ["集合地点在东门"],
        None,
    )
    assert (await phone(asked["member_id"], "GET", f"/tasks/{task['id']}/messages")).status_code == 404
    auditor = await login("auditor", areas=["4408"])
    assert len((await client.get(path, headers=auditor)).json()["items"]) == 2
    elsewhere = await login("dispatcher", areas=["440803"])
    assert (await client.get(path, headers=elsewhere)).status_code == 404
    assert (await client.post(path, json={"text": "?"}, headers=elsewhere)).status_code == 404
    assert (await client.post(path, json={"text": "  "}, headers=dispatcher)).status_code == 422

    engagement = accepted.json()["engagement"]["id"]
    await phone(engaged["member_id"], "POST", f"/engagements/{engagement}/withdraw")
    assert (
        len((await phone(engaged["member_id"], "GET", f"/tasks/{task['id']}/messages")).json()["items"]) == 2
    )
    await client.post(f"/api/v1/tasks/{task['id']}/close", headers=dispatcher)
    late = await client.post(path, json={"text": "辛苦了"}, headers=dispatcher)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/task-ended")
