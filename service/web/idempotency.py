"""Idempotency-Key (IETF draft): the first answer to a key is kept with its transaction and replayed for 24 h.

`claim` is the first write of a guarded unsafe request; `OnceRoute` keeps the answer before the commit. A refused
or failed request rolls its claim back, so its key stays free.
"""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.routing import APIRoute
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.db.engine import LOCK_TIMEOUT, sqlstate
from service.errors import Conflict, Invalid
from service.web.models import KeptAnswer

KEPT = timedelta(hours=24)
LONGEST_KEY = 255
FIRST_IN_FLIGHT_WAIT = "2s"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


CLAIM = """
    WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', $6, true)),
    claimed AS (
        INSERT INTO kept_answer (account_id, route, key, body_hash, created_at)
        SELECT $1, $2, $3, $4, $5 FROM patience
        ON CONFLICT DO NOTHING RETURNING key
    )
    SELECT set_config('lock_timeout', '0', true) FROM claimed
"""
"""It waits so long for the first one in flight and no longer; the last line, which waiting ends with, is reached by
who has the key."""
KEEP = "UPDATE kept_answer SET status = $4, body = $5 WHERE account_id = $1 AND route = $2 AND key = $3"


class Replay(Exception):
    """This request has been answered before: here is the answer."""

    def __init__(self, kept: KeptAnswer) -> None:
        super().__init__("replay")
        self.kept = kept


async def fingerprint(request: Request) -> bytes:
    """What tells one payload from another: of an upload what its route has set, `request.state.fingerprint`, as the
    bytes around a file differ each time that a client sends it; else the body's hash."""
    of_upload: bytes | None = getattr(request.state, "fingerprint", None)
    return of_upload or sha256(await request.body()).digest()


async def claim(session: AsyncSession, request: Request, account_id: UUID, now: datetime) -> None:
    """Take the request's Idempotency-Key, if it has one, for this account and route.

    Raises Replay when it was answered before, Conflict while the first is in flight, Invalid when the body differs.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise Invalid("invalid-idempotency-key", most=LONGEST_KEY)
    route = f"{request.method} {request.url.path}"
    body_hash = await fingerprint(request)
    row = {"account_id": account_id, "route": route, "key": key}
    try:
        claimed = await driver.within(
            session, CLAIM, account_id, route, key, body_hash, now, FIRST_IN_FLIGHT_WAIT
        )
    except DBAPIError as error:
        if sqlstate(error) == LOCK_TIMEOUT:
            raise Conflict("request-in-flight") from error
        raise
    if not claimed:
        kept = (await session.execute(select(KeptAnswer).filter_by(**row))).scalar_one()
        if kept.body_hash != body_hash:
            raise Invalid("idempotency-key-reused")
        raise Replay(kept)
    request.state.claimed = row


KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Of the client's making; the same key and body give the same answer, once, for 24 h",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}
"""How the OpenAPI document names the header, which `claim` reads."""


class OnceRoute(APIRoute):
    """A route whose answer is kept under the key that its guard claimed."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if not SAFE.issuperset(options.get("methods") or {"GET"}):
            options["openapi_extra"] = {**(options.get("openapi_extra") or {}), "parameters": [KEY_HEADER]}
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with the answer kept in the request's transaction."""
        handle = super().get_route_handler()

        async def handle_once(request: Request) -> Response:
            try:
                response = await handle(request)
            except Replay as replay:
                return replayed(replay.kept)
            row = getattr(request.state, "claimed", None)
            if row is not None:
                await keep(request.state.session, row, response)
            return response

        return handle_once


async def keep(session: AsyncSession, row: dict[str, Any], response: Response) -> None:
    """Write the answer beside its key; one that says no-store holds a secret, and gives its key back instead."""
    if "no-store" in response.headers.get("cache-control", ""):
        await session.execute(delete(KeptAnswer).filter_by(**row))
        return
    await driver.within(session, KEEP, *row.values(), response.status_code, bytes(response.body))


def replayed(kept: KeptAnswer) -> Response:
    """The kept answer once more, marked as such."""
    assert kept.status is not None
    return Response(
        kept.body,
        kept.status,
        {"Idempotent-Replayed": "true"},
        "application/json" if kept.body else None,
    )


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Drop answers that are older than 24 h."""
    await session.execute(delete(KeptAnswer).where(KeptAnswer.created_at < now - KEPT))
