"""The application: routers, lifespan, error handlers, put together once."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import FastAPI

from service.db.base import utcnow
from service.db.engine import make_engine, make_sessions
from service.settings import Settings
from service.web.observe import ObserveMiddleware
from service.web.problems import add_problem_handlers
from service.web.retry import RetryMiddleware


def create_app(settings: Settings, clock: Callable[[], datetime] = utcnow) -> FastAPI:
    """The service over one city. `clock` gives the time of each request."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = make_engine(settings)
        app.state.sessions = make_sessions(engine)
        yield
        await engine.dispose()

    app = FastAPI(title="Vanguard", lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.settings = settings
    app.state.clock = clock
    add_problem_handlers(app)
    app.add_middleware(RetryMiddleware, body_limit=settings.body_limit_bytes)
    app.add_middleware(ObserveMiddleware)
    return app
