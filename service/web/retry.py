"""Reads each request's body once, within a limit, and runs the request again when a concurrent one got there first."""

from dataclasses import dataclass

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.db.engine import RETRYABLE, is_unavailable, sqlstate
from service.errors import Again, ServiceError, TooLarge, Unavailable
from service.web.bodies import Kept, Small, Upload
from service.web.problems import problem_response

MOST_ATTEMPTS = 3
log = structlog.get_logger()


@dataclass(frozen=True)
class Uploads:
    """The routes that take files: what is posted to them may have `limit` bytes, and is kept on disk."""

    paths: frozenset[str]
    limit: int

    def hold(self, scope: Scope) -> bool:
        """Whether a request is one of them."""
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        return bool(scope["method"] == "POST" and path in self.paths)


class RetryMiddleware:
    """Plain ASGI. A request is retried whole, in a new transaction, as nothing has been sent or committed yet."""

    def __init__(self, app: ASGIApp, body_limit: int, uploads: Uploads) -> None:
        self.app = app
        self.body_limit = body_limit
        self.uploads = uploads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; everything but HTTP passes through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            body = await self.body_of(scope, receive)
            try:
                await self.attempt(scope, body, send)
            finally:
                body.close()
        except ServiceError as error:
            await problem_response(Request(scope), error)(scope, receive, send)

    async def body_of(self, scope: Scope, receive: Receive) -> Kept:
        """The request's body, to be replayed for each attempt. Raises TooLarge where that is known by now."""
        if not self.uploads.hold(scope):
            return await Small.read(receive, self.body_limit)
        length = Request(scope).headers.get("content-length", "")
        if length.isdecimal() and int(length) > self.uploads.limit:
            raise TooLarge("body-too-large", limit=self.uploads.limit)
        return Upload(receive, self.uploads.limit)

    async def attempt(self, scope: Scope, body: Kept, send: Send) -> None:
        """Run the request, at most three times. Raises Unavailable when the last time failed too."""
        for attempt in range(1, MOST_ATTEMPTS + 1):
            started = Started(send)
            again = {**scope, "state": dict(scope.get("state", {}))}
            try:
                await self.app(again, body.replay(), started)
                scope["route"] = again.get("route")
                return
            except Again:
                log.info("request retried", attempt=attempt)
            except DBAPIError as error:
                if started.yes:
                    raise
                code = sqlstate(error)
                if code in RETRYABLE:
                    log.info("request retried", attempt=attempt, sqlstate=code)
                    continue
                if is_unavailable(error):
                    raise Unavailable("database-unavailable") from error
                raise
            except (PoolTimeout, ConnectionError, TimeoutError) as error:
                if started.yes:
                    raise
                raise Unavailable("database-unavailable") from error
        raise Unavailable("try-again")


class Started:
    """A `send` that knows whether the response has begun."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.yes = False

    async def __call__(self, message: Message) -> None:
        """Pass the message on."""
        self.yes = True
        await self.send(message)
