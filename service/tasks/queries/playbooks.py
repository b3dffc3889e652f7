"""Reading playbooks."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from service.errors import Invalid, NotFound
from service.tasks.models import Playbook


async def find_newest(session: AsyncSession, category: str) -> Playbook | None:
    """The playbook in force for a category, if it has one."""
    found = await session.scalars(
        select(Playbook).where(Playbook.category == category).order_by(Playbook.version.desc()).limit(1)
    )
    return found.one_or_none()


async def newest_playbook(session: AsyncSession, category: str) -> Playbook:
    """The playbook in force for a category. Raises Invalid("unknown-category") with those that there are."""
    playbook = await find_newest(session, category)
    if playbook is None:
        known = await session.scalars(select(Playbook.category).distinct().order_by(Playbook.category))
        raise Invalid("unknown-category", category=category, known=", ".join(known))
    return playbook


async def newest_playbooks(session: AsyncSession) -> Sequence[Playbook]:
    """The playbook in force for each category, by category."""
    found = await session.scalars(
        select(Playbook)
        .ext(distinct_on(Playbook.category))
        .order_by(Playbook.category, Playbook.version.desc())
    )
    return found.all()


async def playbook_version(session: AsyncSession, category: str, version: int | None = None) -> Playbook:
    """One version of a category's playbook; without a number the one in force. Raises NotFound."""
    if version is None:
        playbook = await find_newest(session, category)
    else:
        wanted = select(Playbook).where(Playbook.category == category, Playbook.version == version)
        playbook = (await session.scalars(wanted)).one_or_none()
    if playbook is None:
        raise NotFound("playbook")
    return playbook


async def playbook_versions(
    session: AsyncSession, category: str, limit: int, after: UUID | None
) -> Sequence[Playbook]:
    """Up to `limit` + 1 versions of a category's playbook, newest first, from behind the one with the id `after`."""
    statement = select(Playbook).where(Playbook.category == category).order_by(Playbook.version.desc())
    if after is not None:
        last = select(Playbook.version).where(Playbook.id == after, Playbook.category == category)
        statement = statement.where(Playbook.version < last.scalar_subquery())
    return (await session.scalars(statement.limit(limit + 1))).all()
