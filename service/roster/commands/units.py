"""Writes of units."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id, point_wkt
from service.errors import Conflict, NotFound
from service.events.record import record
from service.grids.queries.at import grids_at
from service.roster.models import Unit
from service.roster.queries.units import lock_unit, unit_id


class LonLat(NamedTuple):
    """A position in CGCS2000 degrees."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit to be stored."""

    code: str
    name: str
    name_en: str | None
    kind: str
    office: LonLat


@dataclass(frozen=True, slots=True)
class UnitChanges:
    """What to change of a unit; None leaves it."""

    name: str | None = None
    name_en: str | None = None
    kind: str | None = None
    office: LonLat | None = None


async def create_unit(session: AsyncSession, new: NewUnit, now: datetime) -> None:
    """Store a unit; the nearest leaf grid within 5 km takes its office.

    Raises Conflict when the code is taken, and Invalid for an office outside the map.
    """
    if await unit_id(session, new.code) is not None:
        raise Conflict("duplicate", field="code", value=new.code)
    leaf = (await grids_at(session, *new.office)).leaf
    session.add(
        Unit(
            id=new_id(),
            code=new.code,
            name=new.name,
            name_en=new.name_en,
            kind=new.kind,
            office=point_wkt(*new.office),
            office_grid_id=leaf.id,
        )
    )
    await session.flush()
    await record_unit(session, new.code, {leaf.code}, now)


async def update_unit(session: AsyncSession, code: str, changes: UnitChanges, now: datetime) -> None:
    """Change a unit. Raises NotFound, and Invalid for an office outside the map."""
    found = await lock_unit(session, code)
    if found is None:
        raise NotFound("unit")
    unit, grid_code = found
    areas = {grid_code}
    if changes.name is not None:
        unit.name = changes.name
    if changes.name_en is not None:
        unit.name_en = changes.name_en
    if changes.kind is not None:
        unit.kind = changes.kind
    if changes.office is not None:
        leaf = (await grids_at(session, *changes.office)).leaf
        unit.office, unit.office_grid_id = point_wkt(*changes.office), leaf.id
        areas.add(leaf.code)
    await session.flush()
    await record_unit(session, code, areas, now)


async def record_unit(session: AsyncSession, code: str, areas: Iterable[str], now: datetime) -> None:
    """One event for each area concerned: who watches the one left hears of it too."""
    for area_code in sorted(areas):
        await record(session, "unit.changed", now, area_code=area_code, unit_codes=[code])
