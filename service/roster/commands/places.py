"""Where units and members are, after the map was changed under them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.grids.queries.leaves import nearest_leaves


@dataclass(frozen=True, slots=True)
class Places:
    """A table's column of points, and that of the leaf grids which hold them or are nearest."""

    table: str
    key: str
    point: str
    grid: str


PLACES = (
    Places("unit", "id", "office", "office_grid_id"),
    Places("member", "id", "home", "home_grid_id"),
    Places("presence", "member_id", "location", "grid_id"),
)
"""In the order in which they are locked."""

AROUND = """
    SELECT DISTINCT v.grid_id
    FROM grid_version t JOIN grid_version v ON v.geom && t.geom
    WHERE t.grid_id = ANY(:touched) AND t.leaf AND t.valid_to IS NULL
      AND v.grid_id <> ALL(:touched) AND v.leaf AND v.valid_to IS NULL
"""


def affected_sql(of: Places) -> str:
    """The rows in leaves that were touched, and those in the leaves around whose point one of these now holds too."""
    return f"""
        WITH touched AS MATERIALIZED (
            SELECT geom FROM grid_version WHERE grid_id = ANY(:touched) AND leaf AND valid_to IS NULL
        )
        SELECT r.{of.key} AS id, r.{of.grid} AS grid_id, ST_X(r.{of.point}) AS lon, ST_Y(r.{of.point}) AS lat
        FROM {of.table} r
        WHERE r.{of.grid} = ANY(:near)
          AND (r.{of.grid} = ANY(:touched)
               OR EXISTS (SELECT 1 FROM touched t WHERE ST_Covers(t.geom, r.{of.point})))
        ORDER BY r.{of.key}
        FOR NO KEY UPDATE OF r
    """


def move_sql(of: Places) -> str:
    """Rows into other leaves."""
    return f"""
        UPDATE {of.table} r SET {of.grid} = n.grid_id
        FROM unnest(CAST(:ids AS uuid[]), CAST(:grids AS uuid[])) n (id, grid_id)
        WHERE r.{of.key} = n.id
    """


async def relocate(session: AsyncSession, leaves: Collection[UUID], now: datetime) -> None:
    """Find the leaf grids of offices, homes and presences again, after those leaves changed, came or went.

    The nearest leaf takes each, however far it is: nobody is lost with the ground they were on. The cost follows who is
    in those leaves and in the ones around them.
    """
    if not leaves:
        return
    touched = list(leaves)
    around = await session.scalars(text(AROUND), {"touched": touched})
    near = [*touched, *around]
    for of in PLACES:
        rows = (await session.execute(text(affected_sql(of)), {"touched": touched, "near": near})).all()
        found = await nearest_leaves(session, [(row.lon, row.lat) for row in rows])
        moved = [
            (row.id, leaf.grid_id)
            for row, leaf in zip(rows, found, strict=bool(found))
            if row.grid_id != leaf.grid_id
        ]
        if moved:
            ids, grids = zip(*moved, strict=True)
            await session.execute(text(move_sql(of)), {"ids": list(ids), "grids": list(grids)})
