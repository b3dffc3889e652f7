"""Reading playbooks."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.errors import Invalid
from service.tasks.models import Playbook


async def newest_playbook(session: AsyncSession, category: str) -> Playbook:
    """The playbook in force for a category. Raises Invalid("unknown-category") with those that there are."""
    found = await session.execute(
        select(Playbook).where(Playbook.category == category).order_by(Playbook.version.desc()).limit(1)
    )
    playbook = found.scalar_one_or_none()
    if playbook is None:
        known = await session.scalars(select(Playbook.category).distinct().order_by(Playbook.category))
        raise Invalid("unknown-category", category=category, known=", ".join(known))
    return playbook
