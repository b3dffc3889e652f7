"""Reads of duty, and the on-duty rule in SQL."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, select, text, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import among
from service.errors import NotFound
from service.grids.models import Grid
from service.roster.calendar import DUTY_FOLLOWED, Plans, duty_end
from service.roster.models import DutyException, DutySlot, DutySwitch, Member, Unit
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


async def slots_of(session: AsyncSession, member_id: UUID) -> list[Slot]:
    """A member's week, from Monday on."""
    found = select(DutySlot.weekday, DutySlot.from_minute, DutySlot.to_minute)
    rows = await session.execute(found.where(DutySlot.member_id == member_id))
    return sorted(Slot(*row) for row in rows)


async def plans_of(
    session: AsyncSession, member_ids: Collection[UUID], since: date, until: date
) -> dict[UUID, Plans]:
    """All that decides when members are on duty on the days from `since` to `until`, both included. Three
    statements, however many they are."""
    slots: dict[UUID, list[Slot]] = defaultdict(list)
    weeks = select(DutySlot.member_id, DutySlot.weekday, DutySlot.from_minute, DutySlot.to_minute)
    for id, *slot in await session.execute(weeks.where(among(DutySlot.member_id, member_ids))):
        slots[id].append(Slot(*slot))
    switches: dict[UUID, Switch] = {}
    set_to = select(DutySwitch.member_id, DutySwitch.state, DutySwitch.until)
    for id, state, ends in await session.execute(set_to.where(among(DutySwitch.member_id, member_ids))):
        switches[id] = Switch(DutyState(state), ends)
    said = await exceptions_of(session, member_ids, since, until)
    return {
        id: Plans(sorted(slots.get(id, ())), said.get(id, ()), switches.get(id)) for id in set(member_ids)
    }


async def exceptions_of(
    session: AsyncSession, member_ids: Collection[UUID], since: date, until: date
) -> dict[UUID, list[Exceptional]]:
    """What is said of members' days from `since` to `until`, both included, in order; nobody else is there."""
    X = DutyException
    found = (
        select(X.member_id, X.day, X.from_minute, X.to_minute, X.on_duty)
        .where(among(X.member_id, member_ids), X.day.between(since, until))
        .order_by(X.member_id, X.day, X.from_minute)
    )
    said: dict[UUID, list[Exceptional]] = defaultdict(list)
    for row in await session.execute(found):
        said[row.member_id].append(Exceptional(*row[1:]))
    return said


async def duty_ends(
    session: AsyncSession, member_ids: Collection[UUID], at: LocalTime
) -> dict[UUID, datetime]:
    """Until when members are on duty, at most a week ahead (`calendar.duty_end`); who is off duty is not there."""
    plans = await plans_of(session, member_ids, at.day, at.day + DUTY_FOLLOWED)
    ends = {id: duty_end(each, at) for id, each in plans.items()}
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
