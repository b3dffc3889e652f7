"""The parameters by which tasks are dispatched, and were."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.engine.problem import Section
from service.dispatch.models import Wave
from service.dispatch.rules import section_of
from service.tasks.models import Playbook, Task
from service.tasks.rules import Level


class Parameters(NamedTuple):
    """A task's playbook, and its section at the task's level."""

    playbook: Playbook
    section: Section


async def parameters(session: AsyncSession, task: Task) -> Parameters:
    """The playbook version that the task was posted with, and what it says for the task's level of now."""
    playbook = await session.get_one(Playbook, task.playbook_id)
    level = None if task.level is None else Level(task.level)
    return Parameters(playbook, section_of(playbook.sections, playbook.levels, level))


class PostedTask(NamedTuple):
    """A task, and the level at which its first wave was planned; None is normal mode."""

    task: Task
    level: Level | None


class Posted(NamedTuple):
    """How many tasks were posted, and the newest of them."""

    total: int
    newest: Sequence[PostedTask]


async def posted_since(
    session: AsyncSession, category: str, since: datetime, until: datetime, most: int
) -> Posted:
    """The tasks of a category posted from `since` to `until`, drills left out: their number, and up to `most` of
    them, newest first."""
    meant = (Task.category == category, Task.created_at.between(since, until), Task.drill.is_(False))
    total = await session.scalar(select(func.count()).select_from(Task).where(*meant))
    rows = await session.execute(
        select(Task, Wave.id, Wave.level)
        .outerjoin(Wave, (Wave.task_id == Task.id) & (Wave.number == 1))
        .where(*meant)
        .order_by(Task.created_at.desc(), Task.id.desc())
        .limit(most)
    )
    newest = []
    for task, wave_id, wave_level in rows:
        level = task.level if wave_id is None else wave_level
        newest.append(PostedTask(task, None if level is None else Level(level)))
    return Posted(total or 0, newest)
