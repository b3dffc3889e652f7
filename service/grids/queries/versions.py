"""Versions of grids, for whoever is about to change them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import shapely
from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from service.db.base import among
from service.geo.shapes import as_multipolygon, polygonal_from_wkb, same_shape
from service.grids.models import Grid, GridVersion
from service.grids.rules import Layer

GridKey = tuple[Layer, str]
"""A layer and a code: what names a grid."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a version says beside its shape."""

    name: str
    name_en: str | None
    unit_code: str | None
    invented: bool


@dataclass(frozen=True, slots=True)
class Content:
    """What a version holds; the shape is in degrees."""

    words: Words
    shape: shapely.MultiPolygon

    def same_as(self, other: "Content") -> bool:
        """Whether both hold the same."""
        return self.words == other.words and same_shape(self.shape, other.shape)


@dataclass(frozen=True, slots=True)
class Version:
    """A version that is stored. Whether it is a leaf follows from other grids, and is no part of its content."""

    id: UUID
    leaf: bool
    content: Content


@dataclass(frozen=True, slots=True)
class StoredGrid:
    """A grid that is on the map, or was."""

    id: UUID
    level: str | None
    current: Version | None


COLUMNS = (
    GridVersion.id,
    GridVersion.name,
    GridVersion.name_en,
    GridVersion.unit_code,
    GridVersion.invented,
    GridVersion.leaf,
    func.ST_AsBinary(GridVersion.geom),
)


async def grids_by_code(session: AsyncSession, keys: Collection[GridKey]) -> dict[GridKey, StoredGrid]:
    """The grids of these layers and codes, each with its current version; those that never were are left out."""
    if not keys:
        return {}
    codes = defaultdict(list)
    for layer, code in keys:
        codes[layer].append(code)
    rows = await session.execute(
        select(Grid.layer, Grid.code, Grid.id, Grid.level, *COLUMNS)
        .outerjoin(GridVersion, and_(GridVersion.grid_id == Grid.id, GridVersion.valid_to.is_(None)))
        .where(or_(*(and_(Grid.layer == layer, among(Grid.code, some)) for layer, some in codes.items())))
    )
    return {
        (Layer(layer), code): StoredGrid(id, level, version_of(*columns) if columns[0] else None)
        for layer, code, id, level, *columns in rows.all()
    }


async def versions_by_id(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Version]:
    """Versions, current or past."""
    if not ids:
        return {}
    rows = await session.execute(select(*COLUMNS).where(among(GridVersion.id, ids)))
    return {columns[0]: version_of(*columns) for columns in rows.all()}


async def children_of(session: AsyncSession, codes: Collection[str]) -> set[str]:
    """The codes of the grids on the map that are right below these governance grids."""
    if not codes:
        return set()
    parent = aliased(Grid)
    rows = await session.scalars(
        select(Grid.code)
        .join(parent, parent.id == Grid.parent_id)
        .join(GridVersion, GridVersion.grid_id == Grid.id)
        .where(parent.layer == Layer.GOVERNANCE, among(parent.code, codes), GridVersion.valid_to.is_(None))
    )
    return set(rows)


async def current_codes(session: AsyncSession, codes: Collection[str]) -> set[str]:
    """Those of the codes whose governance grids are on the map."""
    if not codes:
        return set()
    rows = await session.scalars(
        select(Grid.code)
        .join(GridVersion, GridVersion.grid_id == Grid.id)
        .where(Grid.layer == Layer.GOVERNANCE, among(Grid.code, codes), GridVersion.valid_to.is_(None))
    )
    return set(rows)


def version_of(
    id: UUID,
    name: str,
    name_en: str | None,
    unit_code: str | None,
    invented: bool,
    leaf: bool,
    wkb: Any,
) -> Version:
    """A row of `COLUMNS`."""
    words = Words(name, name_en, unit_code, invented)
    return Version(id, leaf, Content(words, as_multipolygon(polygonal_from_wkb(wkb))))
