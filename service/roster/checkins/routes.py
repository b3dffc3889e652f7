"""`POST /api/v1/checkins`: plain ASGI, as it is the one route that all phones call all the time.

The guard is the same as everywhere, but for the audit and the Idempotency-Key: each check-in is its own record, and its
id is its key. Who calls is read together with everybody else's check-ins, in the one transaction that they share.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import structlog
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import Request

from service.access import guards, keys
from service.access.guards import WRITE, allow
from service.access.rules import Action
from service.access.tokens import Claims, Tokens
from service.db.engine import RETRYABLE, Sessions, is_unavailable, sqlstate
from service.errors import Refused, ServiceError, Unavailable
from service.roster.checkins import schemas
from service.roster.checkins.batching import Batcher
from service.roster.checkins.commands.take import Ask, Taken, take
from service.roster.checkins.rules import Report
from service.texts import Language, choose
from service.web.asked import header_language
from service.web.plain import Application, Plain, PlainRoute
from service.web.problems import SCHEMA_REF, documented

PATH = "/api/v1/checkins"
MOST_AT_ONCE = 1000
"""Check-ins in one transaction; a request's are never parted."""
MOST_WAITING = 20_000
"""Check-ins that a process lets wait; at more it says that it is busy."""
MOST_VERIFIED = 10_000
"""Tokens whose signatures a process remembers."""
MOST_ATTEMPTS = 3
ACCEPT = b"accept-language"
DESCRIPTION = """One check-in, or up to 500 that waited on the phone: one result for each, in the order sent.

Taken while one is on duty, engaged or in a drill. `stored`; `duplicate`: the same was there already; `stale`: kept, but
something newer is known; `refused`, with the reason, and nothing kept. `marks` say what is odd about a stored one. The
answer comes when everything is durable; sent again, with the same ids, it does no harm. No `Idempotency-Key` is needed.
A request that cannot be read is refused whole, and the problem names the item and the field."""
log = structlog.get_logger()


def size(ask: Ask) -> int:
    """How much of a batch a request is."""
    return max(len(ask.reports), 1)


class CheckIns:
    """The route's application, and the batcher behind it."""

    def __init__(self, app: FastAPI) -> None:
        self.state = app.state
        self.verified: dict[str, Claims] = {}
        """Tokens whose signatures are good: a phone sends the same one for a quarter of an hour."""
        self.batcher = Batcher[Ask, Taken](self.work, size, most=MOST_AT_ONCE, room=MOST_WAITING)

    async def answer(self, request: Request, body: bytes) -> Plain:
        """Answer one request. Raises ServiceError, for the application's handlers."""
        now = self.state.clock()
        claims = await self.claims(request)
        try:
            reports = schemas.decode(body)
        except ServiceError as error:
            # Who may not call at all is told that first.
            await self.asked(request, Ask(claims, [], now))
            raise error
        taken = await self.asked(request, Ask(claims, reports, now))
        return plain(reports, taken, header_language(request))

    def at_once(
        self, headers: Mapping[bytes, bytes], body: bytes, done: Callable[[Plain | None], None]
    ) -> bool:
        """The short road: of a phone whose token is known, with check-ins that can be read. A caller who may not is
        refused the usual way."""
        now = self.state.clock()
        claims = self.remembered(headers.get(b"authorization", b"").decode("latin-1"), now)
        if claims is None:
            return False
        language = choose(headers[ACCEPT].decode("latin-1") if ACCEPT in headers else None)

        def told(taken: Taken | Exception) -> None:
            done(plain(reports, taken, language) if isinstance(taken, Taken) and taken.items else None)

        try:
            reports = schemas.decode(body)
            self.batcher.put(Ask(claims, reports, now), told)
        except ServiceError:
            return False
        return True

    def remembered(self, authorization: str, now: datetime) -> Claims | None:
        """What an access token says that was verified before and has not ended."""
        scheme, _, token = authorization.partition(" ")
        known = self.verified.get(token.strip()) if scheme.lower() == "bearer" else None
        return known if known is not None and now < known.expires_at else None

    async def claims(self, request: Request) -> Claims:
        """What the access token says. Raises Unauthenticated, and Refused for an API key: it changes nothing."""
        authorization = request.headers.get("authorization")
        now, tokens = self.state.clock(), cast(Tokens, self.state.tokens)
        if (known := self.remembered(authorization or "", now)) is not None:
            return known
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() == "bearer" and token and not token.startswith(keys.BEGINNING):
            claims = await tokens.verify(token, now)
            if len(self.verified) >= MOST_VERIFIED:
                self.verified.clear()
            self.verified[token] = claims
            return claims
        async with cast(Sessions, self.state.sessions).begin() as session:
            found = await guards.authenticate(session, tokens, authorization, guards.address(request), now)
        request.state.caller = found.who
        guards.ask(request, found.who, Action.CHECKIN_WRITE)
        raise Refused(action=Action.CHECKIN_WRITE)

    async def asked(self, request: Request, ask: Ask) -> Taken:
        """What becomes of a request, once that is durable. Raises Unauthenticated, Refused and Unavailable."""
        taken = await self.batcher.ask(ask)
        request.state.caller = taken.who
        guards.ask(request, taken.who, Action.CHECKIN_WRITE)
        if taken.who.member_id is None:
            raise Refused(action=Action.CHECKIN_WRITE)
        return taken

    async def work(self, asks: Sequence[Ask]) -> Sequence[Taken | Exception]:
        """Take the check-ins of several requests in one transaction; where that cannot be done, by halves, so that what
        is wrong with one is that one's alone."""
        try:
            return await self.tried(asks)
        except ServiceError:
            raise
        except Exception as error:
            if len(asks) == 1:
                return [error]
            log.warning("check-ins taken by halves", requests=len(asks), error=repr(error)[:200])
            half = len(asks) // 2
            return [*await self.work(asks[:half]), *await self.work(asks[half:])]

    async def tried(self, asks: Sequence[Ask]) -> Sequence[Taken | Exception]:
        """Run the transaction, again when a concurrent one got there first, or when the connection was lost: what had
        been committed all the same is then a duplicate. Raises Unavailable."""
        unavailable = False
        for _ in range(MOST_ATTEMPTS):
            try:
                async with cast(Sessions, self.state.sessions).begin() as session:
                    return await take(
                        session, self.state.graphs, self.state.settings.zone, self.state.jobs_of, asks
                    )
            except DBAPIError as error:
                unavailable = is_unavailable(error)
                if not unavailable and sqlstate(error) not in RETRYABLE:
                    raise
                log.info("check-ins retried", requests=len(asks), sqlstate=sqlstate(error))
            except (PoolTimeout, ConnectionError, TimeoutError) as error:
                raise Unavailable("database-unavailable") from error
        if unavailable:
            raise Unavailable("database-unavailable")
        raise Unavailable("try-again")


def plain(reports: Sequence[Report], taken: Taken, language: Language) -> Plain:
    """The answer to a request that was taken."""
    content = schemas.encode(reports, [item.verdict for item in taken.items], language)
    return Plain(
        [
            (b"content-type", b"application/json"),
            (b"content-language", language.value.encode()),
            (b"content-length", b"%d" % len(content)),
        ],
        content,
    )


def operation(body: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    """The entry in the OpenAPI document, given the schemas of body and answer."""
    return {
        "tags": ["check-ins"],
        "summary": "Check In",
        "description": DESCRIPTION,
        "operationId": "check_in_api_v1_checkins_post",
        "security": [{"OAuth2PasswordBearer": []}, {"KeyAsPassword": []}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": {
                "description": "One result for each",
                "content": {"application/json": {"schema": answer}},
            },
            **{str(status): each for status, each in documented(*WRITE).items()},
        },
    }


def add_checkins(app: Application, body_limit: int) -> None:
    """Put the route into the application; call it after `add_problem_handlers`."""
    (body, answer), schemas_by_name = schemas.components(SCHEMA_REF.replace("{model}", "{name}"))
    checkins = CheckIns(app)
    guard = allow(Action.CHECKIN_WRITE)
    route = PlainRoute("POST", PATH, checkins.answer, guard=guard, at_once=checkins.at_once)
    app.add_lane(route, operation(body, answer), schemas_by_name, body_limit=body_limit)
