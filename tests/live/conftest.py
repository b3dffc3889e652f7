"""Streams are tested over real sockets: a server in the test's own loop, on a database whose commits are real."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest
import uvicorn

from service.app import create_app
from service.db.engine import Sessions
from service.settings import Settings
from tests.conftest import Clock

QUICK = {"event_poll_seconds": 0.02, "event_heartbeat_seconds": 0.1}


class Quiet(uvicorn.Server):
    """A server that leaves the signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None."""
        yield


async def until(condition: Callable[[], Any]) -> None:
    """Ask again and again until it is so. TimeoutError when it never is."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  (what is waited for knows of no event)
            await asyncio.sleep(0.01)


class Served:
    """A running application and a client of it."""

    def __init__(self, app: Any, client: httpx.AsyncClient) -> None:
        self.app = app
        self.client = client

    @property
    def hub(self) -> Any:
        """Its hub."""
        return self.app.state.hub


@asynccontextmanager
async def served(settings: Settings, clock: Clock) -> AsyncIterator[Served]:
    """The application on a free port."""
    app = create_app(settings, clock)
    server = Quiet(uvicorn.Config(app, port=0, ws="none", log_config=None, timeout_graceful_shutdown=5))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client:
        yield Served(app, client)
    server.should_exit = True
    await serving


@pytest.fixture
def live_settings(fresh_settings: Settings) -> Settings:
    """Settings under which nobody waits long."""
    return fresh_settings.model_copy(update=QUICK)


@pytest.fixture
async def live(live_settings: Settings, clock: Clock) -> AsyncIterator[Served]:
    """The application over sockets."""
    async with served(live_settings, clock) as found:
        yield found
