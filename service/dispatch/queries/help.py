"""Calls for help as dispatchers read them, and what those who call are engaged in."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.models import Account
from service.access.queries import seen
from service.access.rules import Action, Caller
from service.db.base import among
from service.dispatch.models import Engagement
from service.dispatch.rules import LIVE
from service.grids.models import Grid, GridVersion
from service.grids.rules import Layer
from service.roster.commands.help import Job
from service.roster.models import HelpCall
from service.tasks.models import Task


class Call(NamedTuple):
    """A call, the name of its grid, the title of its task, and who acknowledged it."""

    call: HelpCall
    grid_name: str | None
    task_title: str | None
    by: str | None


async def jobs_of(session: AsyncSession, member_ids: Collection[UUID]) -> Mapping[UUID, Job]:
    """What each of the members is engaged in; those who are in nothing are left out."""
    found = await session.execute(
        select(Engagement.member_id, Task.id, Task.grid_code, Task.drill)
        .join(Task, Task.id == Engagement.task_id)
        .where(among(Engagement.member_id, member_ids), Engagement.state.in_(LIVE))
    )
    return {member_id: Job(task_id, code, drill) for member_id, task_id, code, drill in found}


def within(who: Caller, action: Action) -> ColumnElement[bool]:
    """Whether a call came from the caller's areas, or is of a task there."""
    of_task = func.coalesce(HelpCall.task_area, HelpCall.area_code)
    return or_(seen(who, action, area=HelpCall.area_code), seen(who, action, area=of_task))


def calls() -> Select[HelpCall, str | None, str | None, str | None]:
    """Calls with what is said of them."""
    return (
        select(HelpCall, GridVersion.name, Task.title, Account.display_name)
        .outerjoin(Grid, and_(Grid.code == HelpCall.area_code, Grid.layer == Layer.GOVERNANCE))
        .outerjoin(GridVersion, and_(GridVersion.grid_id == Grid.id, GridVersion.valid_to.is_(None)))
        .outerjoin(Task, Task.id == HelpCall.task_id)
        .outerjoin(Account, Account.id == HelpCall.acknowledged_by)
    )


async def list_calls(
    session: AsyncSession, who: Caller, limit: int, after: UUID | None, *, open_only: bool
) -> Sequence[Call]:
    """Up to `limit` + 1 calls that the caller may read, the newest first, from behind the one with the id `after`."""
    newest = tuple_(HelpCall.called_at, HelpCall.id)
    found = calls().where(within(who, Action.HELP_READ))
    if open_only:
        found = found.where(HelpCall.acknowledged_at.is_(None))
    if after is not None:
        last = select(HelpCall.called_at, HelpCall.id).where(HelpCall.id == after)
        found = found.where(newest < last.scalar_subquery())
    found = found.order_by(HelpCall.called_at.desc(), HelpCall.id.desc()).limit(limit + 1)
    return [Call(*row) for row in await session.execute(found)]


async def find_call(session: AsyncSession, call_id: UUID) -> Call | None:
    """One call."""
    row = (await session.execute(calls().where(HelpCall.id == call_id))).one_or_none()
    return None if row is None else Call(*row)
