"""Reads of calendars: the members of a unit, what their days hold, and who hands duty to whom."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from service.db.base import among
from service.roster.calendar import Stretch, expected, planned
from service.roster.models import Handover, Member, Unit
from service.roster.queries.duty import plans_of
from service.roster.rules import HandoverState, LocalTime, Tier

GIVER = aliased(Member, name="giver")
TAKER = aliased(Member, name="taker")


class Person(NamedTuple):
    """A member, as colleagues know them."""

    id: UUID
    number: str
    name: str
    tier: Tier


class HandedOver(NamedTuple):
    """A hand-over with both members."""

    row: Handover
    giver: Person
    taker: Person


@dataclass(frozen=True, slots=True)
class DayOf:
    """What a day of a member holds, and the accepted hand-overs of that day."""

    day: date
    stretches: Sequence[Stretch]
    handed: Sequence[HandedOver]


@dataclass(frozen=True, slots=True)
class CalendarOf:
    """The days of one member, in order."""

    person: Person
    days: Sequence[DayOf]


async def people(
    session: AsyncSession, *, unit: str | None = None, ids: Collection[UUID] = ()
) -> list[Person]:
    """The active members of a unit, or members by their ids; by number."""
    found = select(Member.id, Member.number, Member.name, Member.tier).order_by(Member.number)
    if unit is not None:
        found = found.join(Unit, Unit.id == Member.unit_id).where(Unit.code == unit, Member.active)
    else:
        found = found.where(among(Member.id, ids))
    return [person(row) for row in await session.execute(found)]


async def calendars(
    session: AsyncSession,
    members: Sequence[Person],
    since: date,
    days: int,
    at: LocalTime,
    *,
    with_switch: bool = True,
) -> list[CalendarOf]:
    """The days of members from `since` on. Four statements, however many they are."""
    until = since + timedelta(days=days - 1)
    ids = [person.id for person in members]
    plans = await plans_of(session, ids, since, until)
    handed = await handovers_between(session, ids, since, until, [HandoverState.ACCEPTED])
    found = []
    for member in members:
        own = [each for each in handed if member in (each.giver, each.taker)]
        days_of = []
        for number in range(days):
            day = since + timedelta(days=number)
            of = plans[member.id]
            stretches = expected(of, day, at) if with_switch else planned(of, day)
            days_of.append(DayOf(day, stretches, [each for each in own if each.row.day == day]))
        found.append(CalendarOf(member, days_of))
    return found


def select_handovers() -> Select[*tuple[Any, ...]]:
    """Hand-overs with both members."""
    columns = [column for who in (GIVER, TAKER) for column in (who.id, who.number, who.name, who.tier)]
    return (
        select(Handover, *columns)
        .join(GIVER, GIVER.id == Handover.from_member_id)
        .join(TAKER, TAKER.id == Handover.to_member_id)
    )


def handed_over(row: Row[Any]) -> HandedOver:
    """A row of `select_handovers`."""
    return HandedOver(row[0], person(row[1:5]), person(row[5:9]))


def person(columns: Sequence[Any]) -> Person:
    """A member's id, number, name and tier."""
    id, number, name, tier = columns
    return Person(id, number, name, Tier(tier))


def of_members(ids: Collection[UUID]) -> Any:
    """Whether a hand-over concerns one of the members."""
    return or_(among(Handover.from_member_id, ids), among(Handover.to_member_id, ids))


async def handovers_between(
    session: AsyncSession, ids: Collection[UUID], since: date, until: date, states: Collection[HandoverState]
) -> list[HandedOver]:
    """The hand-overs of members on the days from `since` to `until`, both included, in those states; by day."""
    found = select_handovers().where(
        of_members(ids), Handover.day.between(since, until), Handover.state.in_(states)
    )
    rows = await session.execute(found.order_by(Handover.day, Handover.from_minute, Handover.id))
    return [handed_over(row) for row in rows]


async def handovers_of(
    session: AsyncSession, member_id: UUID, after: UUID | None, limit: int, *, state: HandoverState | None
) -> list[HandedOver]:
    """Up to `limit + 1` hand-overs of a member, the newest first, from behind the one with the id `after`."""
    found = select_handovers().where(of_members([member_id]))
    if state is not None:
        found = found.where(Handover.state == state)
    if after:
        last = select(Handover.created_at, Handover.id).where(Handover.id == after, of_members([member_id]))
        found = found.where(tuple_(Handover.created_at, Handover.id) < last.scalar_subquery())
    ordered = found.order_by(Handover.created_at.desc(), Handover.id.desc()).limit(limit + 1)
    return [handed_over(row) for row in await session.execute(ordered)]


async def handover_by_id(session: AsyncSession, handover_id: UUID) -> HandedOver | None:
    """One hand-over as it is now."""
    found = select_handovers().where(Handover.id == handover_id).execution_options(populate_existing=True)
    row = (await session.execute(found)).one_or_none()
    return handed_over(row) if row else None
