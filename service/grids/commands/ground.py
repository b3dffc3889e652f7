"""What follows from the shapes of the two layers: overlay, gaps, and overlaps of party grids.

Each is one statement that derives the rows of some grids, or of all: an edit derives again what it touches, a
rebuild everything, and both give the same rows. Areas are geodesic square metres.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.grids.rules import LEAST_OVERLAY_M2

# MATERIALIZED throughout: inlined, an intersection would be computed again for each use.

ADD_OVERLAY = """
    INSERT INTO overlay (governance_grid_id, party_grid_id, geom, area_m2, governance_share, party_share)
    WITH pairs AS MATERIALIZED (
        SELECT g.grid_id AS governance_id, p.grid_id AS party_id, g.area_m2 AS g_m2, p.area_m2 AS p_m2,
               ST_Multi(ST_CollectionExtract(ST_Intersection(g.geom, p.geom), 3)) AS geom
        FROM grid_version p
        JOIN grid pg ON pg.id = p.grid_id AND pg.layer = 'party'
        JOIN grid_version g ON g.geom && p.geom AND ST_Intersects(g.geom, p.geom)
        JOIN grid gg ON gg.id = g.grid_id AND gg.layer = 'governance'
        WHERE p.valid_to IS NULL AND g.valid_to IS NULL {some}
    ), measured AS MATERIALIZED (
        SELECT *, ST_Area(geom::geography) AS area_m2 FROM pairs
    )
    SELECT governance_id, party_id, geom, area_m2, least(area_m2 / g_m2, 1), least(area_m2 / p_m2, 1)
    FROM measured WHERE area_m2 >= :least
"""

ADD_GAPS = """
    INSERT INTO gap (governance_grid_id, geom, area_m2, share, width_m)
    WITH covered AS MATERIALIZED (
        SELECT o.governance_grid_id AS id, ST_Union(o.geom) AS geom
        FROM overlay o JOIN grid_version v ON v.grid_id = o.governance_grid_id
        WHERE v.leaf AND v.valid_to IS NULL {some}
        GROUP BY o.governance_grid_id
    ), pieces AS MATERIALIZED (
        SELECT v.grid_id, v.area_m2 AS grid_m2,
               CASE WHEN c.geom IS NULL THEN v.geom
                    ELSE ST_Multi(ST_CollectionExtract(ST_Difference(v.geom, c.geom), 3)) END AS geom
        FROM grid_version v LEFT JOIN covered c ON c.id = v.grid_id
        WHERE v.leaf AND v.valid_to IS NULL {some}
    ), measured AS MATERIALIZED (
        SELECT *, ST_Area(geom::geography) AS area_m2, ST_Perimeter(geom::geography) AS perimeter_m FROM pieces
    )
    SELECT grid_id, geom, area_m2, least(area_m2 / grid_m2, 1), 2 * area_m2 / perimeter_m
    FROM measured WHERE area_m2 >= :least
"""

ADD_PARTY_OVERLAPS = """
    INSERT INTO party_overlap (party_grid_a_id, party_grid_b_id, geom, area_m2, share_a, share_b, width_m)
    WITH pairs AS MATERIALIZED (
        SELECT a.grid_id AS a_id, b.grid_id AS b_id, a.area_m2 AS a_m2, b.area_m2 AS b_m2,
               ST_Multi(ST_CollectionExtract(ST_Intersection(a.geom, b.geom), 3)) AS geom
        FROM grid_version a
        JOIN grid ga ON ga.id = a.grid_id AND ga.layer = 'party'
        JOIN grid_version b ON b.geom && a.geom AND ST_Intersects(b.geom, a.geom)
        JOIN grid gb ON gb.id = b.grid_id AND gb.layer = 'party' AND gb.code COLLATE "C" > ga.code COLLATE "C"
        WHERE a.valid_to IS NULL AND b.valid_to IS NULL {some}
    ), measured AS MATERIALIZED (
        SELECT *, ST_Area(geom::geography) AS area_m2, ST_Perimeter(geom::geography) AS perimeter_m FROM pairs
    )
    SELECT a_id, b_id, geom, area_m2, least(area_m2 / a_m2, 1), least(area_m2 / b_m2, 1), 2 * area_m2 / perimeter_m
    FROM measured WHERE area_m2 >= :least
"""


async def rebuild_ground(session: AsyncSession) -> None:
    """Derive overlay, gaps and overlaps of the current map from nothing."""
    for table, add in (("overlay", ADD_OVERLAY), ("gap", ADD_GAPS), ("party_overlap", ADD_PARTY_OVERLAPS)):
        await session.execute(text(f"DELETE FROM {table}"))
        await session.execute(text(add.format(some="")), {"least": LEAST_OVERLAY_M2})
