"""The real application with a few routes more, whose one effect is a row in the outbox."""

import asyncio
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy import func, select, text

from service.access.guards import allow
from service.access.rules import Action, Caller
from service.app import create_app
from service.errors import Conflict
from service.events.models import Event
from service.events.record import record
from service.web.fields import Body, Line, Position
from service.web.idempotency import OnceRoute
from service.web.transaction import Now, Tx

Guarded = Annotated[Caller, Depends(allow(Action.ME_READ))]
router = APIRouter(prefix="/probe", route_class=OnceRoute)


class Thing(Body):
    """What the probe takes."""

    name: Line
    at: Position | None = None


@router.post("/things", status_code=201)
async def make_thing(
    request: Request, response: Response, tx: Tx, now: Now, who: Guarded, body: Thing
) -> dict:
    """One effect, unless the test has told the application to refuse."""
    made = await effects(tx)
    await record(tx, "probe", now)
    if getattr(request.app.state, "refuse", False):
        raise Conflict("request-in-flight")
    response.headers["Location"] = "/probe/things/1"
    return {"name": body.name, "made_before": made}


@router.post("/slow", status_code=201)
async def make_slowly(request: Request, tx: Tx, now: Now, who: Guarded) -> dict:
    """One effect, whose transaction stays open until the test lets it go on."""
    await record(tx, "probe", now)
    await tx.flush()
    request.app.state.begun.set()
    await request.app.state.go_on.wait()
    return {}


@router.post("/nothing", status_code=204)
async def make_nothing(tx: Tx, now: Now, who: Guarded) -> None:
    """One effect and no body."""
    await record(tx, "probe", now)


@router.post("/fails/{sqlstate}/{times}")
async def fail_some_times(request: Request, tx: Tx, now: Now, sqlstate: str, times: int) -> dict:
    """An effect, after which the database itself raises that SQLSTATE the first times."""
    request.app.state.tries += 1
    await record(tx, "probe", now)
    if request.app.state.tries <= times:
        await tx.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = '{sqlstate}'; END $$"))
    return {"tries": request.app.state.tries}


@router.post("/commit-fails/{table}")
async def fail_at_commit(request: Request, tx: Tx, now: Now, table: str) -> dict:
    """A row that a deferred constraint of the test's table refuses at COMMIT."""
    request.app.state.tries += 1
    await record(tx, "probe", now)
    await tx.execute(text(f"INSERT INTO {table} VALUES (1)"))
    return {}


@router.post("/killed")
async def be_killed(tx: Tx) -> None:
    """The server ends this connection."""
    await tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


@router.get("/bug")
async def have_a_bug() -> None:
    """An error that nobody foresaw."""
    raise RuntimeError("secret")


async def effects(session):
    """How many rows the probes have written."""
    return await session.scalar(select(func.count()).select_from(Event).where(Event.kind == "probe"))


@asynccontextmanager
async def probing(settings, sessions, clock):
    """A client of the application with the probes; `client.state` is the application's."""
    app = create_app(settings, clock)
    app.include_router(router)
    app.state.sessions = sessions
    app.state.tries = 0
    app.state.begun, app.state.go_on = asyncio.Event(), asyncio.Event()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://vanguard.test") as client:
        client.state = app.state
        yield client


@pytest.fixture
async def probe(settings, sessions, clock):
    """The probes inside the outer transaction."""
    async with probing(settings, sessions, clock) as client:
        yield client


@pytest.fixture
async def fresh_probe(fresh_settings, fresh_sessions, clock):
    """The probes on a database of the test's own."""
    async with probing(fresh_settings, fresh_sessions, clock) as client:
        yield client


@pytest.fixture
def count_effects():
    """Counts the probes' effects."""
    return effects
