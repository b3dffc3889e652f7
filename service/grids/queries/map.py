"""The map's edition, and the grid graph of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.errors import Invalid
from service.geo.shapes import polygonal_from_wkb
from service.grids.graph import Crossing, GridGraph, Leaf, Link
from service.grids.models import Crossing as CrossingRow
from service.grids.models import Edition, Grid, GridVersion
from service.grids.models import Link as LinkRow

NUMBER = "SELECT number FROM edition"


async def edition_number(session: AsyncSession) -> int:
    """The number of the map as it is now; 0 before there is one."""
    found = await driver.fetch(session, NUMBER)
    return found[0].number if found else 0


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


LEAVES = driver.compiled(
    select(Grid.id, Grid.code, func.ST_AsBinary(GridVersion.geom))
    .join(GridVersion, GridVersion.grid_id == Grid.id)
    .where(GridVersion.leaf, GridVersion.valid_to.is_(None))
    .order_by(Grid.code)
)
CROSSINGS = driver.compiled(
    select(
        CrossingRow.grid_a_id,
        CrossingRow.grid_b_id,
        func.ST_X(CrossingRow.location),
        func.ST_Y(CrossingRow.location),
    ).order_by(CrossingRow.id)
)
LINKS = driver.compiled(
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


async def load_graph(session: AsyncSession) -> GridGraph:
    """The grid graph of the current edition, whole.

    Read by the driver: where the session has said nothing yet there is no transaction, which a large map, that takes
    longer to put together than a transaction may be idle, would lose.
    """
    number = await edition_number(session)
    leaves = await driver.rows(session, LEAVES)
    crossings = await driver.rows(session, CROSSINGS)
    links = await driver.rows(session, LINKS)
    # Off the event loop: a whole city's shapes take a while to put together.
    return await asyncio.to_thread(built, number, leaves, crossings, links)


def built(
    number: int,
    leaves: Sequence[driver.Record],
    crossings: Sequence[driver.Record],
    links: Sequence[driver.Record],
) -> GridGraph:
    """The graph of those rows."""
    return GridGraph.build(
        number,
        [Leaf(id, code, polygonal_from_wkb(shape)) for id, code, shape in map(tuple, leaves)],
        [Crossing(*row) for row in map(tuple, crossings)],
        [Link(*row) for row in map(tuple, links)],
    )
