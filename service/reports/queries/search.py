"""Search over the names of what is on the map: areas, party grids, and the posts (岗) of units: their offices.

Substrings are found by an index on the letters of a name (GIN over an array of them): a name that has the text in it
has all its letters. That suits Chinese, where a name is a few of thousands of letters, and wants no extension.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.grids.queries.names import GridName, names_of
from service.grids.rules import Layer, lineage


class Kind(StrEnum):
    """What was found."""

    AREA = "area"
    """A governance grid of any level."""
    PARTY_GRID = "party_grid"
    POST = "post"
    """The office of a unit."""


@dataclass(frozen=True, slots=True)
class Step:
    """One area on the way down to what was found."""

    code: str
    name: GridName


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: its place in CGCS2000 degrees, and the areas that hold it from the city down."""

    kind: Kind
    code: str
    name: str
    name_en: str | None
    level: str | None
    unit_code: str | None
    lon: float
    lat: float
    path: tuple[Step, ...]


GRID_NAME = "lower(v.name || coalesce(' ' || v.name_en, ''))"
UNIT_NAME = "lower(u.name || coalesce(' ' || u.name_en, ''))"

SEARCH = f"""
    WITH grids AS MATERIALIZED (
        SELECT v.grid_id AS id, v.name, v.name_en, v.unit_code FROM grid_version v
        WHERE v.valid_to IS NULL AND regexp_split_to_array({GRID_NAME}, '') @> CAST(:letters AS text[])
              AND strpos({GRID_NAME}, :q) > 0
        UNION
        SELECT v.grid_id, v.name, v.name_en, v.unit_code FROM grid g
        JOIN grid_version v ON v.grid_id = g.id AND v.valid_to IS NULL
        WHERE g.layer IN ('governance', 'party') AND g.code IN (:q, :upper)
    ), found AS MATERIALIZED (
        SELECT CASE g.layer WHEN '{Layer.PARTY}' THEN '{Kind.PARTY_GRID}' ELSE '{Kind.AREA}' END AS kind,
               n.id, g.code, n.name, n.name_en, g.level, n.unit_code
        FROM grids n JOIN grid g ON g.id = n.id
        UNION ALL
        SELECT '{Kind.POST}', u.id, u.code, u.name, u.name_en, NULL, u.code FROM unit u
        WHERE strpos({UNIT_NAME}, :q) > 0 OR u.code IN (:q, :upper)
    ), best AS MATERIALIZED (
        SELECT *, CASE WHEN lower(code) = :q OR lower(name) = :q OR lower(name_en) = :q THEN 0
                       WHEN starts_with(lower(name), :q) OR starts_with(lower(name_en), :q) THEN 1
                       ELSE 2 END AS rank
        FROM found
        ORDER BY rank, array_position(ARRAY['city', 'county', 'town', 'community', 'grid'], level),
                 length(name), kind, code
        LIMIT :limit
    ), placed AS MATERIALIZED (
        SELECT b.*, coalesce(u.office, ST_PointOnSurface(v.geom)) AS point, og.code AS office_code
        FROM best b
        LEFT JOIN grid_version v ON v.grid_id = b.id AND v.valid_to IS NULL
        LEFT JOIN unit u ON u.id = b.id
        LEFT JOIN grid og ON og.id = u.office_grid_id
    )
    SELECT kind, code, name, name_en, level, unit_code, ST_X(point) AS lon, ST_Y(point) AS lat,
           CASE kind WHEN '{Kind.AREA}' THEN code WHEN '{Kind.POST}' THEN office_code
                ELSE (SELECT g.code FROM grid_version w JOIN grid g ON g.id = w.grid_id
                      WHERE w.leaf AND w.valid_to IS NULL AND ST_Covers(w.geom, point)
                      ORDER BY g.code LIMIT 1) END AS holder
    FROM placed
    ORDER BY rank, array_position(ARRAY['city', 'county', 'town', 'community', 'grid'], level), length(name), kind, code
"""


def search_binds(q: str, limit: int) -> dict[str, Any]:
    """The values of the binds that `SEARCH` wants."""
    return {"q": q.lower(), "upper": q.upper(), "letters": sorted(set(q.lower())), "limit": limit}


async def search(session: AsyncSession, q: str, limit: int) -> list[Hit]:
    """The first `limit` things whose name has the text in it, or whose code it is: the same before those that begin
    with it before those that have it inside, larger areas before smaller ones."""
    rows = (await session.execute(text(SEARCH), search_binds(q, limit))).all()
    names = await names_of(session, {code for row in rows if row.holder for code in lineage(row.holder)})
    return [
        Hit(
            kind=Kind(row.kind),
            code=row.code,
            name=row.name,
            name_en=row.name_en,
            level=row.level,
            unit_code=row.unit_code,
            lon=row.lon,
            lat=row.lat,
            path=tuple(Step(code, names[code]) for code in lineage(row.holder or "") if code in names),
        )
        for row in rows
    ]
