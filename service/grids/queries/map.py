"""The map's edition, and the grid graph of it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.errors import Invalid
from service.geo.shapes import polygonal_from_wkb
from service.grids.graph import Crossing, GridGraph, Leaf, Link
from service.grids.models import Crossing as CrossingRow
from service.grids.models import Edition, Grid, GridVersion
from service.grids.models import Link as LinkRow

NUMBER = text("SELECT number FROM edition")


async def edition_number(session: AsyncSession) -> int:
    """The number of the map as it is now; 0 before there is one."""
    return (await session.execute(NUMBER)).scalar() or 0


async def held_edition(session: AsyncSession) -> int:
    """The same number, which cannot move on until the transaction ends: for those who write what hangs on the map."""
    return (await session.scalar(select(Edition.number).with_for_update(read=True))) or 0


@dataclass(frozen=True, slots=True)
class MapState:
    """The map as it is now: its edition, when that came, its grids by layer and level, and what to know of it."""

    edition: int
    changed_at: datetime
    grids: dict[str, int]
    notice: dict[str, str] | None


async def map_state(session: AsyncSession) -> MapState:
    """What the map holds now. Raises Invalid("no-map") where there is none."""
    edition = (await session.scalars(select(Edition))).one_or_none()
    if edition is None or edition.number == 0:
        raise Invalid("no-map")
    kind = func.coalesce(Grid.level, Grid.layer)
    counts = await session.execute(
        select(kind, func.count())
        .join(GridVersion, GridVersion.grid_id == Grid.id)
        .where(GridVersion.valid_to.is_(None))
        .group_by(kind)
    )
    grids = {name: count for name, count in counts}
    return MapState(edition.number, edition.changed_at, grids, edition.notice)


async def load_graph(session: AsyncSession) -> GridGraph:
    """The grid graph of the current edition, whole."""
    number = await edition_number(session)
    leaves = await session.execute(
        select(Grid.id, Grid.code, func.ST_AsBinary(GridVersion.geom))
        .join(GridVersion, GridVersion.grid_id == Grid.id)
        .where(GridVersion.leaf, GridVersion.valid_to.is_(None))
        .order_by(Grid.code)
    )
    crossings = await session.execute(
        select(
            CrossingRow.grid_a_id,
            CrossingRow.grid_b_id,
            func.ST_X(CrossingRow.location),
            func.ST_Y(CrossingRow.location),
        ).order_by(CrossingRow.id)
    )
    links = await session.execute(
        select(
            LinkRow.id,
            LinkRow.code,
            LinkRow.grid_a_id,
            LinkRow.grid_b_id,
            func.ST_X(LinkRow.end_a),
            func.ST_Y(LinkRow.end_a),
            func.ST_X(LinkRow.end_b),
            func.ST_Y(LinkRow.end_b),
            LinkRow.minutes,
            LinkRow.wait_minutes,
            LinkRow.open,
        ).order_by(LinkRow.code)
    )
    # Off the event loop: a whole city's shapes take a while to put together.
    return await asyncio.to_thread(
        GridGraph.build,
        number,
        [Leaf(id, code, polygonal_from_wkb(shape)) for id, code, shape in leaves],
        [Crossing(*row) for row in crossings],
        [Link(*row) for row in links],
    )
