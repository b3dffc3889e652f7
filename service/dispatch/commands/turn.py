"""平急: a task in the mode and level of its place."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.escalate import start_ladder
from service.dispatch.commands.seek import seek
from service.dispatch.engine.problem import Mode
from service.dispatch.models import Engagement, Offer
from service.dispatch.queries.playbooks import parameters
from service.dispatch.rules import LIVE, OfferState, Trigger, mode_of, precedence
from service.events.record import record
from service.tasks.models import Task
from service.tasks.queries.activations import level_at
from service.tasks.rules import Level, Urgency, level_of


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
