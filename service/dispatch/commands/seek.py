"""What a worker is woken for: a task's next wave (together with others in normal mode, alone in an emergency), and
the next rung of its ladder; and the mode that decides which.

The task itself says that it waits (`queued_for`), under its lock; the timer only wakes a worker.
"""

from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.dispatch.engine.problem import Mode
from service.dispatch.models import Engagement, Offer
from service.dispatch.queries.playbooks import parameters
from service.dispatch.rules import LIVE, OfferState, Trigger, mode_of, precedence
from service.events.record import record
from service.grids.rules import lineage
from service.tasks.models import Task
from service.tasks.queries.activations import level_at
from service.tasks.rules import Level, Urgency, level_of
from service.timers.schedule import schedule

SEEK_DUE = "task.seek"
"""Of one task in an emergency."""
MATCH_DUE = "city.match"
"""Of all normal tasks that wait. Its subject is new each time: nobody waits for a timer that a worker is doing."""
LADDER_DUE = "task.ladder"
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


async def start_ladder(session: AsyncSession, task: Task) -> None:
    """Set the timer of a task's next rung, counted from when its seats came open (see `escalate`)."""
    ladder = (await parameters(session, task)).playbook.ladder
    if task.rung < len(ladder):
        due = task.open_since + timedelta(minutes=ladder[task.rung]["minutes"])
        await schedule(session, LADDER_DUE, task.id, due, task.grid_code)


async def turn(session: AsyncSession, task: Task, now: datetime) -> bool:
    """Bring a live task, whose lock the caller holds, into the mode and level of its place; True when they changed.

    What was asked stays asked, and holds its people for what the task is now: else it would take them from itself,
    or lose them to a task that turned with it. The new section applies from the next wave on.
    """
    level = level_of(Urgency(task.urgency), await level_at(session, task.grid_code, now))
    before = None if task.level is None else Level(task.level)
    if level == before:
        return False
    was_normal = task.mode == Mode.NORMAL
    task.level, task.mode = level, mode_of(level)
    for held in (
        update(Offer).where(Offer.task_id == task.id, Offer.state == OfferState.PENDING),
        update(Engagement).where(Engagement.task_id == task.id, Engagement.state.in_(LIVE)),
    ):
        await session.execute(held.values(precedence=precedence(task.mode, task.drill)))
    steps = (await parameters(session, task)).section.reach_minutes
    task.step = 0 if was_normal != (task.mode == Mode.NORMAL) else min(task.step, len(steps) - 1)
    if was_normal and task.mode == Mode.EMERGENCY:
        task.open_since = now
        await start_ladder(session, task)
    if task.queued_for is not None and was_normal != (task.mode == Mode.NORMAL):
        # It waits on: now for the other kind of timer.
        trigger, task.queued_for = Trigger(task.queued_for), None
        await seek(session, task, trigger, now)
    await session.flush()
    await record(
        session,
        "task.mode",
        now,
        area_code=task.grid_code,
        task_id=task.id,
        data={"mode": task.mode, "level": level, "from_level": before, "drill": task.drill},
    )
    return True
