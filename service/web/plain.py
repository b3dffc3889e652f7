"""A route that is written by hand, past FastAPI, with its entry in the OpenAPI document.

FastAPI and its middleware cost some 150 µs a request, more than a check-in itself. So `Application` looks here first;
what it gives up by that (request ids, metrics, problem documents, the limit on bodies) a lane has too.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.web.bodies import Small
from service.web.observe import ObserveMiddleware


class PlainRoute(Route):
    """One method of one path, served by an ASGI application; `guard` is what the application asks.

    It stands among the application's routes for whoever lists them.
    """

    def __init__(self, method: str, path: str, app: ASGIApp, *, guard: Any) -> None:
        super().__init__(path, app, methods=[method])
        self.method = method
        self.guard = guard


class Application(FastAPI):
    """FastAPI, with lanes past it for what is called thousands of times a second."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.lanes: dict[tuple[str, str], ASGIApp] = {}

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
        lane = Lane(self, route, body_limit)
        self.lanes[route.method, route.path] = ObserveMiddleware(lane, quiet=True)
        generate = self.openapi

        def openapi() -> dict[str, Any]:
            document = generate()
            document["paths"].setdefault(route.path, {})[route.method.lower()] = dict(operation)
            document["components"]["schemas"] |= schemas
            return document

        self.openapi = openapi  # type: ignore[method-assign]


class Lane:
    """A route's application, with its body read within a limit and its errors answered as everywhere."""

    def __init__(self, app: Application, route: PlainRoute, body_limit: int) -> None:
        self.app = app
        self.route = route
        self.body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        scope["app"], scope["route"] = self.app, self.route
        started = False

        async def send_and_note(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            body = await Small.read(receive, self.body_limit)
            await self.route.app(scope, body.replay(), send_and_note)
        except Exception as error:
            if started:
                raise
            response = await self.handler(error)(Request(scope), error)
            await response(scope, receive, send)

    def handler(self, error: Exception) -> Any:
        """The application's handler of an error of that kind."""
        handlers = self.app.exception_handlers
        return next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
