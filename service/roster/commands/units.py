"""Writes of units: of one, or of all in a file."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import among, new_id, point_wkt
from service.errors import Conflict, NotFound
from service.events.record import Concerned, record_all
from service.grids.queries.leaves import leaves_at
from service.roster.models import Unit
from service.roster.queries.units import UnitAt, lock_units, unit_ids


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
    """What to change of a unit; None leaves it, and an empty `name_en` takes it away."""

    name: str | None = None
    name_en: str | None = None
    kind: str | None = None
    office: LonLat | None = None


async def create_unit(session: AsyncSession, new: NewUnit, now: datetime) -> None:
    """Store one unit, as `add_units` does."""
    await add_units(session, [new], now)


async def update_unit(session: AsyncSession, code: str, changes: UnitChanges, now: datetime) -> None:
    """Change one unit, as `change_units` does. Raises NotFound."""
    found = await lock_units(session, [code])
    if not found:
        raise NotFound("unit")
    await change_units(session, [(found[0], changes)], now)


async def add_units(session: AsyncSession, new: Sequence[NewUnit], now: datetime) -> None:
    """Store units; the nearest leaf grid within 5 km takes each one's office.

    Raises Conflict when a code is taken, and Invalid for an office outside the map.
    """
    codes = [each.code for each in new]
    taken = set(await unit_ids(session, codes))
    taken |= {code for code, times in Counter(codes).items() if times > 1}
    if taken:
        raise Conflict("duplicate", field="code", value=", ".join(sorted(taken)))
    leaves = await leaves_at(session, [each.office for each in new])
    if new:
        await session.execute(
            insert(Unit),
            [
                {
                    "id": new_id(),
                    "code": each.code,
                    "name": each.name,
                    "name_en": each.name_en,
                    "kind": each.kind,
                    "office": point_wkt(*each.office),
                    "office_grid_id": leaf.grid_id,
                }
                for each, leaf in zip(new, leaves, strict=True)
            ],
        )
    await record_units(
        session, [(each.code, {leaf.code}) for each, leaf in zip(new, leaves, strict=True)], now
    )


async def change_units(
    session: AsyncSession, changes: Sequence[tuple[UnitAt, UnitChanges]], now: datetime
) -> None:
    """Change units that `lock_units` has locked. Raises Invalid for an office outside the map."""
    moved = [(found.unit.code, each.office) for found, each in changes if each.office is not None]
    leaves = dict(
        zip(
            (code for code, _ in moved),
            await leaves_at(session, [office for _, office in moved]),
            strict=True,
        )
    )
    concerned = []
    for (unit, grid_code), wanted in changes:
        areas = {grid_code}
        if wanted.name is not None:
            unit.name = wanted.name
        if wanted.name_en is not None:
            unit.name_en = wanted.name_en or None
        if wanted.kind is not None:
            unit.kind = wanted.kind
        if wanted.office is not None:
            leaf = leaves[unit.code]
            unit.office, unit.office_grid_id = point_wkt(*wanted.office), leaf.grid_id
            areas.add(leaf.code)
        concerned.append((unit.code, areas))
    await session.flush()
    await record_units(session, concerned, now)


async def remove_units(session: AsyncSession, found: Sequence[UnitAt], now: datetime) -> None:
    """Delete units to which nothing refers; a reference is a foreign key violation: the caller has a savepoint."""
    ids = [each.unit.id for each in found]
    await session.execute(
        delete(Unit).where(among(Unit.id, ids)), execution_options={"synchronize_session": False}
    )
    await record_units(session, [(each.unit.code, {each.grid_code}) for each in found], now)


async def record_units(
    session: AsyncSession, changed: Iterable[tuple[str, Collection[str]]], now: datetime
) -> None:
    """For each unit (the code, area codes) one event for each area concerned: who watches the one left hears of it
    too."""
    await record_all(
        session,
        "unit.changed",
        now,
        [Concerned(area, [code]) for code, areas in changed for area in sorted(areas)],
    )
