"""Reads of duty, and the on-duty rule in SQL."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, select, text, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.errors import NotFound
from service.grids.models import Grid
from service.roster.calendar import DUTY_FOLLOWED, Plans, duty_end
from service.roster.models import DutySlot, DutySwitch, Member, Unit
from service.roster.rules import DutyState, Exceptional, LocalTime, Slot, Switch


def on_duty_sql() -> str:
    """The on-duty rule as a boolean SQL expression; `rules.duty` is the same rule in Python.

    It wants `member m` and `duty_switch sw` (left join) in scope, and the binds :now, :today, :weekday (Monday is 0)
    and :minute (of the local day): `on_duty_binds`.
    """
    # A LIMIT instead of EXISTS: the planner must look the member's slots up, and never hash the whole city's.
    return """
        CASE WHEN sw.state IS NOT NULL AND (sw.until IS NULL OR sw.until > :now) THEN sw.state = 'on'
             ELSE coalesce(
                 (SELECT x.on_duty FROM duty_exception x WHERE x.member_id = m.id AND x.day = :today
                  AND x.from_minute <= :minute AND :minute < x.to_minute LIMIT 1),
                 (SELECT true FROM duty_slot d WHERE d.member_id = m.id AND d.weekday = :weekday
                  AND d.from_minute <= :minute AND :minute < d.to_minute LIMIT 1),
                 false) END
    """


def on_duty_binds(at: LocalTime) -> dict[str, Any]:
    """The values of the binds that `on_duty_sql` wants."""
    return {"now": at.now, "today": at.day, "weekday": at.weekday, "minute": at.minute}


def on_duty(at: LocalTime) -> ColumnElement[bool]:
    """`on_duty_sql` at a moment, as a column."""
    return type_coerce(text(f"({on_duty_sql()})").bindparams(**on_duty_binds(at)), Boolean)


PLANS = """
    SELECT m.id, m.active, sw.state, sw.until, week.slots, days.said
    FROM unnest($1::uuid[]) AS i (id) JOIN member m ON m.id = i.id
    LEFT JOIN duty_switch sw ON sw.member_id = m.id
    CROSS JOIN LATERAL (
        SELECT array_agg(ARRAY[d.weekday, d.from_minute, d.to_minute]::int[]) AS slots FROM duty_slot d
        WHERE d.member_id = m.id) week
    CROSS JOIN LATERAL (
        SELECT array_agg(ARRAY[x.day - DATE '0001-01-01' + 1, x.from_minute, x.to_minute, x.on_duty::int]
                         ORDER BY x.day, x.from_minute) AS said
        FROM duty_exception x WHERE x.member_id = m.id AND x.day BETWEEN $2::date AND $3::date) days
"""
"""All that decides when members are on duty. Days are counted as Python's ordinals are."""


async def slots_of(session: AsyncSession, member_id: UUID) -> list[Slot]:
    """A member's week, from Monday on."""
    found = select(DutySlot.weekday, DutySlot.from_minute, DutySlot.to_minute)
    rows = await session.execute(found.where(DutySlot.member_id == member_id))
    return sorted(Slot(*row) for row in rows)


async def plans_of(
    session: AsyncSession, member_ids: Collection[UUID], since: date, until: date
) -> dict[UUID, Plans]:
    """All that decides when members are on duty on the days from `since` to `until`, both included. One statement,
    however many they are."""
    rows = await driver.fetch(session, PLANS, list(member_ids), since, until)
    return {row["id"]: plans_in(row) for row in rows}


def plans_in(row: driver.Record) -> Plans:
    """A member's plans, of a row of PLANS."""
    _, _, state, until, slots, said = row
    return Plans(
        sorted(Slot(*each) for each in slots or ()),
        [Exceptional(date.fromordinal(day), start, end, on == 1) for day, start, end, on in said or ()],
        None if state is None else Switch(DutyState(state), until),
    )


async def duty_ends(
    session: AsyncSession, member_ids: Collection[UUID], at: LocalTime
) -> dict[UUID, datetime]:
    """Until when members are on duty, at most a week ahead (`calendar.duty_end`), in one statement; who is off duty, or
    not active, is not there."""
    rows = await driver.fetch(session, PLANS, list(member_ids), at.day, at.day + DUTY_FOLLOWED)
    ends = {row["id"]: duty_end(plans_in(row), at) for row in rows if row["active"]}
    return {id: end for id, end in ends.items() if end is not None}


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
