"""Presence of those who are off duty, or have not been heard of for long, is blurred to the grid."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.roster.queries.duty import on_duty_binds, on_duty_sql
from service.roster.rules import LocalTime

LONGEST_PRECISE = timedelta(hours=24)
"""An older position says nothing of where somebody is, on duty or not."""

# A point of the grid, and how far from it the grid reaches: once for each grid concerned. Whoever's grid is gone from
# the map has no place any more.
COARSEN = f"""
    WITH off AS MATERIALIZED (
        SELECT p.member_id, p.grid_id FROM presence p JOIN member m ON m.id = p.member_id
        LEFT JOIN duty_switch sw ON sw.member_id = m.id
        WHERE p.at IS NOT NULL AND NOT p.coarse
          AND (p.at < :too_old
               OR (coalesce(p.tracked_until <= :now, true) AND coalesce(p.duty_until <= :now, true)
                   AND NOT (m.active AND ({on_duty_sql()}))))
        ORDER BY p.member_id FOR UPDATE OF p SKIP LOCKED
    ), grids AS MATERIALIZED (
        SELECT v.grid_id, v.geom, ST_PointOnSurface(v.geom) AS point FROM grid_version v
        WHERE v.grid_id IN (SELECT grid_id FROM off) AND v.leaf AND v.valid_to IS NULL
    ), reached AS MATERIALIZED (
        SELECT g.grid_id, g.point, max(ST_Distance(g.point::geography, d.geom::geography)) AS metres
        FROM grids g CROSS JOIN LATERAL ST_DumpPoints(g.geom) d GROUP BY g.grid_id, g.point
    )
    UPDATE presence p SET location = r.point, accuracy_m = r.metres, coarse = r.point IS NOT NULL, crs = NULL,
        marks = '{{}}', at = CASE WHEN r.point IS NOT NULL THEN p.at END,
        grid_id = CASE WHEN r.point IS NOT NULL THEN p.grid_id END
    FROM off LEFT JOIN reached r ON r.grid_id = off.grid_id
    WHERE p.member_id = off.member_id
"""


async def coarsen(session: AsyncSession, at: LocalTime) -> None:
    """Blur the positions of all who are neither on duty nor tracked, and those that are too old. One whose row is
    being written to waits for the next time."""
    binds = {**on_duty_binds(at), "too_old": at.now - LONGEST_PRECISE}
    await session.execute(text(COARSEN), binds)
