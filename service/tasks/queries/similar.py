"""Tasks that may be the same thing posted twice."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.queries import within_areas
from service.db.base import point_wkt
from service.tasks.models import Task
from service.tasks.rules import LIVE_STATES, TaskState

NEAR_M = 500.0
"""Two people who see the same thing name places that are not the same, but near."""
RECENT = timedelta(hours=12)
JUST_ENDED = timedelta(minutes=30)
MOST = 10


class Similar(NamedTuple):
    """A task, and how far it is from the place that is asked about."""

    task: Task
    metres: float


async def similar_tasks(
    session: AsyncSession,
    areas: Sequence[str],
    category: str,
    lon: float,
    lat: float,
    now: datetime,
    *,
    drill: bool,
    but: UUID,
) -> list[Similar]:
    """Tasks of a category near a place, posted lately, that go on or have just ended; the nearest first, at most ten.

    Within the areas alone, and without the one with the id `but`; no drill is like
    the real thing.
    """
    metres: ColumnElement[float] = func.ST_Distance(
        func.geography(Task.location), func.geography(func.ST_GeomFromEWKT(point_wkt(lon, lat)))
    )
    found = await session.execute(
        select(Task, metres.label("metres"))
        .where(
            Task.created_at >= now - RECENT,
            Task.category == category,
            Task.id != but,
            Task.drill == drill,
            Task.state != TaskState.CANCELLED,
            or_(Task.state.in_(LIVE_STATES), Task.ended_at >= now - JUST_ENDED),
            within_areas(Task.grid_code, areas),
            metres <= NEAR_M,
        )
        .order_by("metres", Task.id)
        .limit(MOST)
    )
    return [Similar(task, metres) for task, metres in found]
