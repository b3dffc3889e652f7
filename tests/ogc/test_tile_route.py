"""The route of tiles is written by hand: it asks who calls, refuses and records as every other route does."""

import pytest
from sqlalchemy import select, text

from service.access import keys
from service.access.models import Account, ApiKey, AuditEntry
from service.access.queries import as_caller
from service.access.revocation import revoke
from service.access.rules import Action
from service.db import driver
from service.ogc.routes.one_tile import PATH
from tests.ogc.test_tiles import path, tile_at

AT = tile_at(10)


@pytest.fixture
def new_key(login, session, clock):
    """A key of a fresh GIS officer: `row, headers = await new_key(Action.GRID_READ)`."""

    async def make(*actions):
        await login("gis", areas=["4408"])
        account = (await session.scalars(select(Account).order_by(Account.id.desc()).limit(1))).one()
        made = await keys.make(session, as_caller(account), "QGIS", actions, None, clock())
        await session.commit()
        return made.row, {"Authorization": f"Bearer {made.key}"}

    return make


async def audit(session):
    """The audit's rows."""
    return (await session.scalars(select(AuditEntry).execution_options(populate_existing=True))).all()


async def test_a_revoked_key_is_refused_at_once_though_the_tile_is_kept(client, session, clock, new_key):
    row, headers = await new_key(Action.GRID_READ)
    for _ in range(2):
        answer = await client.get(path("governance_grids", AT), headers=headers)
        assert answer.status_code == 200
    await revoke(session, ApiKey, row.id, clock(), owner=None)
    await session.commit()
    for given in ({}, {"If-None-Match": answer.headers["etag"]}):
        refused = await client.get(path("governance_grids", AT), headers=headers | given)
        assert (refused.status_code, refused.json()["type"]) == (401, "/problems/key-refused")
        assert len(refused.headers.get_list("www-authenticate")) == 2
    failed = [(entry.action, entry.outcome, entry.detail["reason"]) for entry in await audit(session)]
    assert failed == [("key", "failed", "revoked")] * 2


@pytest.mark.parametrize(
    ("change", "status"), [("active = false", 401), ("roles = '{}'", 403), ("areas = '{440802}'", 200)]
)
async def test_what_is_taken_from_an_account_is_gone_at_once(client, session, new_key, change, status):
    row, headers = await new_key(Action.GRID_READ, Action.COVERAGE_READ)
    before = await client.get(path("overlay", AT), headers=headers)
    assert before.status_code == 200
    await session.execute(text(f"UPDATE account SET {change} WHERE id = :id"), {"id": row.account_id})
    await session.commit()
    after = await client.get(path("overlay", AT), headers=headers | {"If-None-Match": before.headers["etag"]})
    assert after.status_code == status
    assert after.content != before.content


async def test_a_session_that_was_ended_reads_no_kept_tile(client, login):
    headers = await login("gis", areas=["4408"])
    assert (await client.get(path("overlay", AT), headers=headers)).status_code == 200
    await client.post("/api/v1/logout", headers=headers)
    answer = await client.get(path("overlay", AT), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/token-revoked")


async def test_what_a_key_was_not_given_is_refused_and_on_record(client, session, new_key):
    row, headers = await new_key(Action.GRID_READ)
    answer = await client.get(path("overlay", AT), headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")
    (entry,) = await audit(session)
    assert (entry.action, entry.outcome) == (Action.COVERAGE_READ, "refused")
    assert entry.detail == {"key_id": str(row.id)}
    assert entry.subject == f"GET {path('overlay', AT)}"
    assert entry.request_id == answer.headers["x-request-id"]


async def test_a_kept_tile_is_a_use_of_the_key(client, session, clock, new_key):
    row, headers = await new_key(Action.GRID_READ)
    for _ in range(2):
        await client.get(path("governance_grids", AT), headers=headers)
    used = select(ApiKey.last_used_at).where(ApiKey.id == row.id)
    assert await session.scalar(used) == clock()


async def test_a_kept_tile_costs_one_statement(client, gis, monkeypatch):
    await client.get(path("party_grids", AT), headers=gis)
    asked, first = [], driver.first

    async def noted(session, statement, **given):
        asked.append(statement.text)
        return await first(session, statement, **given)

    monkeypatch.setattr(driver, "first", noted)
    answer = await client.get(path("party_grids", AT), headers=gis)
    assert answer.status_code == 200
    (statement,) = asked
    assert "FROM account" in statement
    assert "edition" in statement


async def test_the_log_and_the_document_name_the_route(client, gis):
    await client.get(path("party_grids", AT), headers=gis)
    assert f'route="{PATH}",status="200"' in (await client.get("/metrics")).text
    operation = (await client.get("/openapi.json")).json()["paths"][PATH]["get"]
    assert {"200", "304", "400", "401", "403", "404", "503"} <= set(operation["responses"])
