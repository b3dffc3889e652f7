"""Reading drills: lists, calls, tasks."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.queries import seen
from service.access.rules import Action, Caller
from service.drills.models import Drill, DrillTask, MusterCall
from service.drills.rules import Call
from service.grids.models import Grid
from service.roster.models import Member


async def drills(session: AsyncSession, who: Caller, after: UUID | None, limit: int) -> Sequence[Drill]:
    """Up to `limit + 1` drills in the caller's areas, the newest first, from behind the one with the id `after`."""
    found = (
        select(Drill)
        .where(seen(who, Action.DRILL_READ, area=Drill.area_code))
        .order_by(Drill.started_at.desc(), Drill.id.desc())
        .limit(limit + 1)
    )
    if after:
        last = select(Drill.started_at, Drill.id).where(Drill.id == after).scalar_subquery()
        found = found.where(tuple_(Drill.started_at, Drill.id) < last)
    return (await session.scalars(found)).all()


async def calls_of(session: AsyncSession, drill_id: UUID) -> list[Call]:
    """All calls of a muster."""
    rows = await session.execute(
        select(
            MusterCall.unit_code, MusterCall.community_code, MusterCall.answer, MusterCall.answered_at
        ).where(MusterCall.drill_id == drill_id)
    )
    return [Call(*row) for row in rows]


class Called(NamedTuple):
    """A called member, as the dispatcher reads the roll."""

    member_id: UUID
    number: str
    name: str
    unit_code: str
    answer: str | None
    answered_at: datetime | None


async def roll(
    session: AsyncSession,
    who: Caller,
    drill_id: UUID,
    after: UUID | None,
    limit: int,
    *,
    answer: str | None,
    silent: bool,
) -> list[Called]:
    """Up to `limit + 1` called members by id, from behind `after`, of those whose roster the caller may read.

    With `answer`, those who answered so alone; with `silent`, those who did not answer.
    """
    found = (
        select(
            MusterCall.member_id,
            Member.number,
            Member.name,
            MusterCall.unit_code,
            MusterCall.answer,
            MusterCall.answered_at,
        )
        .join(Member, Member.id == MusterCall.member_id)
        .join(Grid, Grid.id == Member.home_grid_id)
        .where(
            MusterCall.drill_id == drill_id,
            seen(who, Action.ROSTER_READ, area=Grid.code, unit=MusterCall.unit_code),
        )
        .order_by(MusterCall.member_id)
        .limit(limit + 1)
    )
    if silent:
        found = found.where(MusterCall.answer.is_(None))
    elif answer is not None:
        found = found.where(MusterCall.answer == answer)
    if after:
        found = found.where(MusterCall.member_id > after)
    return [Called(*row) for row in await session.execute(found)]


async def own_calls(
    session: AsyncSession, member_id: UUID, now: datetime
) -> Sequence[tuple[Drill, MusterCall]]:
    """The musters that call a member now, answered or not, the newest first."""
    rows = await session.execute(
        select(Drill, MusterCall)
        .join(MusterCall, MusterCall.drill_id == Drill.id)
        .where(MusterCall.member_id == member_id, Drill.ended_at.is_(None), Drill.until > now)
        .order_by(Drill.started_at.desc(), Drill.id.desc())
    )
    return [(drill, call) for drill, call in rows]


async def tasks_of(session: AsyncSession, drill_id: UUID) -> Sequence[DrillTask]:
    """An exercise's tasks in their order."""
    found = select(DrillTask).where(DrillTask.drill_id == drill_id).order_by(DrillTask.number)
    return (await session.scalars(found)).all()
