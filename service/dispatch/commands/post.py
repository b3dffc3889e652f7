"""Posting a task: stored, placed on the map, and its first wave planned in the same transaction."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.expire import TASK_DUE
from service.dispatch.commands.plan import plan_wave
from service.dispatch.engine.problem import Mode
from service.dispatch.queries.ground import Ground
from service.dispatch.rules import Trigger
from service.events.record import record
from service.grids.queries import grids_at
from service.tasks.commands import NewTask, create_task
from service.tasks.models import Task
from service.tasks.queries import newest_playbook
from service.tasks.rules import is_emergency
from service.timers.schedule import schedule


async def post_task(
    session: AsyncSession,
    ground: Ground,
    new: NewTask,
    *,
    by: UUID,
    may_post_at: Callable[[str], None],
    now: datetime,
) -> Task:
    """Store a task and plan its first wave.

    Raises Invalid for an unknown category or skill, a time in the past, or a place outside the map, and whatever
    `may_post_at` raises for the code of the grid that the place is in.
    """
    playbook = await newest_playbook(session, new.category)
    at = await grids_at(session, new.lon, new.lat)
    may_post_at(at.leaf.code)
    emergency = is_emergency(new.urgency, area_in_emergency=False)
    task = await create_task(
        session,
        new,
        at=at,
        playbook=playbook,
        mode=Mode.EMERGENCY if emergency else Mode.NORMAL,
        by=by,
        now=now,
    )
    await record(
        session,
        "task.posted",
        now,
        area_code=task.grid_code,
        unit_codes=task.responsible_units,
        task_id=task.id,
        data={"category": task.category, "urgency": task.urgency, "mode": task.mode, "drill": task.drill},
    )
    if new.needed_by is not None:
        await schedule(session, TASK_DUE, task.id, new.needed_by)
    await plan_wave(session, ground, task, Trigger.POSTED, now)
    return task
