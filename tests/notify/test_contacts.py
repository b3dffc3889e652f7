"""Where people are reached: by themselves, by their unit's manager, by an administrator, and by nobody else."""

import pytest


@pytest.fixture
async def put(client):
    """Say where somebody is reached."""

    async def put(path, headers, address):
        return await client.put(f"/api/v1{path}", headers=headers, json={"address": address})

    return put


async def test_who_keeps_whose_addresses(city, client, put, fresh_login):
    row = "SELECT {} FROM member m JOIN unit u ON u.id = m.unit_id WHERE m.active ORDER BY m.number LIMIT 1"
    member, unit = [await city.scalar(row.format(column)) for column in ("m.id", "u.code")]
    own = await city.phone(member)
    empty = (await client.get("/api/v1/me/contacts", headers=own)).json()["items"]
    assert [(each["channel"], each["name"], each["address"]) for each in empty] == [
        ("push", "推送", None), ("message", "消息", None), ("sms", "短信", None), ("mail", "邮件", None),
    ]  # fmt: skip
    stored = await put("/me/contacts/sms", own, "+86 138 0000 1234")
    assert stored.json()["address"] == "13800001234"
    assert (await put("/me/contacts/sms", own, "13800009999")).json()["address"] == "13800009999"
    assert (await put("/me/contacts/mail", own, "nobody")).json()["type"] == "/problems/invalid-address"
    assert (await put("/me/contacts/pigeon", own, "x")).status_code == 404

    path = f"/api/v1/members/{member}/contacts"
    manager = await fresh_login("unit_manager", units=[unit])
    admin = await fresh_login("admin")
    for headers in (manager, admin):
        items = (await client.get(path, headers=headers)).json()["items"]
        assert {each["channel"]: each["address"] for each in items}["sms"] == "13800009999"
    other = await fresh_login("unit_manager", units=["U-NONE"])
    dispatcher = await fresh_login("dispatcher", areas=["4408"])
    for headers in (other, dispatcher):
        assert (await client.get(path, headers=headers)).status_code == 404
        assert (await put(f"/members/{member}/contacts/sms", headers, "13800000000")).status_code == 404
    for role in ("gis", "auditor"):
        headers = await fresh_login(role, areas=["4408"])
        assert (await client.get(path, headers=headers)).status_code == 403
        assert (await put("/me/contacts/sms", headers, "13800000000")).status_code == 403
    assert (await put(f"/members/{member}/contacts/mail", manager, "a@b.example")).status_code == 200
    gone = await client.delete(f"{path}/mail", headers=manager)
    assert gone.status_code == 204
    assert (await client.delete(f"{path}/mail", headers=manager)).status_code == 404
    assert (await client.delete("/api/v1/me/contacts/sms", headers=own)).status_code == 204

    # A duty officer's own account is reached too; there, nobody has a ladder of their own.
    assert (await put("/me/contacts/push", dispatcher, "officer-1")).json()["address"] == "officer-1"
    assert (await client.get("/api/v1/me/notify", headers=dispatcher)).status_code == 404
    assert "13800009999" not in await city.scalar("SELECT string_agg(detail::text, ' ') FROM audit")

    for ladder in (["nowhere"], [], ["push"] * 11):
        wish = {"ladders": {"urgent": ladder}}
        assert (await client.put("/api/v1/me/notify", headers=own, json=wish)).status_code == 422
    found = (await client.get("/api/v1/me/notify", headers=own)).json()
    assert (found["language"], found["ladders"]) == ("zh", {})
    assert [each["channel"] for each in found["in_force"]["critical"]] == ["push", "sms", "duty_officer"]
