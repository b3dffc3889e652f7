"""The demo city in a benchmark's own database."""

from benchmarks.measure import analysed, unhurried
from service.db.base import utcnow
from service.db.engine import make_engine, make_sessions
from service.demo.city import build_city
from service.demo.store import store
from service.settings import Settings


async def fill(settings: Settings) -> None:
    """Store it, and have the database look at it."""
    engine = make_engine(settings)
    async with make_sessions(engine).begin() as session:
        await unhurried(session)
        await store(session, build_city(), settings, utcnow())
    await engine.dispose()
    await analysed(settings)
