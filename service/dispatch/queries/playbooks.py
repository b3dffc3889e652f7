"""The parameters by which a task is dispatched."""

from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.engine.problem import Section
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
