"""What planning needs beside the database."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from service.grids.graph import GridGraph
from service.grids.store import GraphStore
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Ground:
    """The grid graph, the city's time zone, and how old a presence may be to say where somebody is."""

    graph: GridGraph
    zone: ZoneInfo
    presence_fresh: timedelta


async def ground_of(session: AsyncSession, graphs: GraphStore, settings: Settings) -> Ground:
    """The ground as the caller's transaction sees it."""
    fresh = timedelta(minutes=settings.presence_fresh_minutes)
    return Ground(await graphs.current(session), settings.zone, fresh)
