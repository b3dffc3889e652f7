"""What follows from the shapes of the two layers: overlay, gaps, and overlaps of party grids.

Each is one statement that derives the rows of some grids, or of all: an edit derives again what it touches, a
rebuild everything, and both give the same rows. Areas are geodesic square metres.
"""

from collections.abc import Collection
from uuid import UUID

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


# Two statements each for the pairs of what is touched: for an OR the planner would look at all pairs of the city.
ADD_OVERLAY_OF_GOVERNANCE = ADD_OVERLAY.format(some="AND g.grid_id = ANY(:touched)")
ADD_OVERLAY_OF_PARTY = ADD_OVERLAY.format(some="AND p.grid_id = ANY(:touched) AND g.grid_id <> ALL(:done)")
ADD_PARTY_OVERLAPS_OF_A = ADD_PARTY_OVERLAPS.format(some="AND a.grid_id = ANY(:touched)")
ADD_PARTY_OVERLAPS_OF_B = ADD_PARTY_OVERLAPS.format(
    some="AND b.grid_id = ANY(:touched) AND a.grid_id <> ALL(:touched)"
)
ADD_GAPS_OF = ADD_GAPS.format(some="AND v.grid_id = ANY(:touched)")


async def derive_ground(
    session: AsyncSession, governance: Collection[UUID], party: Collection[UUID], leaves: Collection[UUID]
) -> None:
    """Derive anew what follows from grids whose shapes changed, came or went.

    `leaves` are those of the governance grids that are or were leaves, and whoever became one or ceased to be. The
    leaves that the party grids covered, or cover now, are found here.
    """
    governance, party = list(governance), list(party)
    uncovered = set(leaves)
    least = {"least": LEAST_OVERLAY_M2}
    if governance:
        binds = {"touched": governance}
        await session.execute(text("DELETE FROM overlay WHERE governance_grid_id = ANY(:touched)"), binds)
        await session.execute(text(ADD_OVERLAY_OF_GOVERNANCE), binds | least)
    if party:
        binds = {"touched": party}
        # Those of the governance grids above are as they should be by now.
        pairs = "overlay WHERE party_grid_id = ANY(:touched) AND governance_grid_id <> ALL(:done)"
        done = {"done": governance}
        found = await session.scalars(text(f"DELETE FROM {pairs} RETURNING governance_grid_id"), binds | done)
        uncovered.update(found)
        found = await session.scalars(
            text(f"{ADD_OVERLAY_OF_PARTY} RETURNING governance_grid_id"), binds | done | least
        )
        uncovered.update(found)
        await session.execute(
            text(
                "DELETE FROM party_overlap WHERE party_grid_a_id = ANY(:touched) OR party_grid_b_id = ANY(:touched)"
            ),
            binds,
        )
        await session.execute(text(ADD_PARTY_OVERLAPS_OF_A), binds | least)
        await session.execute(text(ADD_PARTY_OVERLAPS_OF_B), binds | least)
    if uncovered:
        binds = {"touched": list(uncovered)}
        await session.execute(text("DELETE FROM gap WHERE governance_grid_id = ANY(:touched)"), binds)
        await session.execute(text(ADD_GAPS_OF), binds | least)


async def rebuild_ground(session: AsyncSession) -> None:
    """Derive overlay, gaps and overlaps of the current map from nothing."""
    for table, add in (("overlay", ADD_OVERLAY), ("gap", ADD_GAPS), ("party_overlap", ADD_PARTY_OVERLAPS)):
        await session.execute(text(f"DELETE FROM {table}"))
        await session.execute(text(add.format(some="")), {"least": LEAST_OVERLAY_M2})
