"""A route that is written by hand, past FastAPI's dependencies, with its entry in the OpenAPI document.

It is tried before all others: what is called thousands of times a second should not be looked for among a hundred.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send


class PlainRoute(Route):
    """One method of one path, served by an ASGI application; `guard` is what the application asks."""

    def __init__(self, method: str, path: str, app: ASGIApp, *, guard: Any) -> None:
        super().__init__(path, app, methods=[method])
        self.guard = guard

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; whoever counts requests finds the route in the scope, as with FastAPI's own."""
        scope["route"] = self
        await super().handle(scope, receive, send)


def add(app: FastAPI, route: PlainRoute, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    """Add a route, its operation and the schemas that this refers to."""
    app.router.routes.insert(0, route)
    (method,) = (route.methods or set()) - {"HEAD"}
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        document["paths"].setdefault(route.path, {})[method.lower()] = dict(operation)
        document["components"]["schemas"] |= schemas
        return document

    app.openapi = openapi  # type: ignore[method-assign]
