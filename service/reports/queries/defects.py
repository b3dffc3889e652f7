"""What is wrong with the map of an area: ground without a unit, and ground that two party grids claim."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.grids.rules import SLIVER_WIDTH_M, Layer

WIDTH = {None: "true", True: "{t}.width_m < :sliver", False: "{t}.width_m >= :sliver"}
"""The condition on slivers: all, only them, none."""


def gaps_sql(areas: Sequence[str] | None, slivers: bool | None, after: bool, geometry: bool) -> str:
    """The gaps of the leaves in some areas (None: everywhere), the largest first."""
    within = (
        "true"
        if areas is None
        else "EXISTS (SELECT 1 FROM unnest(CAST(:areas AS text[])) a WHERE starts_with(g.code, a))"
    )
    return f"""
        SELECT p.governance_grid_id AS id, g.code, g.level, v.name, v.name_en, p.area_m2, p.share, p.width_m,
               p.width_m < :sliver AS sliver, {shape_sql("p.geom", geometry)}
        FROM gap p
        JOIN grid g ON g.id = p.governance_grid_id
        JOIN grid_version v ON v.grid_id = g.id AND v.valid_to IS NULL
        WHERE {within} AND {WIDTH[slivers].format(t="p")}
              {AFTER_GAP if after else ""}
        ORDER BY p.area_m2 DESC, p.governance_grid_id LIMIT :limit
    """


AFTER_GAP = """
    AND (-p.area_m2, p.governance_grid_id) > (SELECT -l.area_m2, l.governance_grid_id FROM gap l
                                              WHERE l.governance_grid_id = :after)
"""


def overlaps_sql(areas: Sequence[str] | None, slivers: bool | None, after: bool, geometry: bool) -> str:
    """The overlaps of party grids that lie at least partly in some areas (None: everywhere), the largest first."""
    return f"""
        SELECT p.party_grid_a_id, p.party_grid_b_id, ga.code AS code_a, gb.code AS code_b, a.name AS name_a,
               b.name AS name_b, a.unit_code AS unit_a, b.unit_code AS unit_b, p.area_m2, p.share_a, p.share_b,
               p.width_m, p.width_m < :sliver AS sliver, {shape_sql("p.geom", geometry)}
        FROM party_overlap p
        JOIN grid ga ON ga.id = p.party_grid_a_id
        JOIN grid gb ON gb.id = p.party_grid_b_id
        JOIN grid_version a ON a.grid_id = ga.id AND a.valid_to IS NULL
        JOIN grid_version b ON b.grid_id = gb.id AND b.valid_to IS NULL
        WHERE {"true" if areas is None else IN_AREAS} AND {WIDTH[slivers].format(t="p")}
              {AFTER_OVERLAP if after else ""}
        ORDER BY p.area_m2 DESC, p.party_grid_a_id, p.party_grid_b_id LIMIT :limit
    """


IN_AREAS = f"""
    EXISTS (
        SELECT 1 FROM grid g JOIN grid_version v ON v.grid_id = g.id AND v.valid_to IS NULL
        WHERE g.layer = '{Layer.GOVERNANCE}' AND g.code = ANY(CAST(:areas AS text[]))
              AND v.geom && p.geom AND ST_Intersects(v.geom, p.geom) AND NOT ST_Touches(v.geom, p.geom)
    )
"""
AFTER_OVERLAP = """
    AND (-p.area_m2, p.party_grid_a_id, p.party_grid_b_id) > (
        SELECT -l.area_m2, l.party_grid_a_id, l.party_grid_b_id FROM party_overlap l
        WHERE l.party_grid_a_id = :after AND l.party_grid_b_id = :after_b
    )
"""


def shape_sql(geom: str, geometry: bool) -> str:
    """A point in the ground, and the ground itself where it is wanted."""
    return f"""
        ST_X(ST_PointOnSurface({geom})) AS lon, ST_Y(ST_PointOnSurface({geom})) AS lat,
        {f"ST_AsBinary({geom})" if geometry else "NULL"} AS wkb
    """


async def gaps(
    session: AsyncSession,
    areas: Sequence[str] | None,
    slivers: bool | None,
    limit: int,
    after: UUID | None,
    *,
    geometry: bool,
) -> Sequence[Row[Any]]:
    """Up to `limit` + 1 gaps, from the one behind `after` on."""
    sql = gaps_sql(areas, slivers, after is not None, geometry)
    binds = binds_of(areas, limit) | ({} if after is None else {"after": after})
    return (await session.execute(text(sql), binds)).all()


async def overlaps(
    session: AsyncSession,
    areas: Sequence[str] | None,
    slivers: bool | None,
    limit: int,
    after: tuple[UUID, UUID] | None,
    *,
    geometry: bool,
) -> Sequence[Row[Any]]:
    """Up to `limit` + 1 overlaps, from the one behind `after` on."""
    sql = overlaps_sql(areas, slivers, after is not None, geometry)
    binds = binds_of(areas, limit) | ({} if after is None else {"after": after[0], "after_b": after[1]})
    return (await session.execute(text(sql), binds)).all()


def binds_of(areas: Sequence[str] | None, limit: int) -> dict[str, Any]:
    """The values of the binds that every statement here has."""
    return {"sliver": SLIVER_WIDTH_M, "limit": limit + 1} | ({} if areas is None else {"areas": list(areas)})
