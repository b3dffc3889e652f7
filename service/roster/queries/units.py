"""Reads of units."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.queries import seen
from service.access.rules import Action, Caller
from service.db.base import among
from service.grids.models import Grid, GridVersion
from service.roster.models import Unit


def select_units() -> Select[*tuple[Any, ...]]:
    """Units with their office and the grid it lies in."""
    return (
        select(
            Unit.id,
            Unit.code,
            Unit.name,
            Unit.name_en,
            Unit.kind,
            Unit.invented,
            func.ST_X(Unit.office).label("lon"),
            func.ST_Y(Unit.office).label("lat"),
            Grid.code.label("grid_code"),
            func.coalesce(GridVersion.name, Grid.code).label("grid_name"),
        )
        .join(Grid, Grid.id == Unit.office_grid_id)
        .outerjoin(GridVersion, (GridVersion.grid_id == Grid.id) & GridVersion.valid_to.is_(None))
    )


async def units(
    session: AsyncSession, who: Caller, after: UUID | None, limit: int, *, code: str | None, q: str | None
) -> Sequence[Row[Any]]:
    """Up to `limit + 1` units that the caller may see, by code, from the one behind `after` on.

    `q` is a part of the name in either language.
    """
    found = select_units().where(seen(who, Action.ROSTER_READ, area=Grid.code, unit=Unit.code))
    if code:
        found = found.where(Unit.code == code)
    if q:
        found = found.where(
            or_(Unit.name.icontains(q, autoescape=True), Unit.name_en.icontains(q, autoescape=True))
        )
    if after:
        found = found.where(Unit.code > select(Unit.code).where(Unit.id == after).scalar_subquery())
    return (await session.execute(found.order_by(Unit.code).limit(limit + 1))).all()


async def unit_named(session: AsyncSession, code: str) -> Row[Any] | None:
    """One unit, as `units` gives it."""
    return (await session.execute(select_units().where(Unit.code == code))).one_or_none()


class UnitAt(NamedTuple):
    """A unit's row, and the code of the grid that its office lies in."""

    unit: Unit
    grid_code: str


async def lock_units(session: AsyncSession, codes: Collection[str]) -> list[UnitAt]:
    """Units, locked in the order of their codes until the transaction ends."""
    found = (
        select(Unit, Grid.code)
        .join(Grid, Grid.id == Unit.office_grid_id)
        .where(among(Unit.code, codes))
        .order_by(Unit.code)
        .with_for_update(of=Unit, key_share=True)
        .execution_options(populate_existing=True)
    )
    return [UnitAt(*row) for row in (await session.execute(found)).all()]


async def unit_ids(session: AsyncSession, codes: Collection[str]) -> dict[str, UUID]:
    """The ids of units by code; those that are not there are left out."""
    rows = await session.execute(select(Unit.code, Unit.id).where(among(Unit.code, codes)))
    return {code: id for code, id in rows.all()}
