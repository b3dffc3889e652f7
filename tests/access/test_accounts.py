"""Keeping accounts and devices over HTTP: who may, what it changes at once, what goes on record."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from service.access import audit
from service.access.commands import AccountChanges, create_account, update_account
from service.access.models import Account, AuditEntry
from service.access.rules import Role
from service.db.base import new_id
from service.errors import Conflict

BODY = {
    "username": "Wang.Wu",
    "password": "long enough 1",
    "display_name": "王五",
    "roles": ["unit_manager", "dispatcher"],
    "areas": ["440802"],
    "units": ["U01"],
}

WAITING = text(
    "SELECT EXISTS (SELECT FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock')"
)


async def test_an_administrator_makes_an_account(client, login, log_in, audited):
    admin = await login("admin")
    answer = await client.post("/api/v1/accounts", headers=admin, json=BODY)
    assert answer.status_code == 201
    made = answer.json()
    assert made["username"] == "wang.wu"
    assert made["roles"] == ["dispatcher", "unit_manager"]
    assert (made["areas"], made["units"], made["active"]) == (["440802"], ["U01"], True)
    assert "password" not in str(made)
    assert (await log_in("wang.wu", "long enough 1")).status_code == 200
    action, outcome, _, detail = (await audited())[0]
    assert (action, outcome) == ("account.write", "done")
    assert detail["account_id"] == made["id"]
    assert detail["roles"] == ["unit_manager", "dispatcher"]
    assert "password" not in detail


async def test_one_says_how_one_is_reached_and_an_administrator_may_too(client, login):
    admin, dispatcher = await login("admin"), await login("dispatcher", areas=["4408"])
    made = (await client.post("/api/v1/accounts", headers=admin, json=BODY | {"contact": "0759-1"})).json()
    assert made["contact"] == "0759-1"
    path = f"/api/v1/accounts/{made['id']}"
    changed = await client.patch(path, headers=admin, json={"contact": "0759-2"})
    assert changed.json() == made | {"contact": "0759-2"}
    assert (await client.patch(path, headers=admin, json={"display_name": "王"})).json()[
        "contact"
    ] == "0759-2"
    for contact in (" 3 楼值班室 ", None):
        answer = await client.patch("/api/v1/me", headers=dispatcher, json={"contact": contact})
        assert (answer.status_code, answer.json()["contact"]) == (200, contact and "3 楼值班室")
        assert (await client.get("/api/v1/me", headers=dispatcher)).json() == answer.json()
    assert (await client.patch("/api/v1/me", headers=dispatcher, json={})).status_code == 422


async def test_a_username_is_taken_once(client, login):
    admin = await login("admin")
    await client.post("/api/v1/accounts", headers=admin, json=BODY)
    answer = await client.post("/api/v1/accounts", headers=admin, json=BODY | {"username": "wang.WU"})
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/username-taken"


async def test_of_two_who_take_a_username_at_once_one_is_told(fresh_client, fresh_login):
    admin = await fresh_login("admin")
    answers = await asyncio.gather(
        *(fresh_client.post("/api/v1/accounts", headers=admin, json=BODY) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


@pytest.mark.parametrize(
    "fault",
    [
        {"username": ""},
        {"username": "a b"},
        {"username": "x\x00"},
        {"password": "short"},
        {"password": "nul in \x00 it all"},
        {"password": "surrogate \ud800 in it"},
        {"display_name": "\ud800"},
        {"roles": []},
        {"roles": ["king"]},
        {"areas": [""]},
        {"areas": ["44"]},
        {"areas": ["4408%"]},
        {"units": ["U 1"]},
        {"member_id": "x"},
    ],
)
async def test_a_wrong_field_is_named(client, login, fault):
    # Not `json=`: httpx cannot send a lone surrogate, and a client that escapes it can.
    headers = await login("admin") | {"Content-Type": "application/json"}
    answer = await client.post("/api/v1/accounts", headers=headers, content=json.dumps(BODY | fault))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(next(iter(fault)))


async def test_what_is_changed_counts_at_once(client, login, session, audited):
    gis, admin = await login("gis"), await login("admin")
    account_id = (await client.get("/api/v1/me", headers=gis)).json()["id"]
    path = f"/api/v1/accounts/{account_id}"
    changed = await client.patch(path, headers=admin, json={"roles": ["auditor"], "areas": None})
    assert changed.json()["roles"] == ["auditor"]
    assert (await client.get("/api/v1/me", headers=gis)).json()["roles"] == ["auditor"]
    assert (await client.get("/api/v1/audit", headers=gis)).status_code == 200
    assert (await audited())[0][3] == {"roles": ["auditor"], "password_changed": False}


@pytest.mark.parametrize("change", [{"active": False}, {"password": "another long one"}])
async def test_deactivation_and_a_new_password_end_the_sessions(client, login, change):
    gis, admin = await login("gis"), await login("admin")
    account_id = (await client.get("/api/v1/me", headers=gis)).json()["id"]
    assert (
        await client.patch(f"/api/v1/accounts/{account_id}", headers=admin, json=change)
    ).status_code == 200
    answer = await client.get("/api/v1/me", headers=gis)
    assert answer.json()["type"] == "/problems/token-revoked"


@pytest.mark.parametrize("change", [{"active": False}, {"roles": ["auditor"]}])
async def test_the_last_administrator_stays(client, login, change):
    admin = await login("admin")
    account_id = (await client.get("/api/v1/me", headers=admin)).json()["id"]
    answer = await client.patch(f"/api/v1/accounts/{account_id}", headers=admin, json=change)
    assert answer.json()["type"] == "/problems/last-admin"
    await login("admin")
    again = await client.patch(f"/api/v1/accounts/{account_id}", headers=admin, json=change)
    assert again.status_code == 200


async def test_two_administrators_who_demote_each_other_do_not_both_succeed(fresh_sessions, clock):
    async with fresh_sessions.begin() as session:
        pair = [
            (
                await create_account(
                    session, username=name, display_name=name, roles=[Role.ADMIN], now=clock.at
                )
            ).id
            for name in ("one", "two")
        ]

    async def demote(account_id):
        async with fresh_sessions.begin() as session:
            await update_account(session, account_id, AccountChanges(roles=[Role.GIS]), clock.at)

    async with fresh_sessions() as first, fresh_sessions() as watch:
        await update_account(first, pair[0], AccountChanges(roles=[Role.GIS]), clock.at)
        second = asyncio.create_task(demote(pair[1]))
        while not second.done() and not await watch.scalar(WAITING):
            await watch.rollback()
        await first.commit()
    with pytest.raises(Conflict, match="last-admin"):
        await second
    async with fresh_sessions() as session:
        admins = select(func.count()).select_from(Account).where(Account.roles.contains(["admin"]))
        assert await session.scalar(admins) == 1


async def test_an_unknown_account_is_not_found(client, login):
    admin = await login("admin")
    assert (await client.patch(f"/api/v1/accounts/{new_id()}", headers=admin, json={})).status_code == 404
    assert (await client.get(f"/api/v1/accounts/{new_id()}/devices", headers=admin)).status_code == 404


async def test_accounts_are_listed_by_username_in_pages(client, login):
    admin = await login("admin")
    for _ in range(4):
        await login("gis")
    names, after, pages = [], None, 0
    while True:
        params = {"limit": 2} | ({"after": after} if after else {})
        answer = (await client.get("/api/v1/accounts", headers=admin, params=params)).json()
        names += [each["username"] for each in answer["items"]]
        pages += 1
        after = answer["next"]
        if after is None:
            break
    assert pages == 3
    assert len(names) == 5
    assert names == sorted(set(names))


async def test_one_sees_and_revokes_ones_own_devices_only(client, login, session):
    mine, theirs = await login("gis"), await login("gis")
    own = (await client.get("/api/v1/devices", headers=mine)).json()["items"]
    assert [(each["kind"], each["name"]) for each in own] == [("session", "test")]
    other = (await client.get("/api/v1/devices", headers=theirs)).json()["items"][0]["id"]
    answer = await client.post(f"/api/v1/devices/{other}/revoke", headers=mine)
    assert answer.status_code == 404
    assert (await client.get("/api/v1/devices", headers=theirs)).status_code == 200
    refused = (await session.execute(select(AuditEntry).where(AuditEntry.outcome == "refused"))).scalar_one()
    assert refused.action == "device.revoke"
    assert refused.subject == f"POST /api/v1/devices/{other}/revoke"
    unknown = await client.post(f"/api/v1/devices/{new_id()}/revoke", headers=mine)
    assert unknown.json() | {"instance": ""} == answer.json() | {"instance": ""}, "nothing tells them apart"
    assert (await client.post(f"/api/v1/devices/{own[0]['id']}/revoke", headers=mine)).status_code == 204
    assert (await client.get("/api/v1/devices", headers=mine)).status_code == 401


async def test_an_administrator_finds_and_revokes_a_lost_phone(client, login):
    admin, gis = await login("admin"), await login("gis")
    account_id = (await client.get("/api/v1/me", headers=gis)).json()["id"]
    found = (await client.get(f"/api/v1/accounts/{account_id}/devices", headers=admin)).json()["items"]
    for _ in range(2):
        answer = await client.post(f"/api/v1/devices/{found[0]['id']}/revoke", headers=admin)
        assert answer.status_code == 204
    assert (await client.get("/api/v1/me", headers=gis)).status_code == 401
    assert (await client.get(f"/api/v1/accounts/{account_id}/devices", headers=admin)).json()["items"] == []


async def test_the_audit_is_read_newest_first_in_pages_and_by_filter(client, login, clock):
    auditor, admin = await login("auditor"), await login("admin")
    path = "/api/v1/accounts"
    for number in range(3):
        await client.post(path, headers=admin, json=BODY | {"username": f"u{number}"})
        clock.at += timedelta(seconds=number % 2)  # two of them at the same time
    await client.post(path, headers=auditor, json=BODY)
    whole = (await client.get("/api/v1/audit", headers=auditor)).json()
    assert whole["next"] is None
    assert [each["outcome"] for each in whole["items"]] == ["refused", "done", "done", "done"]
    first = (await client.get("/api/v1/audit", headers=auditor, params={"limit": 3})).json()
    second = (
        await client.get("/api/v1/audit", headers=auditor, params={"limit": 3, "after": first["next"]})
    ).json()
    assert first["items"] + second["items"] == whole["items"]

    async def subjects(**params):
        answer = (await client.get("/api/v1/audit", headers=auditor, params=params)).json()
        return len(answer["items"])

    assert await subjects(outcome="done") == 3
    assert await subjects(action="account.write") == 4
    assert await subjects(action="task.post") == 0
    assert await subjects(account=whole["items"][0]["account_id"]) == 1
    assert whole["items"][0]["request_id"]


async def test_the_audit_is_in_the_order_of_its_times_whatever_the_ids(client, login, session, clock):
    for minutes in (3, 1, 2, 0):
        audit.write(session, clock.at - timedelta(minutes=minutes), "probe", audit.DONE, subject=str(minutes))
        await session.flush()
    await session.commit()
    auditor = await login("auditor")
    subjects, after = [], {}
    while after is not None:
        answer = (await client.get("/api/v1/audit", headers=auditor, params={"limit": 1} | after)).json()
        subjects += [each["subject"] for each in answer["items"]]
        after = {"after": answer["next"]} if answer["next"] else None
    assert subjects == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    "params", [{"outcome": "maybe"}, {"account": "x"}, {"action": "\x00"}, {"after": "?"}]
)
async def test_a_wrong_filter_is_named(client, login, params):
    answer = await client.get("/api/v1/audit", headers=await login("auditor"), params=params)
    assert answer.status_code == 422
