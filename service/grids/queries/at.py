"""What is at a point, on a date; and who is responsible next to it."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.db.base import SRID
from service.errors import Invalid
from service.grids.rules import SNAP_LIMIT_M, lineage


@dataclass(frozen=True, slots=True)
class AreaAt:
    """One governance grid that holds a point."""

    id: UUID
    code: str
    name: str
    name_en: str | None
    level: str
    invented: bool


@dataclass(frozen=True, slots=True)
class PartyGridAt:
    """One party grid that holds a point, the unit that is responsible, and the metres to its boundary."""

    id: UUID
    code: str
    name: str
    unit_code: str
    unit_name: str
    invented: bool
    boundary_m: float


@dataclass(frozen=True, slots=True)
class At:
    """What is at a point: the governance chain from the city down, and the party grids over it.

    `lon`, `lat` are the point itself, or the nearest point on land when it was snapped over `snapped_m` metres.
    """

    lon: float
    lat: float
    snapped_m: float
    boundary_m: float
    chain: tuple[AreaAt, ...]
    party_grids: tuple[PartyGridAt, ...]

    @property
    def leaf(self) -> AreaAt:
        """The lowest grid of the chain."""
        return self.chain[-1]

    @property
    def responsible_units(self) -> list[str]:
        """Codes of the units whose party grids hold the point, in order."""
        return sorted({grid.unit_code for grid in self.party_grids})


POINT = f"ST_SetSRID(ST_MakePoint(:lon, :lat), {SRID})"
CURRENT = "v.valid_to IS NULL"
ON_DATE = "v.valid_from <= :on AND (v.valid_to IS NULL OR v.valid_to > :on)"


def leaf_at_sql(when: str) -> str:
    """The leaf that holds a point; of two that meet there, the one with the lower code."""
    return f"""
        SELECT g.code, ST_Distance(ST_Boundary(v.geom)::geography, {POINT}::geography) AS boundary_m
        FROM grid_version v JOIN grid g ON g.id = v.grid_id
        WHERE v.leaf AND {when} AND ST_Covers(v.geom, {POINT})
        ORDER BY g.code LIMIT 1
    """


def nearest_leaf_sql(when: str) -> str:
    """The nearest leaf. Degrees order the index scan, metres choose among the first few."""
    return f"""
        WITH near AS MATERIALIZED (
            SELECT v.grid_id, v.name, v.geom FROM grid_version v
            WHERE v.leaf AND {when} ORDER BY v.geom <-> {POINT} LIMIT 5
        ), measured AS MATERIALIZED (
            SELECT grid_id, name, geom, ST_Distance(geom::geography, {POINT}::geography) AS metres FROM near
        )
        SELECT g.code, m.name, m.metres,
               ST_X(ST_ClosestPoint(m.geom, {POINT})) AS lon, ST_Y(ST_ClosestPoint(m.geom, {POINT})) AS lat
        FROM measured m JOIN grid g ON g.id = m.grid_id ORDER BY m.metres, g.code LIMIT 1
    """


def chain_sql(when: str) -> str:
    """The governance grids of a lineage of codes."""
    return f"""
        SELECT g.id, g.code, v.name, v.name_en, g.level, v.invented
        FROM grid g JOIN grid_version v ON v.grid_id = g.id
        WHERE g.layer = 'governance' AND g.code = ANY(:codes) AND {when}
        ORDER BY length(g.code)
    """


def party_grids_sql(when: str) -> str:
    """The party grids that hold a point."""
    return f"""
        SELECT g.id, g.code, v.name, v.unit_code, u.name AS unit_name, v.invented,
               ST_Distance(ST_Boundary(v.geom)::geography, {POINT}::geography) AS boundary_m
        FROM grid_version v JOIN grid g ON g.id = v.grid_id JOIN unit u ON u.code = v.unit_code
        WHERE g.layer = 'party' AND {when} AND ST_Covers(v.geom, {POINT})
        ORDER BY g.code
    """


@cache
def compiled(sql: str) -> driver.Compiled:
    """A statement of this page: every post asks them, and the driver's way costs a fraction of the session's."""
    return driver.compiled(text(sql))


async def grids_at(session: AsyncSession, lon: float, lat: float, on: datetime | None = None) -> At:
    """What is at a point in CGCS2000 degrees, now or at the time `on`.

    Raises Invalid("outside-area") more than 5 km from any grid, with the nearest one and the distance, and
    Invalid("no-map") where there was no grid at all.
    """
    when = ON_DATE if on else CURRENT
    where: dict[str, Any] = {"lon": lon, "lat": lat} | ({"on": on} if on else {})
    inside = await driver.first(session, compiled(leaf_at_sql(when)), **where)
    if inside:
        leaf_code, snapped_m, boundary_m = inside.code, 0.0, inside.boundary_m
    else:
        nearest = await driver.first(session, compiled(nearest_leaf_sql(when)), **where)
        if nearest is None:
            raise Invalid("no-map")
        if nearest.metres > SNAP_LIMIT_M:
            raise Invalid(
                "outside-area",
                name=nearest.name,
                code=nearest.code,
                km=f"{nearest.metres / 1000:.1f}",
                limit_km=f"{SNAP_LIMIT_M / 1000:.0f}",
            )
        leaf_code, snapped_m, boundary_m = nearest.code, nearest.metres, 0.0
        where |= {"lon": nearest.lon, "lat": nearest.lat}
    chain = await driver.rows(
        session, compiled(chain_sql(when)), codes=lineage(leaf_code), **({"on": on} if on else {})
    )
    party = await driver.rows(session, compiled(party_grids_sql(when)), **where)
    return At(
        lon=where["lon"],
        lat=where["lat"],
        snapped_m=snapped_m,
        boundary_m=boundary_m,
        chain=tuple(AreaAt(*row) for row in chain),
        party_grids=tuple(PartyGridAt(*row) for row in party),
    )


NEIGHBOUR_UNITS = """
    WITH neighbour AS MATERIALIZED (
        SELECT CASE WHEN grid_a_id = $1 THEN grid_b_id ELSE grid_a_id END AS id
        FROM crossing WHERE grid_a_id = $1 OR grid_b_id = $1
    )
    SELECT DISTINCT v.unit_code
    FROM neighbour n
    JOIN overlay o ON o.governance_grid_id = n.id
    JOIN grid_version v ON v.grid_id = o.party_grid_id AND v.valid_to IS NULL
    WHERE v.unit_code <> ALL($2)
    ORDER BY v.unit_code
"""


async def neighbour_units(session: AsyncSession, at: At) -> list[str]:
    """Codes of the units responsible for the grids next to a place's, in order, without those of the place itself."""
    found = await driver.fetch(session, NEIGHBOUR_UNITS, at.leaf.id, at.responsible_units)
    return [row.unit_code for row in found]
