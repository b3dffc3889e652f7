"""Posting a task: stored, placed on the map, and its first wave planned in the same transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.escalate import start_ladder
from service.dispatch.commands.expire import TASK_DUE
from service.dispatch.commands.plan import plan_wave
from service.dispatch.commands.seek import seek
from service.dispatch.engine.problem import Mode
from service.dispatch.queries.ground import Ground
from service.dispatch.rules import Trigger, mode_of
from service.errors import Refused
from service.events.record import record
from service.grids.queries.at import grids_at, neighbour_units
from service.tasks.commands.tasks import NewTask, create_task
from service.tasks.models import Task
from service.tasks.queries.activations import level_at
from service.tasks.queries.playbooks import newest_playbook
from service.tasks.rules import COMMUNITY_SEATS, is_for_the_town, level_of, residents_of
from service.timers.schedule import schedule


async def post_task(
    session: AsyncSession,
    ground: Ground,
    new: NewTask,
    *,
    by: UUID,
    may_post_at: Callable[[str], None],
    areas: Sequence[str],
    now: datetime,
) -> Task:
    """Store a task, and plan its first wave; in normal mode it is collected for the next batch.

    `areas` are the dispatcher's: a community's own asks its residents. Raises Invalid for an unknown category or
    skill, a time in the past, or a place outside the map, Refused for a task too large for those areas, and
    whatever `may_post_at` raises for the code of the grid that the place is in.
    """
    playbook = await newest_playbook(session, new.category)
    at = await grids_at(session, new.lon, new.lat)
    may_post_at(at.leaf.code)
    seats = sum(group.count for group in new.seats)
    if is_for_the_town(seats, new.urgency, areas):
        raise Refused("community-task-too-large", seats=seats, most=COMMUNITY_SEATS)
    level = level_of(new.urgency, await level_at(session, at.leaf.code, now))
    task = await create_task(
        session,
        new,
        at=at,
        playbook=playbook,
        neighbour_units=await neighbour_units(session, at),
        mode=mode_of(level),
        level=level,
        residents_of=residents_of(at.leaf.code, new.urgency, areas, residents_only=new.residents_only),
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
        await schedule(session, TASK_DUE, task.id, new.needed_by, task.grid_code)
    if task.mode == Mode.NORMAL:
        await seek(session, task, Trigger.POSTED, now, ground.collecting)
    else:
        await start_ladder(session, task)
        await plan_wave(session, ground, task, Trigger.POSTED, now)
    return task
