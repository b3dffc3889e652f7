"""Every route is guarded, every unsafe one leaves its entry, and refusals go on record."""

from contextlib import contextmanager

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import event, select

from service.access.guards import READ, SAFE, WRITE, Allow
from service.access.models import AuditEntry
from service.app import create_app
from service.db import driver
from service.web.idempotency import OnceRoute

PUBLIC = {
    ("GET", "/openapi.json"),
    ("HEAD", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/docs/assets/{name}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/problems/{slug}"),
    ("GET", "/ogc"),
    ("GET", "/ogc/"),
    ("GET", "/ogc/conformance"),
    ("GET", "/ogc/api"),
    ("GET", "/ogc/tileMatrixSets"),
    ("GET", "/ogc/tileMatrixSets/WebMercatorQuad"),
    ("GET", "/ogc/assets/{name}"),
    ("GET", "/m"),
    ("GET", "/m/"),
    ("GET", "/m/{path:path}"),
    ("GET", "/console"),
    ("GET", "/console/"),
    ("GET", "/console/{path:path}"),
    ("POST", "/api/v1/token"),
    ("POST", "/api/v1/devices/enrol"),
    ("POST", "/api/v1/sms/{channel}"),
    ("GET", "/r/{secret}"),
    ("POST", "/r/{secret}"),
}
"""What needs no login, by name. Think twice before adding to it."""


def every_route(app):
    """(method, path, route) of the whole application."""
    for context in iter_route_contexts(app.routes):
        for method in context.methods or {"*"}:
            yield method, context.path, context.original_route


def guards_of(dependant):
    """The `allow(...)` guards among a route's dependencies."""
    for each in dependant.dependencies:
        if isinstance(each.call, Allow):
            yield each.call
        yield from guards_of(each)


def is_guarded(route):
    """Whether it has exactly one guard. A hand-written route carries its own as `guard`."""
    if isinstance(route, APIRoute):
        return len(set(guards_of(route.dependant))) == 1
    return isinstance(getattr(route, "guard", None), Allow)


@pytest.fixture
def app(settings):
    """The application."""
    return create_app(settings)


def test_every_route_but_the_public_ones_is_guarded(app):
    found = {(method, path): route for method, path, route in every_route(app)}
    assert set(found) >= PUBLIC
    assert [place for place, route in found.items() if place not in PUBLIC and not is_guarded(route)] == []


KEYS_OF_THEIR_OWN = {("POST", "/api/v1/checkins")}
"""What may be repeated without an Idempotency-Key, as each item has an id."""


def test_every_guarded_unsafe_route_keeps_its_answer(app):
    lacking = [
        (method, path)
        for method, path, route in every_route(app)
        if method not in SAFE
        and (method, path) not in PUBLIC | KEYS_OF_THEIR_OWN
        and not isinstance(route, OnceRoute)
    ]
    assert lacking == []


def test_every_route_documents_what_can_go_wrong(app):
    lacking = {}
    for path, methods in app.openapi()["paths"].items():
        for method, operation in ((name.upper(), each) for name, each in methods.items()):
            due = {str(status) for status in (READ if method in SAFE else WRITE)} - set(
                operation["responses"]
            )
            if due and (method, path) not in PUBLIC:
                lacking[f"{method} {path}"] = due
    assert lacking == {}


def test_the_structural_check_can_fail(app):
    @app.post("/open")
    async def left_open() -> None:
        return None

    assert [path for _, path, route in every_route(app) if path == "/open" and not is_guarded(route)] == [
        "/open"
    ]


async def entries(session):
    """The audit's rows."""
    return (await session.execute(select(AuditEntry))).scalars().all()


async def test_an_unsafe_request_leaves_one_entry(client, login, session):
    headers = await login("gis")
    answer = await client.post("/api/v1/logout", headers=headers)
    (entry,) = await entries(session)
    assert (entry.action, entry.outcome, entry.subject) == ("device.revoke", "done", "POST /api/v1/logout")
    assert entry.username.startswith("gis-")
    assert entry.request_id == answer.headers["x-request-id"]


async def test_a_safe_request_leaves_none(client, login, session):
    await client.get("/api/v1/me", headers=await login("gis"))
    assert await entries(session) == []


async def test_a_refusal_is_on_record_and_the_rest_rolled_back(client, login, session):
    answer = await client.post("/api/v1/accounts", headers=await login("gis"), json={})
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/forbidden"
    assert "account.write" in answer.json()["detail"]
    (entry,) = await entries(session)
    assert (entry.action, entry.outcome, entry.subject) == (
        "account.write",
        "refused",
        "POST /api/v1/accounts",
    )
    assert entry.request_id == answer.headers["x-request-id"]


async def test_a_refusal_really_commits(fresh_client, fresh_login, fresh_sessions):
    await fresh_client.get("/api/v1/audit", headers=await fresh_login("gis"))
    async with fresh_sessions() as session:
        (entry,) = await entries(session)
    assert (entry.action, entry.outcome) == ("audit.read", "refused")


async def test_a_request_that_fails_leaves_no_entry_of_having_been_done(client, login, session):
    headers = await login("admin")
    assert (await client.post("/api/v1/accounts", headers=headers, json={})).status_code == 422
    assert await entries(session) == []


async def test_nobody_leaves_no_entry(client, session):
    await client.post("/api/v1/accounts", json={})
    assert await entries(session) == []


async def test_a_guard_costs_one_statement_and_an_unsafe_one_two(client, login, statements):
    headers = await login("gis")
    with statements() as seen:
        await client.get("/api/v1/me", headers=headers)
    assert len(seen) == 2, "the guard's one, and what /me reads"
    with statements() as seen:
        await client.post("/api/v1/logout", headers=headers)
    assert [sql.split()[0] for sql in seen] == ["SELECT", "INSERT", "SELECT", "UPDATE"]


@pytest.fixture
def statements(connection, monkeypatch):
    """Collects the SQL that goes to the test's connection, savepoints left out."""
    first = driver.first

    @contextmanager
    def collect():
        seen = []

        def note(_, __, statement, *___):
            seen.append(statement)

        async def note_first(session, statement, **given):
            seen.append(statement.text)
            return await first(session, statement, **given)

        event.listen(connection.sync_connection, "before_cursor_execute", note)
        monkeypatch.setattr(driver, "first", note_first)
        yield seen
        monkeypatch.setattr(driver, "first", first)
        event.remove(connection.sync_connection, "before_cursor_execute", note)
        seen[:] = [sql for sql in seen if "SAVEPOINT" not in sql]

    return collect
