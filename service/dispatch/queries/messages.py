"""Messages to those who are engaged in a task."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.models import Account
from service.dispatch.models import Engagement
from service.tasks.models import Message


async def was_engaged(session: AsyncSession, task_id: UUID, member_id: UUID) -> bool:
    """Whether a member is or was engaged in a task."""
    found = select(Engagement.id).where(Engagement.task_id == task_id, Engagement.member_id == member_id)
    return await session.scalar(found.limit(1)) is not None


async def messages_of(
    session: AsyncSession, task_id: UUID, after: UUID | None, limit: int
) -> Sequence[tuple[Message, str]]:
    """Up to `limit + 1` messages of a task with the name of whoever sent it, the newest first, from behind the one
    with the id `after`."""
    found = (
        select(Message, Account.display_name)
        .join(Account, Account.id == Message.account_id)
        .where(Message.task_id == task_id)
        .order_by(Message.at.desc(), Message.id.desc())
        .limit(limit + 1)
    )
    if after:
        last = select(Message.at, Message.id).where(Message.id == after, Message.task_id == task_id)
        found = found.where(tuple_(Message.at, Message.id) < last.scalar_subquery())
    return [(message, name) for message, name in await session.execute(found)]
