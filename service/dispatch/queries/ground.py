"""What planning needs beside the database."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from service.errors import Again
from service.grids.graph import GridGraph
from service.grids.queries.map import edition_number
from service.grids.store import GraphStore
from service.roster.queries.limits import city_limits
from service.roster.rules import InForce
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Ground:
    """The grid graph, the city's time zone and its settings for dispatch."""

    graph: GridGraph
    zone: ZoneInfo
    presence_fresh: timedelta
    collecting: timedelta
    """How long normal tasks are collected before they are matched together."""
    limits: InForce
    """What holds for members who have set no limits of their own."""


async def ground_of(session: AsyncSession, graphs: GraphStore, settings: Settings) -> Ground:
    """The ground as the caller's transaction sees it."""
    return Ground(
        graph=await graphs.current(session),
        zone=settings.zone,
        presence_fresh=timedelta(minutes=settings.presence_fresh_minutes),
        collecting=timedelta(seconds=settings.collect_seconds),
        limits=city_limits(settings),
    )


async def same_map(session: AsyncSession, ground: Ground) -> None:
    """Raises Again when the map was changed since the ground was taken: a plan half on either is none."""
    if await edition_number(session) != ground.graph.edition:
        raise Again
