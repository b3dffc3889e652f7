"""Having a task's next wave planned by a worker: together with others in normal mode, alone in an emergency.

The task itself says that it waits (`queued_for`), under its lock; the timer only wakes a worker.
"""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.dispatch.engine.problem import Mode
from service.dispatch.rules import Trigger
from service.grids.rules import lineage
from service.tasks.models import Task
from service.timers.schedule import schedule

SEEK_DUE = "task.seek"
"""Of one task in an emergency."""
MATCH_DUE = "city.match"
"""Of all normal tasks that wait. Its subject is new each time: nobody waits for a timer that a worker is doing."""
AT_ONCE = timedelta(0)


async def seek(
    session: AsyncSession, task: Task, trigger: Trigger, now: datetime, wait: timedelta = AT_ONCE
) -> None:
    """Have people sought for the open seats of a task, whose lock the caller holds, `wait` from now.

    The batch is the city's: one worker matches all that waits. An emergency stays in its own area's share.
    """
    waits, task.queued_for = task.queued_for is not None, trigger
    await session.flush()
    if task.mode == Mode.NORMAL:
        await wake_batch(session, task, now + wait)
    elif not waits:
        # One that waits has its timer; setting it again could wait for the worker that does it.
        await schedule(session, SEEK_DUE, task.id, now + wait, task.grid_code)


async def wake_batch(session: AsyncSession, task: Task, due: datetime) -> None:
    """Have the city's batch run at `due`."""
    await schedule(session, MATCH_DUE, new_id(), due, lineage(task.grid_code)[0])
