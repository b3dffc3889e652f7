"""Writing playbooks: each change is a new version."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.tasks.models import Playbook


async def add_playbook(
    session: AsyncSession,
    category: str,
    *,
    name_zh: str,
    name_en: str,
    sections: dict[str, Any],
    levels: dict[str, Any],
    ladder: list[dict[str, Any]],
    guidance: dict[str, str],
    now: datetime,
    by: UUID | None = None,
) -> Playbook:
    """Store the next version of a category's playbook; running tasks keep theirs."""
    newest = await session.scalar(select(func.max(Playbook.version)).where(Playbook.category == category))
    playbook = Playbook(
        id=new_id(),
        category=category,
        version=(newest or 0) + 1,
        name_zh=name_zh,
        name_en=name_en,
        sections=sections,
        levels=levels,
        ladder=ladder,
        guidance=guidance,
        created_at=now,
        created_by=by,
    )
    session.add(playbook)
    await session.flush()
    return playbook
