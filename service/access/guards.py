"""Who calls, and whether they may: the dependency that every route but the public ones has.

    who: Annotated[Caller, Depends(allow(Action.TASK_POST))]

`allow` refuses by the table of rules. For an unsafe method it then claims the Idempotency-Key and writes the
audit entry, in the request's own transaction, so that no route can forget either. Refusals and failed logins
go on record in a second transaction, before the answer, as the first one has rolled back.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, cast

from fastapi import Depends, FastAPI, Request, Response
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy.ext.asyncio import AsyncSession

from service.access import attempts, audit, queries
from service.access.attempts import Limit
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


async def authenticate(
    session: AsyncSession, tokens: Tokens, authorization: str | None, now: datetime
) -> Caller:
    """Who an Authorization header speaks for. Raises Unauthenticated.

    The one door for every scheme: API keys by HTTP Basic will come in here, beside Bearer.
    """
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not credentials:
        raise Unauthenticated("not-authenticated")
    claims = await tokens.verify(credentials.strip(), now)
    return await queries.caller(session, claims.device_id, claims.subject, now)


async def caller(request: Request, tx: Tx, now: Now, _: Annotated[str | None, Depends(bearer)]) -> Caller:
    """Who calls, read in one statement. Raises Unauthenticated."""
    who = await authenticate(tx, request.app.state.tokens, request.headers.get("authorization"), now)
    request.state.caller = who
    return who


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
        request.state.action = self.action
        if who.reach(self.action) is None:
            raise Refused(action=self.action)
        if request.method not in SAFE:
            await claim(tx, request, who.account_id, now)
            request.state.audit_entry = audit.write(
                tx, now, self.action, audit.DONE, who=who, **place(request)
            )
        return who


def allow(action: Action) -> Allow:
    """A dependency that lets through those who may do this, and gives the Caller."""
    return Allow(action)


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
        async with request.app.state.sessions.begin() as session:
            audit.write(session, now, action, audit.REFUSED, who=who, **place(request))
