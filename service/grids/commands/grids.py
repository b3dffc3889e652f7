"""Writes of grids and their versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import SRID, new_id
from service.geo.geodesy import area_m2
from service.geo.shapes import Polygonal
from service.grids.models import Grid, GridVersion
from service.grids.rules import Layer


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


async def add_grids(session: AsyncSession, grids: Sequence[NewGrid], now: datetime) -> dict[str, UUID]:
    """Store new grids, parents before children, and give their ids by code.

    The caller derives overlay and crossings when all are in: `derive`.
    """
    ids = {grid.code: new_id() for grid in grids}
    parents = {grid.parent_code for grid in grids if grid.layer == Layer.GOVERNANCE}
    await session.execute(
        insert(Grid),
        [
            {
                "id": ids[grid.code],
                "layer": grid.layer,
                "code": grid.code,
                "level": grid.level,
                "parent_id": ids[grid.parent_code] if grid.parent_code else None,
            }
            for grid in sorted(grids, key=lambda grid: len(grid.code))
        ],
    )
    await session.execute(
        insert(GridVersion),
        [
            {
                "id": new_id(),
                "grid_id": ids[grid.code],
                "valid_from": now,
                "valid_to": None,
                "name": grid.name,
                "name_en": grid.name_en,
                "unit_code": grid.unit_code,
                "leaf": grid.layer == Layer.GOVERNANCE and grid.code not in parents,
                "geom": from_shape(as_multipolygon(grid.shape), srid=SRID),
                "area_m2": area_m2(grid.shape),
                "invented": grid.invented,
            }
            for grid in grids
        ],
    )
    return ids


def as_multipolygon(shape: Polygonal) -> shapely.MultiPolygon:
    """The one geometry type that is stored."""
    return shapely.MultiPolygon([shape]) if isinstance(shape, shapely.Polygon) else shape
