"""Who calls, and whether they may: the dependency that every route but the public ones has.

    who: Annotated[Caller, Depends(allow(Action.TASK_POST))]

`allow` refuses by the table of rules. For an unsafe method it then claims the Idempotency-Key and writes the
audit entry, in the request's own transaction, so that no route can forget either. Refusals and failed logins
go on record in a second transaction, before the answer, as the first one has rolled back.
"""

from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, cast
from uuid import UUID

import structlog
from fastapi import BackgroundTasks, Depends, FastAPI, Request, Response
from fastapi.security import HTTPBasic, OAuth2PasswordBearer
from sqlalchemy import Select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from service.access import attempts, audit, keys, queries
from service.access.attempts import Limit
from service.access.queries import Known
from service.access.rules import Action, Caller
from service.access.tokens import Tokens
from service.errors import NotFound, Refused, ServiceError, TooMany, Unauthenticated
from service.web.idempotency import SAFE, claim
from service.web.transaction import Now, Tx

READ = (401, 403, 422, 503)
"""What may go wrong on every guarded route: `responses=documented(*READ)`."""
WRITE = (*READ, 409, 413)
"""The same for unsafe methods, whose Idempotency-Key may be in flight."""

bearer = OAuth2PasswordBearer(tokenUrl="/api/v1/token", auto_error=False)
"""Declares the scheme in the OpenAPI document; `authenticate` reads the header."""
log = structlog.get_logger()


class KeyAsPassword(HTTPBasic):
    """Declares HTTP Basic, an API key as the password, in the OpenAPI document, and no more."""

    async def __call__(self, request: Request) -> None:  # type: ignore[override]
        """Nothing: `authenticate` reads the header."""


basic = KeyAsPassword(description="One's username, and an API key as the password")


async def authenticate(
    session: AsyncSession,
    tokens: Tokens,
    authorization: str | None,
    address: str,
    now: datetime,
    beside: Select[Any] | None = None,
) -> Known:
    """Who an Authorization header speaks for, sent from that address. Raises Unauthenticated.

    The one door for every scheme: access tokens by Bearer, API keys by Bearer or as the password of HTTP Basic. One
    statement asks the database, at each request, so what is revoked is worthless at once; the row of `beside`, a
    statement of one row at most, is read with it.
    """
    scheme, _, credentials = (authorization or "").partition(" ")
    credentials = credentials.strip()
    if scheme.lower() == "basic":
        username, key = username_and_password(credentials)
        return await keys.caller(session, key, username, address, now, beside)
    if scheme.lower() != "bearer" or not credentials:
        raise Unauthenticated("not-authenticated")
    if credentials.startswith(keys.BEGINNING):
        return await keys.caller(session, credentials, None, address, now, beside)
    claims = await tokens.verify(credentials, now)
    return await queries.caller(session, claims.device_id, claims.subject, now, beside)


def username_and_password(credentials: str) -> tuple[str, str]:
    """What HTTP Basic (RFC 7617) sends, in UTF-8. Raises Unauthenticated when it cannot be read."""
    try:
        username, colon, password = b64decode(credentials, validate=True).decode().partition(":")
    except ValueError as error:
        raise Unauthenticated("not-authenticated") from error
    if not colon:
        raise Unauthenticated("not-authenticated")
    return username, password


async def caller(
    request: Request,
    tx: Tx,
    now: Now,
    after: BackgroundTasks,
    _bearer: Annotated[str | None, Depends(bearer)],
    _basic: Annotated[None, Depends(basic)],
) -> Caller:
    """Who calls: `recognise`, for routes that are made of dependencies."""
    return (await recognise(request, tx, now, after)).who


async def recognise(
    request: Request,
    session: AsyncSession,
    now: datetime,
    after: BackgroundTasks,
    beside: Select[Any] | None = None,
) -> Known:
    """Who calls, read in one statement, with `beside`. Raises Unauthenticated. A key's use is written after the answer.

    A route that is written by hand calls this, then what its `guard` asks, and sends `after` with its answer.
    """
    authorization = request.headers.get("authorization")
    tokens: Tokens = request.app.state.tokens
    known = await authenticate(session, tokens, authorization, address(request), now, beside)
    request.state.caller = who = known.who
    if who.key_id is not None and keys.use_is_due(who, now):
        after.add_task(write_use, request, who.key_id, now)
    return known


async def write_use(request: Request, key_id: UUID, now: datetime) -> None:
    """Write a key's last use in a transaction of its own. The answer is out: what goes wrong is only logged."""
    try:
        async with request.app.state.sessions.begin() as session:
            await keys.write_use(session, key_id, now)
    except (SQLAlchemyError, OSError) as error:
        log.warning("key use not written", error=str(error))


@dataclass(frozen=True)
class Allow:
    """The guard of one action; `allow` makes it."""

    action: Action

    async def __call__(
        self, request: Request, who: Annotated[Caller, Depends(caller)], tx: Tx, now: Now
    ) -> Caller:
        """The caller, who may do it somewhere: how far is for the route to ask (`may_see_area`, `seen`, …).

        Raises Refused, and what `web.idempotency.claim` raises.
        """
        ask(request, who, self.action)
        if request.method not in SAFE:
            await claim(tx, request, who.account_id, now)
            request.state.audit_entry = audit.write(
                tx, now, self.action, audit.DONE, who=who, **place(request)
            )
        return who


def allow(action: Action) -> Allow:
    """A dependency that lets through those who may do this, and gives the Caller."""
    return Allow(action)


@dataclass(frozen=True)
class Admit:
    """The same question, asked at the door of a route that takes a file: in a transaction of its own, which is over
    before the file is read. `allow` asks it again, in the one that writes."""

    action: Action

    async def __call__(self, request: Request, now: Now) -> Caller:
        """The caller, who may do it somewhere. Raises Unauthenticated and Refused."""
        authorization = request.headers.get("authorization")
        async with request.app.state.sessions.begin() as session:
            known = await authenticate(
                session, request.app.state.tokens, authorization, address(request), now
            )
        request.state.caller = who = known.who
        ask(request, who, self.action)
        return who


@dataclass(frozen=True)
class AllowLong(Allow):
    """The guard of a route that only reads and whose answer goes on for long: it asks in a transaction of its own, as
    `Admit` does, so that the route holds none, and no connection, while it answers."""

    async def __call__(  # type: ignore[override]
        self, request: Request, now: Now, _bearer: Annotated[str | None, Depends(bearer)]
    ) -> Caller:
        """The caller, who may do it somewhere, with the end of their token. Raises Unauthenticated and Refused."""
        who = await Admit(self.action)(request, now)
        if who.key_id is not None:
            return who
        tokens: Tokens = request.app.state.tokens
        _, _, token = request.headers["authorization"].partition(" ")
        return replace(who, until=(await tokens.verify(token.strip(), now)).expires_at)


def allow_long(action: Action) -> AllowLong:
    """As `allow`, for an answer that goes on for long."""
    return AllowLong(action)


def ask(request: Request, who: Caller, action: Action) -> None:
    """Whether the caller may do it anywhere. Raises Refused. A key changes nothing, whatever an action is called."""
    request.state.action = action
    if who.reach(action) is None or (request.method not in SAFE and who.key_id is not None):
        raise Refused(action=action)


def note(request: Request, **detail: Any) -> None:
    """Add to the audit entry of a guarded unsafe request: JSON, and nothing secret or precise."""
    entry = request.state.audit_entry
    entry.detail = {**entry.detail, **detail}


def place(request: Request) -> dict[str, Any]:
    """Where a request went, for the audit."""
    return {
        "subject": f"{request.method} {request.url.path}",
        "request_id": getattr(request.state, "request_id", None),
    }


def address(request: Request) -> str:
    """The client's address; behind a proxy, uvicorn's --proxy-headers puts the real one here."""
    return request.client.host if request.client else "unknown"


async def count_attempt(request: Request, now: datetime, *limits: Limit) -> None:
    """Count an attempt in a transaction of its own, before it is tried. Raises TooMany."""
    async with request.app.state.sessions.begin() as session:
        await attempts.count(session, limits, now)


def add_refusal_record(app: FastAPI) -> None:
    """Put each refusal and failed login on record before its answer; call it after `add_problem_handlers`."""
    answer = cast(Callable[[Request, Exception], Awaitable[Response]], app.exception_handlers[ServiceError])

    async def record_and_answer(request: Request, error: Exception) -> Response:
        try:
            await record_refusal(request, error)
        except TooMany as too_many:
            return await answer(request, too_many)
        return await answer(request, error)

    app.add_exception_handler(ServiceError, record_and_answer)


async def record_refusal(request: Request, error: Exception) -> None:
    """The entry of an error that is a refusal. Raises TooMany when failures like it have become too many."""
    now = request.app.state.clock()
    who = getattr(request.state, "caller", None)
    if isinstance(error, audit.LoginFailed):
        async with request.app.state.sessions.begin() as session:
            if error.limit is not None:
                await attempts.count(session, [error.limit], now)
            audit.write(
                session,
                now,
                error.action,
                audit.FAILED,
                account_id=error.account_id,
                username=error.username,
                detail={"reason": error.reason, "address": address(request)},
                **place(request),
            )
    elif who and (isinstance(error, Refused) or (isinstance(error, NotFound) and error.hidden)):
        action = getattr(request.state, "action", None) or error.params.get("action", error.slug)
        detail = {"key_id": str(who.key_id)} if who.key_id else None
        async with request.app.state.sessions.begin() as session:
            audit.write(session, now, action, audit.REFUSED, who=who, detail=detail, **place(request))
