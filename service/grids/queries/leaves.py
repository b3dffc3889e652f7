"""Which leaf grids take points, many at once."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import SRID
from service.errors import Invalid
from service.grids.rules import SNAP_LIMIT_M

# Degrees order the index scan, metres choose among the first few, as in `at.nearest_leaf_sql`.
NEAREST = f"""
    WITH point AS MATERIALIZED (
        SELECT number, ST_SetSRID(ST_MakePoint(lon, lat), {SRID}) AS geom
        FROM unnest(CAST(:lons AS float8[]), CAST(:lats AS float8[])) WITH ORDINALITY AS given (lon, lat, number)
    )
    SELECT leaf.grid_id, leaf.code, leaf.name, leaf.metres
    FROM point p CROSS JOIN LATERAL (
        SELECT near.grid_id, g.code, near.name,
               ST_Distance(near.geom::geography, p.geom::geography) AS metres
        FROM (
            SELECT v.grid_id, v.name, v.geom FROM grid_version v
            WHERE v.leaf AND v.valid_to IS NULL ORDER BY v.geom <-> p.geom LIMIT 5
        ) near JOIN grid g ON g.id = near.grid_id
        ORDER BY metres, g.code LIMIT 1
    ) leaf
    ORDER BY p.number
"""


class LeafAt(NamedTuple):
    """The leaf grid that holds a point or is nearest to it, and how far off that is."""

    grid_id: UUID
    code: str
    name: str
    metres: float


async def nearest_leaves(session: AsyncSession, points: Sequence[tuple[float, float]]) -> list[LeafAt]:
    """The leaf that holds each point (CGCS2000 degrees), else the nearest one, in one statement; none without a map."""
    if not points:
        return []
    lons, lats = zip(*points, strict=True)
    rows = await session.execute(text(NEAREST), {"lons": list(lons), "lats": list(lats)})
    return [LeafAt(*row) for row in rows]


async def leaves_at(session: AsyncSession, points: Sequence[tuple[float, float]]) -> list[LeafAt]:
    """The same for points that must be on the map.

    Raises Invalid("no-map") where there is none, and Invalid("outside-area") for the first point more than 5 km off.
    """
    found = await nearest_leaves(session, points)
    if points and not found:
        raise Invalid("no-map")
    for leaf in found:
        if leaf.metres > SNAP_LIMIT_M:
            raise Invalid(
                "outside-area",
                name=leaf.name,
                code=leaf.code,
                km=f"{leaf.metres / 1000:.1f}",
                limit_km=f"{SNAP_LIMIT_M / 1000:.0f}",
            )
    return found
