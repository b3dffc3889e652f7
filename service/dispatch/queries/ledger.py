"""Reading the ledger: what the words of a wave need, and what it says of one member."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, func, literal, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.models import Offer, Wave
from service.grids.queries.names import names_of
from service.roster.queries.skills import all_skills
from service.tasks.models import Playbook, Seat, Task
from service.texts import Language, either


@dataclass(frozen=True, slots=True)
class Names:
    """What skills, categories and communities are called in one language, by code."""

    skills: dict[str, str]
    categories: dict[str, str]
    communities: dict[str, str]


async def names_for(session: AsyncSession, tasks: Sequence[Task], language: Language) -> Names:
    """The names that the ledgers of those tasks may speak of."""
    playbooks = await session.scalars(
        select(Playbook)
        .where(Playbook.id.in_({task.playbook_id for task in tasks}))
        .order_by(Playbook.category, Playbook.version)
    )
    return Names(
        skills={
            each.code: either(language, each.name_zh, each.name_en) for each in await all_skills(session)
        },
        categories={each.category: either(language, each.name_zh, each.name_en) for each in playbooks},
        communities={
            code: either(language, *name)
            for code, name in (
                await names_of(
                    session, {task.residents_of for task in tasks if task.residents_of is not None}
                )
            ).items()
        },
    )


async def seat_numbers(session: AsyncSession, task_id: UUID) -> dict[UUID, int]:
    """The number of every seat that the task has or had."""
    rows = await session.execute(select(Seat.id, Seat.number).where(Seat.task_id == task_id))
    return {seat_id: number for seat_id, number in rows}


def names_member(member_id: UUID) -> ColumnElement[bool]:
    """Whether a wave names the member among the nearest whom it did not ask; `ix_wave_considered` finds them."""
    return Wave.considered.bool_op("@>")(literal([member_id], ARRAY(Uuid)))


OWN_ENTRY: ColumnElement[Any] = literal_column("'$[*] ? (@.member_id == $me)'::jsonpath")
"""The element of `Wave.not_chosen` that is about the member `me`."""


class Named(NamedTuple):
    """A wave that names a member among the nearest whom it did not ask, and its entry of them alone."""

    task_id: UUID
    number: int
    at: datetime
    searched_minutes: float
    entry: dict[str, Any]


async def waves_that_name(
    session: AsyncSession, member_id: UUID, task_ids: Collection[UUID], since: datetime | None = None
) -> Sequence[Named]:
    """The waves of tasks that name the member, by number. What they say of others is not read."""
    me = func.jsonb_build_object("me", str(member_id))
    statement = (
        select(
            Wave.task_id,
            Wave.number,
            Wave.created_at,
            Wave.searched_minutes,
            func.jsonb_path_query_first(Wave.not_chosen, OWN_ENTRY, me, type_=Wave.not_chosen.type),
        )
        .where(Wave.task_id.in_(task_ids), names_member(member_id))
        .order_by(Wave.task_id, Wave.number)
    )
    if since is not None:
        statement = statement.where(Wave.created_at >= since)
    return [Named(*row) for row in await session.execute(statement)]


async def tasks_near(
    session: AsyncSession, member_id: UUID, since: datetime, limit: int, after: UUID | None
) -> Sequence[Task]:
    """Up to `limit` + 1 tasks with a wave from `since` on that names the member, newest first, from behind the one
    with the id `after`."""
    # Materialized: the cost follows the waves that name the member, not those of the tasks.
    named = (
        select(Wave.task_id)
        .where(names_member(member_id), Wave.created_at >= since)
        .cte("named")
        .prefix_with("MATERIALIZED")
    )
    near = select(named.c.task_id)
    statement = (
        select(Task)
        .where(Task.id.in_(near))
        .order_by(Task.created_at.desc(), Task.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        last = select(Task.created_at).where(Task.id == after, Task.id.in_(near)).scalar_subquery()
        statement = statement.where(
            (Task.created_at < last) | ((Task.created_at == last) & (Task.id < after))
        )
    return (await session.scalars(statement)).all()


async def offers_to(session: AsyncSession, member_id: UUID, task_id: UUID) -> Sequence[Offer]:
    """The offers of a task to a member, in the order in which they were made."""
    found = await session.scalars(
        select(Offer)
        .where(Offer.task_id == task_id, Offer.member_id == member_id)
        .order_by(Offer.created_at, Offer.id)
    )
    return found.all()
