"""The processes beside the application, put together: the worker and the notifier, until they are told to stop."""

import asyncio
import signal
from datetime import timedelta
from random import Random

from service import upkeep
from service.db.base import utcnow
from service.db.engine import make_engine, make_sessions
from service.dispatch import worker as dispatch
from service.drills import worker as drills
from service.grids.store import GraphStore
from service.notify import worker as notifying
from service.notify.commands.send import Desk
from service.notify.load import load_channels
from service.reports import worker as reports
from service.settings import Settings
from service.timers import worker
from service.timers.rules import pace_of


def told_to_stop() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def run_worker(settings: Settings) -> None:
    """The worker, until SIGTERM or SIGINT."""
    stop = told_to_stop()
    pace = pace_of(timedelta(seconds=settings.takeover_seconds))
    engine = make_engine(settings, pace.longest_idle)
    effects = {**dispatch.EFFECTS, **drills.EFFECTS, **reports.EFFECTS}
    all_handlers = {**dispatch.handlers(settings, GraphStore(), effects), **upkeep.handlers(settings)}
    await worker.work(
        make_sessions(engine), all_handlers, utcnow, stop, pace, settings.worker_poll_seconds, upkeep.start
    )
    await engine.dispose()


async def run_notifier(settings: Settings) -> None:
    """The notifier, until SIGTERM or SIGINT."""
    desk = Desk(load_channels(settings.channels_file), settings.zone, settings.public_url)
    stop = told_to_stop()
    engine = make_engine(settings)
    notifier = notifying.Notifier(make_sessions(engine), desk, utcnow, Random())
    await notifying.run(notifier, stop, settings.worker_poll_seconds)
    await engine.dispose()
