"""Reads of duty, and the on-duty rule in SQL."""

from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, select, text, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from service.errors import NotFound
from service.grids.models import Grid
from service.roster.models import DutySlot, DutySwitch, Member, Unit
from service.roster.rules import DutyState, LocalTime, Slot, Switch


def on_duty_sql() -> str:
    """The on-duty rule as a boolean SQL expression; `rules.duty` is the same rule in Python.

    It wants `member m` and `duty_switch sw` (left join) in scope, and the binds :now, :weekday (Monday is 0) and
    :minute (of the local day): `on_duty_binds`.
    """
    # A LIMIT instead of EXISTS: the planner must look the member's slots up, and never hash the whole city's.
    return """
        CASE WHEN sw.state IS NOT NULL AND (sw.until IS NULL OR sw.until > :now) THEN sw.state = 'on'
             ELSE (SELECT true FROM duty_slot d WHERE d.member_id = m.id AND d.weekday = :weekday
                   AND d.from_minute <= :minute AND :minute < d.to_minute LIMIT 1) IS NOT NULL END
    """


def on_duty_binds(at: LocalTime) -> dict[str, Any]:
    """The values of the binds that `on_duty_sql` wants."""
    return {"now": at.now, "weekday": at.weekday, "minute": at.minute}


def on_duty(at: LocalTime) -> ColumnElement[bool]:
    """`on_duty_sql` at a moment, as a column."""
    return type_coerce(text(f"({on_duty_sql()})").bindparams(**on_duty_binds(at)), Boolean)


async def slots_of(session: AsyncSession, member_id: UUID) -> list[Slot]:
    """A member's week, from Monday on."""
    found = select(DutySlot.weekday, DutySlot.from_minute, DutySlot.to_minute)
    rows = await session.execute(found.where(DutySlot.member_id == member_id))
    return sorted(Slot(*row) for row in rows)


async def switch_of(session: AsyncSession, member_id: UUID) -> Switch | None:
    """A member's switch as last set, whether or not it still holds."""
    found = select(DutySwitch.state, DutySwitch.until).where(DutySwitch.member_id == member_id)
    row = (await session.execute(found)).one_or_none()
    return Switch(DutyState(row.state), row.until) if row else None


async def area_and_unit(session: AsyncSession, member_id: UUID) -> tuple[str, str]:
    """The codes of a member's home grid and unit. Raises NotFound."""
    found = (
        select(Grid.code, Unit.code)
        .select_from(Member)
        .join(Grid, Grid.id == Member.home_grid_id)
        .join(Unit, Unit.id == Member.unit_id)
        .where(Member.id == member_id)
    )
    row = (await session.execute(found)).one_or_none()
    if row is None:
        raise NotFound("member")
    return row[0], row[1]
