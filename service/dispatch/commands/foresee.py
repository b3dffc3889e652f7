"""What posting a task would do: it is posted in a savepoint, looked at, and taken back. Nobody is told."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.batch import plan_batch
from service.dispatch.commands.post import post_task
from service.dispatch.engine.problem import Mode
from service.dispatch.queries.ground import Ground
from service.tasks.commands.tasks import NewTask
from service.tasks.models import Task

Shown = TypeVar("Shown")


async def foresee(
    session: AsyncSession,
    ground: Ground,
    new: NewTask,
    show: Callable[[Task], Awaitable[Shown]],
    *,
    by: UUID,
    may_post_at: Callable[[str], None],
    areas: Sequence[str],
    now: datetime,
) -> Shown:
    """What `show` makes of the task with its first wave; it must keep no row. Raises what `post_task` does.

    In normal mode the wave is the one of a batch that has nothing but this task: others may be matched with it.
    """
    trial = await session.begin_nested()
    try:
        story = await post_task(session, ground, new, by=by, may_post_at=may_post_at, areas=areas, now=now)
        task = story.board.task
        if task.mode == Mode.NORMAL:
            await plan_batch(session, ground, [task], now)
        return await show(task)
    finally:
        await trial.rollback()
