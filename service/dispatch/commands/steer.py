"""A dispatcher's hand on a running task: widen, add or drop seats, change the text, cancel, close."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.expire import TASK_DUE, take_next_step
from service.dispatch.commands.plan import plan_wave
from service.dispatch.commands.seek import seek
from service.dispatch.commands.settle import end_all, settle
from service.dispatch.engine.problem import Mode
from service.dispatch.queries.board import board
from service.dispatch.queries.ground import Ground
from service.dispatch.rules import EngagementState, OfferState, Trigger
from service.errors import Conflict, Invalid, NotFound, Refused
from service.events.record import record
from service.tasks.commands.tasks import SeatGroup, add_seats, drop_seats, end_task
from service.tasks.models import Task
from service.tasks.queries.tasks import lock_task
from service.tasks.rules import COMMUNITY_SEATS, TaskState, Urgency, is_for_the_town
from service.timers.schedule import schedule

Change = dict[str, Any]


async def lock_live(session: AsyncSession, task_id: UUID) -> Task:
    """Lock a task that goes on. Raises NotFound, or Conflict when it has ended."""
    task = await lock_task(session, task_id)
    if not TaskState(task.state).live:
        raise Conflict("task-ended", state=task.state)
    return task


async def widen(session: AsyncSession, ground: Ground, task_id: UUID, *, by: UUID, now: datetime) -> Task:
    """Take the next step of reach now; at the last one, ask whoever has become free. In normal mode with the next
    batch, which is at once.

    Raises Conflict when the task has ended, has no open seat, or there is neither a wider step nor anybody free.
    """
    task = await lock_live(session, task_id)
    if not (await board(session, task)).open_seats:
        raise Conflict("no-open-seat")
    wider = await take_next_step(session, task, task.step)
    if task.mode == Mode.NORMAL:
        await seek(session, task, Trigger.WIDENED, now)
        return task
    wave = await plan_wave(session, ground, task, Trigger.WIDENED, now, by=by, unless_empty=not wider)
    if wave is None:
        raise Conflict("no-wider-reach")
    return task


async def change_text(session: AsyncSession, task_id: UUID, change: Change, *, now: datetime) -> Task:
    """Change title, instructions or needed_by; fields that are not named stay.

    Raises Conflict when the task has ended, Invalid for a time in the past.
    """
    needed_by = change.get("needed_by")
    if needed_by is not None:
        if needed_by <= now:
            raise Invalid("time-in-past", field="needed_by")
        found = await session.get(Task, task_id)
        if found is None:
            raise NotFound("task")
        # The timer before the task, as the worker takes them: the other way round the two may deadlock.
        await schedule(session, TASK_DUE, task_id, needed_by, found.grid_code)
    task = await lock_live(session, task_id)
    for field, value in change.items():
        setattr(task, field, value)
    await session.flush()
    await tell(session, "task.changed", task, now, {"fields": sorted(change)})
    return task


async def change_seats(
    session: AsyncSession,
    ground: Ground,
    task_id: UUID,
    add: Sequence[SeatGroup],
    drop: Collection[UUID],
    *,
    areas: Sequence[str],
    by: UUID,
    now: datetime,
) -> Task:
    """Add seats, which are sought for at once, and drop open ones.

    `areas` are the dispatcher's. Raises Conflict when the task has ended, a seat to drop is taken, or none would be
    left; Invalid for one that is not the task's; Refused where it would grow too large for those areas.
    """
    task = await lock_live(session, task_id)
    seats = await board(session, task)
    if unknown := set(drop) - {seat.id for seat in seats.seats}:
        raise Invalid("unknown-seats", seats=", ".join(sorted(str(seat) for seat in unknown)))
    if taken := set(drop) & seats.filled.keys():
        raise Conflict("seat-taken", seats=", ".join(sorted(str(seat) for seat in taken)))
    if not add and len(set(drop)) == len(seats.seats):
        raise Conflict("no-seat-left")
    after = len(seats.seats) - len(set(drop)) + sum(group.count for group in add)
    if add and is_for_the_town(after, Urgency(task.urgency), areas):
        raise Refused("community-task-too-large", seats=after, most=COMMUNITY_SEATS)
    await drop_seats(session, [seat for seat in seats.seats if seat.id in set(drop)], now)
    await add_seats(session, task.id, add)
    await settle(session, task, now)
    about = {"added": sum(group.count for group in add), "dropped": len(set(drop))}
    await tell(session, "task.seats", task, now, about)
    if add and task.mode == Mode.NORMAL:
        await seek(session, task, Trigger.SEATS_ADDED, now)
    elif add:
        await plan_wave(session, ground, task, Trigger.SEATS_ADDED, now, by=by)
    return task


async def close(session: AsyncSession, task_id: UUID, *, now: datetime) -> Task:
    """The work is done: everybody engaged is released, everybody asked stood down. Repeats are harmless."""
    return await end(
        session,
        task_id,
        TaskState.CLOSED,
        OfferState.STOOD_DOWN,
        EngagementState.RELEASED,
        "closed",
        now,
    )


async def cancel(session: AsyncSession, task_id: UUID, reason: str | None, *, now: datetime) -> Task:
    """The task is off: its offers and engagements are cancelled. Repeats are harmless."""
    return await end(
        session,
        task_id,
        TaskState.CANCELLED,
        OfferState.CANCELLED,
        EngagementState.CANCELLED,
        reason,
        now,
    )


async def end(
    session: AsyncSession,
    task_id: UUID,
    to: TaskState,
    offers_to: OfferState,
    engagements_to: EngagementState,
    reason: str | None,
    now: datetime,
) -> Task:
    """End a task and all that it has under way. Raises NotFound, or Conflict when it ended another way."""
    task = await lock_task(session, task_id)
    if task.state == to:
        return task
    end_task(task, to, reason, now)
    await end_all(session, task, offers_to, engagements_to, reason, now)
    await tell(session, f"task.{to}", task, now, {"reason": reason})
    return task


async def tell(session: AsyncSession, kind: str, task: Task, now: datetime, data: Change) -> None:
    """Record what a dispatcher did."""
    await record(session, kind, now, area_code=task.grid_code, task_id=task.id, data=data)
