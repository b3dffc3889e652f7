"""The application: routers, lifespan, error handlers, put together once."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.metadata import version

from fastapi import FastAPI

import service.schema  # noqa: F401  (every table: foreign keys cross rooms)
from service.access import routes as access
from service.access.guards import add_refusal_record
from service.access.tokens import Tokens
from service.db.base import utcnow
from service.db.engine import make_engine, make_sessions
from service.dispatch import routes as dispatch
from service.dispatch.queries.help import jobs_of
from service.drills import routes as drills
from service.grids import routes as grids
from service.grids.store import GraphStore
from service.imports import routes as imports
from service.live import routes as live
from service.live.hub import Hub
from service.notify import routes as notify
from service.notify.load import load_channels
from service.ogc import routes as ogc
from service.ogc.tile_cache import TileCache
from service.privacy import routes as privacy
from service.reports import routes as reports
from service.roster import routes as roster
from service.roster.checkins.routes import add_checkins
from service.settings import Settings
from service.ui import routes as ui
from service.web import about
from service.web.observe import ObserveMiddleware
from service.web.plain import Application
from service.web.problems import add_problem_handlers
from service.web.retry import RetryMiddleware, Uploads


def create_app(settings: Settings, clock: Callable[[], datetime] = utcnow) -> Application:
    """The service over one city. `clock` gives the time of each request."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        engine = make_engine(settings)
        app.state.sessions = make_sessions(engine)
        yield
        await app.state.hub.stop()
        await engine.dispose()

    app = Application(
        title="Vanguard",
        version=version("vanguard-dispatch"),
        summary="Grid-based volunteer dispatch",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.clock = clock
    app.state.graphs = GraphStore()
    app.state.jobs_of = jobs_of
    app.state.posting_turns = asyncio.Semaphore(settings.posting_turns)
    app.state.import_turns = asyncio.Semaphore(1)
    app.state.export_turns = asyncio.Semaphore(2)
    app.state.tiles = TileCache(settings.tile_cache_bytes)
    app.state.tokens = Tokens(settings)
    app.state.hub = Hub(settings)
    app.state.channels = load_channels(settings.channels_file)
    add_problem_handlers(app)
    add_refusal_record(app)
    ogc.add_problem_pages(app)
    # Before the others: tiles are asked for most, and routes are looked through in this order.
    ogc.add_tile_route(app)
    for router in (
        about.router,
        access.public,
        access.router,
        grids.router,
        *roster.routers,
        *dispatch.routers,
        *privacy.routers,
        live.router,
        *notify.routers,
        *reports.routers,
        drills.router,
        *ogc.routers,
        imports.router,
        *ui.routers,
    ):
        app.include_router(router)
    add_checkins(app, settings.body_limit_bytes)
    app.add_middleware(
        RetryMiddleware,
        body_limit=settings.body_limit_bytes,
        uploads=Uploads(imports.UPLOADS, settings.import_limit_bytes),
    )
    app.add_middleware(ObserveMiddleware)
    return app


def from_environment() -> Application:
    """The application with the settings of this process: what `vanguard serve` runs."""
    app = create_app(Settings.load())
    # What is there now stays as long as the process: the collector need not look through it again and again.
    gc.collect()
    gc.freeze()
    # A request leaves few cycles behind: looked for after each 700 new objects, they cost a tenth of the check-ins.
    gc.set_threshold(20_000, 10, 10)
    return app
