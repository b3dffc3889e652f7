"""Where one crosses between leaf grids, derived from their shapes."""

from collections.abc import Collection, Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row, delete, func, insert, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import among, new_id, point_wkt
from service.geo.shapes import REACH_DEGREES, crossings, polygonal_from_wkb
from service.grids.models import Crossing, Grid, GridVersion

# The leaves that some share a border with, and those themselves: ordered alike wherever they are looked at.
NEIGHBOURHOOD = f"""
    WITH touched AS MATERIALIZED (
        SELECT geom FROM grid_version WHERE grid_id = ANY(:touched) AND leaf AND valid_to IS NULL
    ), near AS MATERIALIZED (
        SELECT DISTINCT v.id
        FROM touched t JOIN grid_version v ON v.geom && ST_Expand(t.geom, {REACH_DEGREES})
        WHERE v.leaf AND v.valid_to IS NULL
    )
    SELECT g.id, ST_AsBinary(v.geom) AS shape
    FROM near n JOIN grid_version v ON v.id = n.id JOIN grid g ON g.id = v.grid_id
    ORDER BY g.code
"""


async def derive_crossings(session: AsyncSession, touched: Collection[UUID]) -> None:
    """Derive anew the crossings of grids that are or were leaves and whose shapes changed, came or went."""
    if not touched:
        return
    await session.execute(
        delete(Crossing).where(or_(among(Crossing.grid_a_id, touched), among(Crossing.grid_b_id, touched)))
    )
    rows = (await session.execute(text(NEIGHBOURHOOD), {"touched": list(touched)})).all()
    await add_crossings(session, rows, np.array([row.id in touched for row in rows], dtype=np.bool_))


async def rebuild_crossings(session: AsyncSession) -> None:
    """Derive the points where one crosses between leaf grids from the current shapes."""
    rows = (
        await session.execute(
            select(Grid.id, func.ST_AsBinary(GridVersion.geom))
            .join(GridVersion, GridVersion.grid_id == Grid.id)
            .where(GridVersion.leaf, GridVersion.valid_to.is_(None))
            .order_by(Grid.code)
        )
    ).all()
    await session.execute(delete(Crossing))
    await add_crossings(session, rows, np.ones(len(rows), dtype=np.bool_))


async def add_crossings(
    session: AsyncSession, leaves: Sequence[Row[UUID, bytes]], touched: NDArray[np.bool_]
) -> None:
    """Store the crossings of leaves (id, WKB), ordered by code: of pairs with one that is touched."""
    found = crossings([polygonal_from_wkb(shape) for _, shape in leaves], touched=touched)
    rows = [
        {
            "id": new_id(),
            "grid_a_id": leaves[i][0],
            "grid_b_id": leaves[j][0],
            "location": point_wkt(lon, lat),
        }
        for i, j, lon, lat in zip(*(column.tolist() for column in found), strict=True)
    ]
    if rows:
        await session.execute(insert(Crossing), rows)
