"""API keys: shown once, kept hashed, held to chosen reads, let in by HTTP Basic and Bearer, and ended at any time."""

from base64 import b64encode
from datetime import timedelta

import pytest
from fastapi import Depends
from sqlalchemy import select, text

from service.access import keys
from service.access.attempts import MOST_BY_ADDRESS
from service.access.commands import AccountChanges, forget_old, update_account
from service.access.guards import SAFE, allow
from service.access.models import Account, ApiKey, AuditEntry
from service.access.rules import READ_ACTIONS, Action, Role
from service.access.secrets import hash_token
from service.app import create_app
from service.db.base import new_id
from tests.access.conftest import PASSWORD
from tests.access.test_guards import every_route, guards_of

KEYS = "/api/v1/me/keys"
MAP = "/api/v1/links"
ME = "/api/v1/me"


@pytest.fixture
async def headers(login):
    """A map person's session, who is a dispatcher too."""
    return await login("gis", "dispatcher", areas=["4408"])


@pytest.fixture
def make(client, headers):
    """POST /me/keys: the answer's body."""

    async def post(**body):
        answer = await client.post(KEYS, headers=headers, json={"name": "QGIS"} | body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return post


@pytest.fixture
async def username(client, headers):
    """The person's."""
    return (await client.get(ME, headers=headers)).json()["username"]


def bearer(key):
    """The header of a key by itself."""
    return {"Authorization": f"Bearer {key}"}


def basic(username, key):
    """The header that QGIS and GDAL send."""
    return {"Authorization": "Basic " + b64encode(f"{username}:{key}".encode()).decode()}


@pytest.fixture
def read(client):
    """GET with those headers, the map unless told: its status, and its slug if it has one."""

    async def get(headers, path=MAP):
        answer = await client.get(path, headers=headers)
        slug = answer.json().get("type", "").removeprefix("/problems/")
        return (answer.status_code, slug) if slug else answer.status_code

    return get


async def last_entry(session):
    """The newest of the audit."""
    found = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(1)
    return (await session.scalars(found)).one()


async def account_of(session, made):
    """The account of a key."""
    row = await session.get(ApiKey, made["id"])
    return await session.get(Account, row.account_id)


NO_KEY = (401, "key-refused")


async def test_a_key_is_shown_once_and_kept_hashed(client, headers, session):
    answer = await client.post(
        KEYS, headers=headers | {"Idempotency-Key": "one"}, json={"name": "QGIS", "actions": ["task.read"]}
    )
    made = answer.json()
    key = made.pop("key")
    assert answer.headers["cache-control"] == "no-store"
    assert key.startswith("vgk_")
    assert len(key) == 47
    assert made["prefix"] == key[:10]
    listed = await client.get(KEYS, headers=headers)
    assert listed.json() == {"items": [made]}
    row = await session.get(ApiKey, made["id"])
    assert row.key_hash == hash_token(key)
    assert (await last_entry(session)).detail == {
        "key_id": made["id"],
        "prefix": key[:10],
        "actions": ["task.read"],
    }
    for table in ("api_key", "audit", "kept_answer"):
        rows = await session.scalars(text(f"SELECT {table}::text FROM {table}"))
        assert not [each for each in rows if key[10:] in each], table


async def test_a_key_lets_in_by_bearer_and_as_the_password_of_basic(make, read, username):
    key = (await make())["key"]
    assert await read(bearer(key)) == 200
    assert await read(basic(username, key)) == 200
    assert await read(basic(username.upper(), key)) == 200
    assert (
        await read({"Authorization": basic(username, key)["Authorization"].replace("Basic", "bASIC")}) == 200
    )


async def test_a_wrong_key_or_username_is_nobody_and_goes_on_record(make, read, username, session):
    key = (await make())["key"]
    assert await read(basic(username, key + "x")) == NO_KEY
    unknown = await last_entry(session)
    assert (unknown.action, unknown.outcome, unknown.username) == ("key", "failed", None)
    assert unknown.detail["reason"] == "unknown-key"
    assert await read(basic("somebody", key)) == NO_KEY
    other = await last_entry(session)
    assert (other.detail["reason"], other.username) == ("wrong-username", username)
    assert await read(basic("", key)) == NO_KEY
    assert await read(bearer("vgk_")) == NO_KEY


@pytest.mark.parametrize(
    "credentials", ["", "%%%", "é", b64encode(b"no colon").decode(), b64encode(b"\xff:").decode()]
)
async def test_what_cannot_be_read_as_basic_is_nobody(read, credentials):
    assert await read({"Authorization": f"Basic {credentials}".encode()}) == (401, "not-authenticated")


async def test_the_accounts_password_is_no_key(read, person):
    assert await read(basic(person.username, PASSWORD)) == NO_KEY


async def test_nobody_is_asked_for_basic_too(client):
    answer = await client.get(MAP)
    assert answer.headers.get_list("www-authenticate") == [
        "Bearer",
        'Basic realm="Vanguard", charset="UTF-8"',
    ]


async def test_failures_are_limited_by_address_and_good_keys_go_on(make, read):
    key = (await make())["key"]
    for _ in range(MOST_BY_ADDRESS):
        assert await read(bearer("vgk_guess")) == NO_KEY
    assert await read(bearer("vgk_guess")) == (429, "too-many-attempts")
    assert await read(bearer(key)) == 200


async def test_a_revoked_key_is_worthless_at_once_and_revoking_it_again_is_harmless(
    client, make, read, headers, session
):
    made = await make()
    for _ in range(2):
        assert (await client.delete(f"{KEYS}/{made['id']}", headers=headers)).status_code == 204
    assert await read(bearer(made["key"])) == NO_KEY
    assert (await last_entry(session)).detail["reason"] == "revoked"
    assert (await client.get(KEYS, headers=headers)).json() == {"items": []}


async def test_a_key_ends_when_it_was_told_to(make, read, clock):
    made = await make(expires_at=(clock.at + timedelta(hours=1)).isoformat())
    clock.at += timedelta(minutes=59)
    assert await read(bearer(made["key"])) == 200
    clock.at += timedelta(minutes=1)
    assert await read(bearer(made["key"])) == NO_KEY


async def test_a_key_cannot_end_before_it_begins(client, headers, clock):
    answer = await client.post(
        KEYS, headers=headers, json={"name": "QGIS", "expires_at": clock.at.isoformat()}
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/time-in-past")


async def test_a_key_does_no_more_than_its_actions(make, read, session):
    made = await make()
    assert made["actions"] == ["grid.read"]
    assert await read(bearer(made["key"]), "/api/v1/playbooks") == (403, "forbidden")
    entry = await last_entry(session)
    assert (entry.action, entry.outcome, entry.detail) == (
        "playbook.read",
        "refused",
        {"key_id": made["id"]},
    )
    more = await make(actions=["playbook.read"])
    assert await read(bearer(more["key"]), "/api/v1/playbooks") == 200
    assert await read(bearer(more["key"])) == (403, "forbidden")


@pytest.mark.parametrize("action", ["task.post", "key.write", "key.read", "audit.read", "account.read"])
async def test_a_key_is_given_only_reads_that_its_owner_has(client, headers, action):
    answer = await client.post(KEYS, headers=headers, json={"name": "QGIS", "actions": ["grid.read", action]})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/key-actions")
    assert [each["reason"] for each in answer.json()["errors"]] == [f"{action} cannot be given to a key"]


async def test_a_key_loses_what_its_owners_roles_lose(make, read, session):
    made = await make(actions=["task.read", "grid.read"])
    assert await read(bearer(made["key"]), "/api/v1/tasks") == 200
    account = await account_of(session, made)
    account.roles = [Role.GIS]
    await session.commit()
    assert await read(bearer(made["key"]), "/api/v1/tasks") == (403, "forbidden")
    assert await read(bearer(made["key"])) == 200


@pytest.mark.parametrize("changes", [{"active": False}, {"password": "a new password 1"}])
async def test_deactivation_and_a_new_password_end_the_keys(make, read, session, clock, changes):
    made = await make()
    account = await account_of(session, made)
    await update_account(session, account.id, AccountChanges(**changes), clock.at)
    await session.commit()
    assert await read(bearer(made["key"])) == NO_KEY
    assert (await last_entry(session)).detail["reason"] == "revoked"


async def test_a_deactivated_accounts_key_that_was_not_revoked_is_refused(make, read, session):
    made = await make()
    (await account_of(session, made)).active = False
    await session.commit()
    assert await read(bearer(made["key"])) == NO_KEY
    assert (await last_entry(session)).detail["reason"] == "inactive"


async def test_a_key_changes_nothing(client, make, headers):
    made = await make(actions=["me.read", "task.read"])
    for method, path in [("POST", KEYS), ("DELETE", f"{KEYS}/{made['id']}"), ("POST", "/api/v1/logout")]:
        answer = await client.request(method, path, headers=bearer(made["key"]))
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden"), path
    assert (await client.get(KEYS, headers=headers)).json()["items"] != []


async def test_an_unsafe_method_is_refused_to_a_key_whatever_its_action_is_called(client, make, headers):
    key = (await make(actions=["me.read"]))["key"]

    @client._transport.app.post("/misnamed", dependencies=[Depends(allow(Action.ME_READ))])
    async def misnamed() -> None:
        return None

    assert (await client.post("/misnamed", headers=headers)).status_code == 200
    assert (await client.post("/misnamed", headers=bearer(key))).status_code == 403


def test_what_a_key_may_be_given_guards_only_safe_methods(settings):
    unsafe = {
        guard.action
        for method, _, route in every_route(create_app(settings))
        if method not in SAFE and hasattr(route, "dependant")
        for guard in guards_of(route.dependant)
    }
    assert Action.KEY_WRITE in unsafe
    assert unsafe & READ_ACTIONS == set()


async def test_the_last_use_is_written_once_a_minute(client, make, read, headers, clock):
    made = await make()

    async def last_use():
        (item,) = (await client.get(KEYS, headers=headers)).json()["items"]
        return item["last_used_at"]

    assert await last_use() is None
    first = clock.at
    await read(bearer(made["key"]))
    assert await last_use() == first.isoformat().replace("+00:00", "Z")
    clock.at += timedelta(seconds=59)
    await read(bearer(made["key"]))
    assert await last_use() == first.isoformat().replace("+00:00", "Z")
    clock.at += timedelta(seconds=1)
    await read(bearer(made["key"]))
    assert await last_use() == clock.at.isoformat().replace("+00:00", "Z")


async def test_a_read_does_not_wait_for_the_last_use(fresh_client, fresh_login, fresh_sessions):
    headers = await fresh_login("gis")
    made = (await fresh_client.post(KEYS, headers=headers, json={"name": "QGIS"})).json()
    async with fresh_sessions.begin() as other:
        await other.execute(select(ApiKey.id).with_for_update())
        assert (await fresh_client.get(MAP, headers=bearer(made["key"]))).status_code == 200
    (item,) = (await fresh_client.get(KEYS, headers=headers)).json()["items"]
    assert item["last_used_at"] is None
    assert (await fresh_client.get(MAP, headers=bearer(made["key"]))).status_code == 200
    (item,) = (await fresh_client.get(KEYS, headers=headers)).json()["items"]
    assert item["last_used_at"] is not None


async def test_a_read_does_not_fail_with_the_last_use(fresh_client, fresh_login, fresh_sessions):
    headers = await fresh_login("gis")
    made = (await fresh_client.post(KEYS, headers=headers, json={"name": "QGIS"})).json()
    async with fresh_sessions.begin() as other:
        await other.execute(text("ALTER TABLE api_key ADD CHECK (last_used_at IS NULL)"))
    assert (await fresh_client.get(MAP, headers=bearer(made["key"]))).status_code == 200


async def test_somebody_elses_key_is_not_found_and_an_administrator_revokes_anybodys(
    client, make, read, login, session
):
    made = await make()
    path = f"{KEYS}/{made['id']}"
    stranger = await login("gis")
    assert (await client.delete(path, headers=stranger)).status_code == 404
    assert (await last_entry(session)).outcome == "refused"
    assert (await client.get(KEYS, headers=stranger)).json() == {"items": []}
    assert (await client.delete(f"{KEYS}/{new_id()}", headers=stranger)).status_code == 404
    assert await read(bearer(made["key"])) == 200
    admin = await login("admin")
    theirs = f"/api/v1/accounts/{(await account_of(session, made)).id}/keys"
    assert [each["id"] for each in (await client.get(theirs, headers=admin)).json()["items"]] == [made["id"]]
    assert (await client.delete(path, headers=admin)).status_code == 204
    assert await read(bearer(made["key"])) == NO_KEY


@pytest.mark.parametrize("role", ["member", "unit_manager"])
async def test_who_has_no_use_for_keys_makes_none(client, login, role):
    assert (await client.post(KEYS, headers=await login(role), json={"name": "x"})).status_code == 403


async def test_keys_are_forgotten_a_month_after_their_end(client, make, headers, session, clock):
    kept = await make()
    ending = await make(expires_at=(clock.at + timedelta(hours=1)).isoformat())
    revoked = await make()
    await client.delete(f"{KEYS}/{revoked['id']}", headers=headers)

    async def left():
        return {str(each) for each in await session.scalars(select(ApiKey.id))}

    await forget_old(session, clock.at + timedelta(days=30))
    assert await left() == {kept["id"], ending["id"], revoked["id"]}
    await forget_old(session, clock.at + timedelta(days=30, hours=1, seconds=1))
    assert await left() == {kept["id"]}


async def test_a_use_that_is_not_due_changes_nothing(make, session, clock):
    made = await make()
    row = await session.get(ApiKey, made["id"])
    await keys.write_use(session, row.id, clock.at)
    await keys.write_use(session, row.id, clock.at + timedelta(seconds=30))
    await session.refresh(row)
    assert row.last_used_at == clock.at
