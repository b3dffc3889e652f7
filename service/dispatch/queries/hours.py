"""Hours of service: what counts of an engagement, and for whom (双报到). Sums of areas and units, never of people."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Float, case, func, literal_column, or_, select, text, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from service.access.queries import seen
from service.access.rules import Action, Caller
from service.dispatch.models import Engagement
from service.dispatch.rules import CountedFor
from service.grids.models import Grid
from service.roster.models import Member, Unit
from service.roster.rules import COMMUNITY_DIGITS
from service.tasks.models import Playbook, Task

RECENT = timedelta(days=28)
"""Engagements accepted since then are a member's recent load; earlier ones tell neither of this week nor of rest."""
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)

E = aliased(Engagement, name="e")


def hours_sql() -> str:
    """The hours of an engagement that count within a period, as a SQL expression of double precision.

    They run from the yes to the end, or to now; of those who went: released, still at it, or on the scene before it
    ended otherwise. Drills do not count. It wants `engagement e` in scope, and `hours_binds`.
    """
    return """
        CASE WHEN e.precedence <> 'drill'
                  AND (e.on_scene_at IS NOT NULL OR e.state IN ('accepted', 'en_route', 'on_scene', 'released'))
             THEN CAST(greatest(0, extract(epoch FROM least(coalesce(e.ended_at, :now), :hours_until)
                                                    - greatest(e.accepted_at, :hours_since))) / 3600
                       AS double precision)
             ELSE 0 END
    """


def hours_binds(since: datetime, until: datetime, now: datetime) -> dict[str, Any]:
    """The values of the binds that `hours_sql` wants: the period, and the time by which what still runs is counted."""
    return {"hours_since": since, "hours_until": until, "now": now}


def hours(since: datetime, until: datetime, now: datetime) -> ColumnElement[float]:
    """`hours_sql` of `E`, as a column."""
    return type_coerce(text(f"({hours_sql()})").bindparams(**hours_binds(since, until, now)), Float)


class Sum(NamedTuple):
    """The hours of one unit or one community, by its code."""

    code: str
    hours: float


class Sums(NamedTuple):
    """Hours by unit and by community, each engagement in one of the two; by code."""

    by_unit: Sequence[Sum]
    by_community: Sequence[Sum]


async def sums(session: AsyncSession, who: Caller, since: datetime, until: datetime, now: datetime) -> Sums:
    """The hours within a period that the caller may see: by area those of the tasks there, by unit those counted for
    the unit.

    An engagement counts for the unit or the home community that its member has now. Sums are rounded to a
    hundredth, and none is 0.
    """
    home = aliased(Grid)
    for_unit = case((E.counted_for == CountedFor.UNIT, Unit.code))
    whose = func.coalesce(for_unit, func.left(home.code, COMMUNITY_DIGITS)).label("whose")
    summed = func.sum(hours(since, until, now))
    rows = await session.execute(
        select(E.counted_for, whose, summed)
        .join(Task, Task.id == E.task_id)
        .join(Member, Member.id == E.member_id)
        .join(Unit, Unit.id == Member.unit_id)
        .join(home, home.id == Member.home_grid_id)
        .where(
            E.accepted_at < until,
            or_(E.ended_at.is_(None), E.ended_at > since),
            seen(who, Action.HOURS_READ, area=Task.grid_code, unit=for_unit),
        )
        # By its name: repeated, the expression would have parameters of its own, and be another one.
        .group_by(E.counted_for, literal_column("whose"))
        .order_by(literal_column("whose"))
    )
    found: dict[str, list[Sum]] = {CountedFor.UNIT: [], CountedFor.COMMUNITY: []}
    for counted_for, code, total in rows:
        if rounded := round(total, 2):
            found[counted_for].append(Sum(code, rounded))
    return Sums(found[CountedFor.UNIT], found[CountedFor.COMMUNITY])


class OwnHours(NamedTuple):
    """One engagement with its task and the hours that it counts."""

    engagement: Engagement
    task: Task
    playbook: Playbook
    hours: float


async def own_hours(
    session: AsyncSession, member_id: UUID, limit: int, after: UUID | None, *, now: datetime
) -> Sequence[OwnHours]:
    """Up to `limit` + 1 of a member's engagements, newest first, from behind the one with the id `after`."""
    statement = (
        select(E, Task, Playbook, hours(BEFORE_ALL, now, now))
        .join(Task, Task.id == E.task_id)
        .join(Playbook, Playbook.id == Task.playbook_id)
        .where(E.member_id == member_id)
        .order_by(E.accepted_at.desc(), E.id.desc())
    )
    if after is not None:
        last = select(Engagement.accepted_at).where(Engagement.id == after, Engagement.member_id == member_id)
        at = last.scalar_subquery()
        statement = statement.where((E.accepted_at < at) | ((E.accepted_at == at) & (E.id < after)))
    rows = await session.execute(statement.limit(limit + 1))
    return [OwnHours(*row) for row in rows]


async def week_hours(session: AsyncSession, member_id: UUID, since: datetime, now: datetime) -> float:
    """A member's hours from the beginning of the week until now, as planning reckons them."""
    total: float | None = await session.scalar(
        select(func.sum(hours(since, now, now))).where(
            E.member_id == member_id, E.accepted_at >= now - RECENT
        )
    )
    return total or 0.0
