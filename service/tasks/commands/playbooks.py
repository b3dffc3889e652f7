"""Writing playbooks: each change is a new version."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.errors import Conflict
from service.events.record import record
from service.tasks.models import Playbook
from service.tasks.queries.playbooks import find_newest


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
    based_on: int | None = None,
) -> Playbook:
    """Store the next version of a category's playbook, in force from now on; running tasks keep theirs.

    `based_on` is the number of the version that was edited, 0 where there was none; None: whichever is the newest.
    Raises Conflict when that is not the newest. Of two at once, one violates the key (category, version); run
    again, it finds the other's.
    """
    found = await find_newest(session, category)
    newest = 0 if found is None else found.version
    if based_on not in (None, newest):
        raise Conflict("playbook-changed", category=category, newest=newest, based_on=based_on)
    playbook = Playbook(
        id=new_id(),
        category=category,
        version=newest + 1,
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
    await record(session, "playbook.changed", now, data={"category": category, "version": playbook.version})
    return playbook
