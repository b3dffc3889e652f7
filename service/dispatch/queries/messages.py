"""What is written about a task: messages to those who are engaged in it, and notes."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.models import Account
from service.dispatch.models import Engagement
from service.tasks.models import Message, Note

Written = TypeVar("Written", Message, Note)


async def was_engaged(session: AsyncSession, task_id: UUID, member_id: UUID) -> bool:
    """Whether a member is or was engaged in a task."""
    found = select(Engagement.id).where(Engagement.task_id == task_id, Engagement.member_id == member_id)
    return await session.scalar(found.limit(1)) is not None


async def written(
    session: AsyncSession, of: type[Written], task_id: UUID, after: UUID | None, limit: int
) -> Sequence[tuple[Written, str]]:
    """Up to `limit + 1` messages or notes of a task with the name of whoever wrote each, the newest first, from behind
    the one with the id `after`."""
    found = (
        select(of, Account.display_name)
        .join(Account, Account.id == of.account_id)
        .where(of.task_id == task_id)
        .order_by(of.at.desc(), of.id.desc())
        .limit(limit + 1)
    )
    if after:
        last = select(of.at, of.id).where(of.id == after, of.task_id == task_id)
        found = found.where(tuple_(of.at, of.id) < last.scalar_subquery())
    return [(each, name) for each, name in await session.execute(found)]
