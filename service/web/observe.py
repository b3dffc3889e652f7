"""What the service says of itself: structured logs with a request id, and Prometheus metrics.

Neither ever holds a token, a query string or a position.
"""

import logging
import time
from functools import lru_cache

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.db.base import new_id

REQUESTS = Counter("vanguard_requests_total", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram("vanguard_request_seconds", "Time to answer", ["method", "route"])
log = structlog.get_logger()


def set_up_logging() -> None:
    """JSON lines to standard output, one an event."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )


class ObserveMiddleware:
    """Plain ASGI: gives each request an id, and logs and counts its answer under the route's template."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; everything but HTTP passes through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = new_id().hex
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status = 500
        began = time.perf_counter()

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        finally:
            seconds = time.perf_counter() - began
            method, route = scope["method"], getattr(scope.get("route"), "path", "none")
            answered(method, route, status, seconds)
            log_answer(method, route, status, seconds)
            structlog.contextvars.unbind_contextvars("request_id")


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count an answer."""
    counter(method, route, status).inc()
    histogram(method, route).observe(seconds)


def log_answer(method: str, route: str, status: int, seconds: float, **more: str) -> None:
    """Log an answer."""
    log.info("answered", method=method, route=route, status=status, ms=round(seconds * 1000, 1), **more)


@lru_cache(maxsize=4096)
def counter(method: str, route: str, status: int) -> Counter:
    """The counter of such answers, found once."""
    return REQUESTS.labels(method, route, status)


@lru_cache(maxsize=4096)
def histogram(method: str, route: str) -> Histogram:
    """The histogram of such requests, found once."""
    return SECONDS.labels(method, route)
