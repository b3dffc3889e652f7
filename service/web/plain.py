"""A route that is written by hand, past FastAPI, with its entry in the OpenAPI document.

FastAPI and its middleware cost some 150 µs a request, more than a check-in itself. So `Application` looks here first;
what it gives up by that (request ids, metrics, problem documents, the limit on bodies) a lane has too.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from service.db.base import new_id
from service.web import observe
from service.web.bodies import Small


class Plain(NamedTuple):
    """An answer as it goes out: a 200."""

    headers: list[tuple[bytes, bytes]]
    body: bytes


Answer = Callable[[Request, bytes], Awaitable[Plain]]
"""Given a request and its body. Raises ServiceError, for the application's handlers."""
AtOnce = Callable[[Mapping[bytes, bytes], bytes, Callable[[Plain | None], None]], bool]
"""Given headers by their names in lower case, a body, and whom to tell: whether the request is taken. Then the answer
is told later, once; None instead says that the request has to go the usual way after all, from its beginning."""


class PlainRoute(Route):
    """One method of one path; `guard` is what `answer` asks. It stands among the routes for whoever lists them.

    `at_once` is its short road (`web.express`), if it has one.
    """

    def __init__(
        self, method: str, path: str, answer: Answer, *, guard: Any, at_once: AtOnce | None = None
    ) -> None:
        super().__init__(path, self.never, methods=[method])
        self.method = method
        self.answer = answer
        self.guard = guard
        self.at_once = at_once

    async def never(self, request: Request) -> Response:
        """The application takes such a request before it looks among its routes."""
        raise NotImplementedError(self.path)


class Application(FastAPI):
    """FastAPI, with lanes past it for what is called thousands of times a second."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.lanes: dict[tuple[str, str], Lane] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            lane = self.lanes.get((scope["method"], path))
            if lane is not None:
                await lane(scope, receive, send)
                return
        await super().__call__(scope, receive, send)

    def add_lane(
        self,
        route: PlainRoute,
        operation: Mapping[str, Any],
        schemas: Mapping[str, Any],
        *,
        body_limit: int,
    ) -> None:
        """Add a route, its operation in the OpenAPI document, and the schemas that this refers to."""
        self.router.routes.insert(0, route)
        self.lanes[route.method, route.path] = Lane(self, route, body_limit)
        generate = self.openapi

        def openapi() -> dict[str, Any]:
            document = generate()
            document["paths"].setdefault(route.path, {})[route.method.lower()] = dict(operation)
            document["components"]["schemas"] |= schemas
            return document

        self.openapi = openapi  # type: ignore[method-assign]


class Lane:
    """Serves a route: its body is read within a limit, its errors are answered as everywhere, all are counted.

    An answer that is a 200 is not logged: the service would write more of that than of anything else.
    """

    def __init__(self, app: Application, route: PlainRoute, body_limit: int) -> None:
        self.app = app
        self.route = route
        self.body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        began = time.perf_counter()
        request_id = new_id().hex
        scope["app"], scope["route"], scope["state"] = self.app, self.route, {"request_id": request_id}
        request = Request(scope)
        status = 200
        try:
            read = await Small.read(receive, self.body_limit)
            headers, body = await self.route.answer(request, read.body)
        except Exception as error:
            response = await self.handler(error)(request, error)
            status, body = response.status_code, response.body
            headers = [each for each in response.raw_headers if each[0] != b"x-request-id"]
        headers.append((b"x-request-id", request_id.encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        seconds = time.perf_counter() - began
        observe.answered(self.route.method, self.route.path, status, seconds)
        if status != 200:
            observe.log_answer(self.route.method, self.route.path, status, seconds, request_id=request_id)

    def handler(self, error: Exception) -> Any:
        """The application's handler of an error of that kind."""
        handlers = self.app.exception_handlers
        return next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
