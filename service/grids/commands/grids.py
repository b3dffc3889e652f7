"""Writes of grids and their versions."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from geoalchemy2.shape import from_shape
from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import SRID, among, new_id
from service.geo.geodesy import area_m2
from service.geo.shapes import Polygonal, as_multipolygon, same_shape
from service.grids.models import Grid, GridVersion
from service.grids.queries.versions import Content, GridKey, Version, Words
from service.grids.rules import Layer, parent_of


@dataclass(frozen=True, slots=True)
class NewGrid:
    """A grid to be stored: its shape in CGCS2000 degrees, its parent by code, its unit if it is a party grid."""

    layer: Layer
    code: str
    name: str
    shape: Polygonal
    level: str | None = None
    name_en: str | None = None
    parent_code: str | None = None
    unit_code: str | None = None
    invented: bool = False

    @property
    def key(self) -> GridKey:
        """What names it."""
        return self.layer, self.code

    @property
    def content(self) -> Content:
        """What its version is to hold."""
        words = Words(self.name, self.name_en, self.unit_code, self.invented)
        return Content(words, as_multipolygon(self.shape))


@dataclass(frozen=True, slots=True)
class Change:
    """A grid that changes: its version before (None: it is not on the map) and what is to be after (None: it goes)."""

    layer: Layer
    code: str
    grid_id: UUID
    level: str | None
    before: Version | None
    after: Content | None
    new: bool = False
    """Never was on the map."""

    @property
    def key(self) -> GridKey:
        """What names the grid."""
        return self.layer, self.code

    @property
    def comes(self) -> bool:
        """It is not on the map, and will be."""
        return self.before is None and self.after is not None

    @property
    def goes(self) -> bool:
        """It is on the map, and will not be."""
        return self.before is not None and self.after is None

    def moves_ground(self) -> bool:
        """Whether the shape changes, comes or goes."""
        if self.before is None or self.after is None:
            return True
        return not same_shape(self.before.content.shape, self.after.shape)


async def add_grids(session: AsyncSession, grids: Sequence[NewGrid], now: datetime) -> dict[str, UUID]:
    """Store new grids, parents before children, and give their ids by code.

    For a map that is loaded as a whole: the caller derives overlay and crossings when all are in (`derive`).
    """
    ids = {grid.code: new_id() for grid in grids}
    parents = {grid.parent_code for grid in grids if grid.layer == Layer.GOVERNANCE}
    await session.execute(
        insert(Grid),
        [
            grid_row(ids[grid.code], grid.layer, grid.code, grid.level, ids.get(grid.parent_code or ""))
            for grid in sorted(grids, key=lambda grid: len(grid.code))
        ],
    )
    await session.execute(
        insert(GridVersion),
        [
            version_row(
                new_id(),
                ids[grid.code],
                now,
                grid.content,
                leaf=grid.layer == Layer.GOVERNANCE and grid.code not in parents,
            )
            for grid in grids
        ],
    )
    return ids


async def write_versions(
    session: AsyncSession, changes: Sequence[Change], at: datetime
) -> dict[GridKey, UUID]:
    """End the versions before and begin those after; gives the ids of the new ones.

    A governance grid that comes is a leaf for the time being: `settle_leaves` looks again.
    """
    await add_new(session, [change for change in changes if change.new])
    await end_versions(session, [change.before.id for change in changes if change.before], at)
    ids = {change.key: new_id() for change in changes if change.after}
    rows = [
        version_row(
            ids[change.key],
            change.grid_id,
            at,
            change.after,
            leaf=change.before.leaf if change.before else change.layer == Layer.GOVERNANCE,
        )
        for change in changes
        if change.after
    ]
    if rows:
        await session.execute(insert(GridVersion), rows)
    return ids


async def add_new(session: AsyncSession, changes: Sequence[Change]) -> None:
    """The rows of grids that never were, parents before children; those that were there must be stored."""
    if not changes:
        return
    ids = {change.code: change.grid_id for change in changes if change.layer == Layer.GOVERNANCE}
    stored = {parent for code in ids if (parent := parent_of(code)) and parent not in ids}
    if stored:
        parents = select(Grid.code, Grid.id).where(Grid.layer == Layer.GOVERNANCE, among(Grid.code, stored))
        ids |= {code: id for code, id in (await session.execute(parents)).all()}
    await session.execute(
        insert(Grid),
        [
            grid_row(
                change.grid_id,
                change.layer,
                change.code,
                change.level,
                ids.get(parent_of(change.code) or "") if change.layer == Layer.GOVERNANCE else None,
            )
            for change in sorted(changes, key=lambda change: len(change.code))
        ],
    )


async def end_versions(session: AsyncSession, ids: Collection[UUID], at: datetime) -> None:
    """Versions that hold no longer."""
    if ids:
        await session.execute(
            update(GridVersion).where(among(GridVersion.id, ids)).values(valid_to=at),
            execution_options={"synchronize_session": False},
        )


# Whether a grid is a leaf follows from its children, and wrongly so after some came or went.
WRONG_LEAVES = """
    SELECT v.id, v.grid_id, v.valid_from = :at AS is_new
    FROM grid g JOIN grid_version v ON v.grid_id = g.id AND v.valid_to IS NULL
    WHERE g.layer = 'governance' AND g.code = ANY(:codes)
      AND v.leaf = EXISTS (
          SELECT 1 FROM grid c JOIN grid_version cv ON cv.grid_id = c.id AND cv.valid_to IS NULL
          WHERE c.parent_id = g.id
      )
"""

TURN_LEAVES = """
    INSERT INTO grid_version (id, grid_id, valid_from, name, name_en, unit_code, leaf, geom, area_m2, invented)
    SELECT n.id, v.grid_id, CAST(:at AS timestamptz), v.name, v.name_en, v.unit_code, NOT v.leaf, v.geom, v.area_m2,
           v.invented
    FROM unnest(CAST(:new AS uuid[]), CAST(:old AS uuid[])) n (id, old) JOIN grid_version v ON v.id = n.old
"""


async def settle_leaves(session: AsyncSession, changes: Iterable[Change], at: datetime) -> set[UUID]:
    """Make a leaf of each governance grid that has no children any more, and no leaf of one that has.

    A version that began before ends for it: `leaf` holds for a time, as all of it does. Gives the grids that turned.
    """
    codes: set[str] = set()
    for change in changes:
        if change.layer == Layer.GOVERNANCE and (change.comes or change.goes):
            codes.add(change.code)
            codes |= {parent} if (parent := parent_of(change.code)) else set()
    if not codes:
        return set()
    found = (await session.execute(text(WRONG_LEAVES), {"codes": sorted(codes), "at": at})).all()
    fresh, old = [row.id for row in found if row.is_new], [row.id for row in found if not row.is_new]
    if fresh:
        await session.execute(
            update(GridVersion).where(among(GridVersion.id, fresh)).values(leaf=~GridVersion.leaf),
            execution_options={"synchronize_session": False},
        )
    if old:
        await end_versions(session, old, at)
        await session.execute(text(TURN_LEAVES), {"new": [new_id() for _ in old], "old": old, "at": at})
    return {row.grid_id for row in found}


def grid_row(
    id: UUID, layer: Layer, code: str, level: str | None, parent_id: UUID | None
) -> Mapping[str, Any]:
    """The columns of a grid."""
    return {"id": id, "layer": layer, "code": code, "level": level, "parent_id": parent_id}


def version_row(id: UUID, grid_id: UUID, at: datetime, content: Content, *, leaf: bool) -> dict[str, Any]:
    """The columns of a version that begins."""
    return {
        "id": id,
        "grid_id": grid_id,
        "valid_from": at,
        "valid_to": None,
        "name": content.words.name,
        "name_en": content.words.name_en,
        "unit_code": content.words.unit_code,
        "leaf": leaf,
        "geom": from_shape(content.shape, srid=SRID),
        "area_m2": area_m2(content.shape),
        "invented": content.words.invented,
    }
