"""Reads each request's body once, within a limit, and runs the request again when a concurrent one got there first."""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.db.engine import RETRYABLE, is_unavailable, sqlstate
from service.errors import Again, ServiceError, TooLarge, Unavailable
from service.web.problems import problem_response

MOST_ATTEMPTS = 3
log = structlog.get_logger()


class RetryMiddleware:
    """Plain ASGI. A request is retried whole, in a new transaction, as nothing has been sent or committed yet."""

    def __init__(self, app: ASGIApp, body_limit: int) -> None:
        self.app = app
        self.body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; everything but HTTP passes through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            body = await read_body(receive, self.body_limit)
            await self.attempt(scope, body, receive, send)
        except ServiceError as error:
            await problem_response(Request(scope), error)(scope, receive, send)

    async def attempt(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        """Run the request, at most three times. Raises Unavailable when the last time failed too."""
        for attempt in range(1, MOST_ATTEMPTS + 1):
            started = Started(send)
            again = {**scope, "state": dict(scope.get("state", {}))}
            try:
                await self.app(again, replay(body, receive), started)
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


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body. Raises TooLarge as soon as it passes `limit` bytes."""
    body = bytearray()
    more = True
    while more:
        message: dict[str, Any] = dict(await receive())
        if message["type"] == "http.disconnect":
            break
        body += message.get("body", b"")
        if len(body) > limit:
            raise TooLarge("body-too-large", limit=limit)
        more = message.get("more_body", False)
    return bytes(body)


def replay(body: bytes, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """A `receive` that gives the body once more, then whatever the client does next."""
    given = False

    async def again() -> Message:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return again
