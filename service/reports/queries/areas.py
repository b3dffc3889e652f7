"""An area and all that is below it: ground, gaps, responsible units, homes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, TextClause, Uuid, bindparam, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.errors import Invalid
from service.grids.rules import Layer
from service.reports.rules import Tree
from service.roster.models import Member, Unit


class Node(NamedTuple):
    """A governance grid as it is now; `gap_m2` is its own, which only a leaf has."""

    id: UUID
    parent_id: UUID | None
    code: str
    level: str
    name: str
    name_en: str | None
    leaf: bool
    invented: bool
    area_m2: float
    gap_m2: float


@dataclass(frozen=True, slots=True)
class Below:
    """An area and all below it, each behind the one that it is in."""

    nodes: Sequence[Node]
    tree: Tree
    position: Mapping[UUID, int]
    gap_m2: Sequence[float]
    """Of each with all below it: the ground for which no unit is responsible, overlaps counted once."""

    @property
    def top(self) -> Node:
        """The area itself."""
        return self.nodes[0]

    def covered_share(self, position: int) -> float:
        """The share of one's ground for which some unit is responsible."""
        return max(0.0, 1.0 - self.gap_m2[position] / self.nodes[position].area_m2)

    def own(self, by_grid: Mapping[UUID, int]) -> list[int]:
        """Counts by grid, in the order of the nodes."""
        return [by_grid.get(node.id, 0) for node in self.nodes]


BELOW = f"""
    WITH RECURSIVE below AS (
        SELECT id, CAST(NULL AS uuid) AS parent_id, code, level FROM grid
        WHERE layer = '{Layer.GOVERNANCE}' AND code = :area
        UNION ALL
        SELECT g.id, g.parent_id, g.code, g.level FROM below b JOIN grid g ON g.parent_id = b.id
    )
    SELECT b.id, b.parent_id, b.code, b.level, v.name, v.name_en, v.leaf, v.invented, v.area_m2,
           coalesce(gap.area_m2, 0) AS gap_m2
    FROM below b
    JOIN grid_version v ON v.grid_id = b.id AND v.valid_to IS NULL
    LEFT JOIN gap ON gap.governance_grid_id = b.id
    ORDER BY length(b.code), b.code
"""
"""Along the parents, so that the cost follows the area and not the city."""


async def below(session: AsyncSession, area: str) -> Below:
    """An area with all below it. Raises Invalid("unknown-area")."""
    nodes = [Node(*row) for row in await session.execute(text(BELOW), {"area": area})]
    if not nodes or nodes[0].code != area:
        raise Invalid("unknown-area", code=area)
    position = {node.id: index for index, node in enumerate(nodes)}
    tree = Tree(tuple(None if node.parent_id is None else position[node.parent_id] for node in nodes))
    return Below(nodes, tree, position, tree.sums([node.gap_m2 for node in nodes]))


async def homes(session: AsyncSession, grids: Collection[UUID]) -> dict[UUID, int]:
    """How many active members live in each of the grids that has any."""
    found = await session.execute(
        select(Member.home_grid_id, func.count())
        .where(Member.active, Member.home_grid_id == func.any(bindparam("grids", list(grids), ARRAY(Uuid))))
        .group_by(Member.home_grid_id)
    )
    return {grid: count for grid, count in found}


class Share(NamedTuple):
    """A unit's part of an area: the ground of its party grids there, counted once."""

    grid_id: UUID
    unit_code: str
    unit_name: str
    area_m2: float


UNITS = """
    SELECT o.governance_grid_id, u.code, u.name,
           CASE count(*) WHEN 1 THEN max(o.area_m2) ELSE ST_Area(ST_Union(o.geom)::geography) END AS area_m2
    FROM overlay o
    JOIN grid_version v ON v.grid_id = o.party_grid_id AND v.valid_to IS NULL
    JOIN unit u ON u.code = v.unit_code
    WHERE o.governance_grid_id = ANY(:grids)
    GROUP BY o.governance_grid_id, u.code, u.name
    ORDER BY area_m2 DESC, u.code
"""


def of_grids(sql: str, grids: Collection[UUID]) -> TextClause:
    """A statement about some grids."""
    return text(sql).bindparams(bindparam("grids", list(grids), ARRAY(Uuid)))


async def responsible(session: AsyncSession, grids: Collection[UUID]) -> dict[UUID, list[Share]]:
    """The units responsible in each of the grids, the largest part first."""
    found: dict[UUID, list[Share]] = {grid: [] for grid in grids}
    for row in await session.execute(of_grids(UNITS, grids)):
        found[row[0]].append(Share(*row))
    return found


async def unit_members(session: AsyncSession, units: Collection[str]) -> dict[str, int]:
    """How many active members each of the units has; those without any are left out."""
    found = await session.execute(
        select(Unit.code, func.count())
        .join(Member, Member.unit_id == Unit.id)
        .where(Member.active, Unit.code.in_(units))
        .group_by(Unit.code)
    )
    return {unit: count for unit, count in found}


class Place(NamedTuple):
    """A point that stands for a grid, inside it: CGCS2000 degrees."""

    lon: float
    lat: float


PLACES = """
    WITH inside AS MATERIALIZED (
        SELECT grid_id, ST_PointOnSurface(geom) AS point FROM grid_version
        WHERE valid_to IS NULL AND grid_id = ANY(:grids)
    )
    SELECT grid_id, ST_X(point) AS lon, ST_Y(point) AS lat FROM inside
"""


async def places(session: AsyncSession, grids: Collection[UUID]) -> dict[UUID, Place]:
    """The points that stand for the grids."""
    rows = await session.execute(of_grids(PLACES, grids))
    return {grid: Place(lon, lat) for grid, lon, lat in rows}
