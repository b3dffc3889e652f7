"""Notes on a task: dispatchers write them for each other, auditors read them, members hear nothing of them."""

from sqlalchemy import text

from tests.dispatch.conftest import offers_of


async def test_notes_are_read_by_dispatchers_and_auditors_and_by_no_member(
    post, phone, client, session, login, dispatcher
):
    task = await post()
    path = f"/api/v1/tasks/{task['id']}/notes"
    first = await client.post(path, json={"text": "报警人在东门等候"}, headers=dispatcher)
    assert first.status_code == 201, first.text
    assert first.json() == {
        "id": first.json()["id"],
        "at": "2026-06-03T04:00:00Z",
        "by": "测试",
        "text": "报警人在东门等候",
    }
    engaged = offers_of(task)[0]
    await phone(engaged["member_id"], "POST", f"/offers/{engaged['id']}/accept")
    assert (await phone(engaged["member_id"], "GET", f"/tasks/{task['id']}/notes")).status_code == 403

    await client.post(f"/api/v1/tasks/{task['id']}/close", headers=dispatcher)
    afterwards = await client.post(path, json={"text": " 事后补记 "}, headers=dispatcher)
    assert (afterwards.status_code, afterwards.json()["text"]) == (201, "事后补记")

    auditor = await login("auditor", areas=["4408"])
    page = (await client.get(f"{path}?limit=1", headers=auditor)).json()
    assert page["items"] == [afterwards.json()]
    rest = (await client.get(path, params={"after": page["next"]}, headers=auditor)).json()
    assert (rest["items"], rest["next"]) == ([first.json()], None)
    assert (await client.post(path, json={"text": "?"}, headers=auditor)).status_code == 403

    elsewhere = await login("dispatcher", areas=["440803"])
    assert (await client.get(path, headers=elsewhere)).status_code == 404
    assert (await client.post(path, json={"text": "?"}, headers=elsewhere)).status_code == 404
    assert (await client.post(path, json={"text": "  "}, headers=dispatcher)).status_code == 422
    told = await session.execute(
        text(
            "SELECT area_code, task_id::text, member_id, data FROM outbox WHERE kind = 'note.written' ORDER BY id"
        )
    )
    assert [tuple(row) for row in told] == [
        (task["grid"]["code"], task["id"], None, {"note": each.json()["id"], "drill": False})
        for each in (first, afterwards)
    ]
