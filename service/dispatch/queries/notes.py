"""Notes on a task."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.models import Account
from service.tasks.models import Note


async def notes_of(
    session: AsyncSession, task_id: UUID, after: UUID | None, limit: int
) -> Sequence[tuple[Note, str]]:
    """Up to `limit + 1` notes on a task with the name of whoever wrote it, the newest first, from behind the one with
    the id `after`."""
    found = (
        select(Note, Account.display_name)
        .join(Account, Account.id == Note.account_id)
        .where(Note.task_id == task_id)
        .order_by(Note.at.desc(), Note.id.desc())
        .limit(limit + 1)
    )
    if after:
        last = select(Note.at, Note.id).where(Note.id == after, Note.task_id == task_id)
        found = found.where(tuple_(Note.at, Note.id) < last.scalar_subquery())
    return [(note, name) for note, name in await session.execute(found)]
