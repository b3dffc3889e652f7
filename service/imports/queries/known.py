"""The map as the checks of a file need it: everything by code, shapes only where they are asked for."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Row, Select, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from service.db.base import SRID, among
from service.geo.shapes import Polygonal, polygonal_from_wkb
from service.grids.models import Gap, Grid, GridVersion, Link
from service.grids.queries.leaves import nearest_leaves
from service.grids.rules import Layer
from service.imports.checks.grids import KnownGrid
from service.imports.checks.links import End, KnownLink, Place
from service.roster.models import Unit

AROUND_DEGREES = 0.06
"""About 6 km: how far around a file the map is looked at."""
PARENT = aliased(Grid, name="parent")


def select_grids(layer: Layer, shape: Any) -> Select[*tuple[Any, ...]]:
    """Current grids of a layer, with the column `shape`."""
    return (
        select(
            Grid.code,
            GridVersion.name,
            GridVersion.name_en,
            Grid.level,
            PARENT.code,
            GridVersion.unit_code,
            GridVersion.invented,
            shape,
        )
        .join(GridVersion, GridVersion.grid_id == Grid.id)
        .outerjoin(PARENT, PARENT.id == Grid.parent_id)
        .where(Grid.layer == layer, GridVersion.valid_to.is_(None))
    )


def known_grid(row: Row[*tuple[Any, ...]]) -> KnownGrid:
    """A row of `select_grids`."""
    code, name, name_en, level, parent, unit, invented, wkb = row
    shape = None if wkb is None else polygonal_from_wkb(wkb)
    return KnownGrid(code, name, name_en, level, parent, unit, invented, shape)


async def governance_grids(session: AsyncSession, parents: Collection[str]) -> dict[str, KnownGrid]:
    """All governance grids by code; with shapes the city, these parents and their children."""
    wanted = or_(Grid.level == "city", among(Grid.code, parents), among(PARENT.code, parents))
    shape = case((wanted, func.ST_AsBinary(GridVersion.geom)), else_=None)
    rows = await session.execute(select_grids(Layer.GOVERNANCE, shape))
    return {row[0]: known_grid(row) for row in rows.all()}


async def city(session: AsyncSession) -> Polygonal | None:
    """The outline of the whole city; None without a map."""
    found = select_grids(Layer.GOVERNANCE, func.ST_AsBinary(GridVersion.geom)).where(Grid.level == "city")
    rows = (await session.execute(found)).all()
    return known_grid(rows[0]).shape if rows else None


async def party_grids(session: AsyncSession) -> dict[str, KnownGrid]:
    """All party grids by code, with shapes."""
    rows = await session.execute(select_grids(Layer.PARTY, func.ST_AsBinary(GridVersion.geom)))
    return {row[0]: known_grid(row) for row in rows.all()}


async def leaves_around(session: AsyncSession, shapes: Sequence[Polygonal]) -> dict[str, Polygonal]:
    """The leaf governance grids within some 6 km of the bounds of shapes, by code; none for no shapes."""
    if not shapes:
        return {}
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object)).tolist()
    around = AROUND_DEGREES
    box = func.ST_MakeEnvelope(west - around, south - around, east + around, north + around, SRID)
    rows = await session.execute(
        select(Grid.code, func.ST_AsBinary(GridVersion.geom))
        .join(GridVersion, GridVersion.grid_id == Grid.id)
        .where(GridVersion.leaf, GridVersion.valid_to.is_(None), GridVersion.geom.op("&&")(box))
    )
    return {code: polygonal_from_wkb(wkb) for code, wkb in rows.all()}


async def units(session: AsyncSession) -> dict[str, str]:
    """The names of all units by code."""
    return {code: name for code, name in (await session.execute(select(Unit.code, Unit.name))).all()}


async def gap_m2(session: AsyncSession) -> float:
    """The ground for which no unit is responsible."""
    return float(await session.scalar(select(func.coalesce(func.sum(Gap.area_m2), 0.0))) or 0.0)


async def links(session: AsyncSession) -> dict[str, KnownLink]:
    """All links by code."""
    a, b = aliased(Grid), aliased(Grid)
    rows = await session.execute(
        select(
            Link,
            a.code,
            b.code,
            func.ST_X(Link.end_a),
            func.ST_Y(Link.end_a),
            func.ST_X(Link.end_b),
            func.ST_Y(Link.end_b),
        )
        .join(a, a.id == Link.grid_a_id)
        .join(b, b.id == Link.grid_b_id)
        .execution_options(populate_existing=True)
    )
    return {
        link.code: KnownLink(
            link.code,
            link.name,
            link.name_en,
            link.kind,
            link.minutes,
            link.wait_minutes,
            link.length_m,
            (lon_a, lat_a),
            (lon_b, lat_b),
            link.invented,
            grid_a,
            grid_b,
            link.open,
        )
        for link, grid_a, grid_b, lon_a, lat_a, lon_b, lat_b in rows.all()
    }


async def ends(session: AsyncSession, places: Sequence[Place | None]) -> list[End | None]:
    """The leaf grid that holds each place or is nearest to it; None for no place, and where there is no map."""
    there = [place for place in places if place is not None]
    found = iter(await nearest_leaves(session, there))
    ends: list[End | None] = []
    for place in places:
        leaf = next(found, None) if place is not None else None
        ends.append(None if leaf is None else End(leaf.code, leaf.name, leaf.metres))
    return ends
