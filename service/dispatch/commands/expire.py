"""What the timers do: an unanswered wave widens, a task that nobody took in time expires."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.ledger import WAVE_DUE
from service.dispatch.commands.plan import plan_wave
from service.dispatch.commands.seek import seek
from service.dispatch.commands.settle import end_offers
from service.dispatch.commands.turn import turn
from service.dispatch.engine.problem import Mode
from service.dispatch.models import Wave
from service.dispatch.queries.board import board, live_engagements, pending_offers
from service.dispatch.queries.ground import Ground
from service.dispatch.queries.playbooks import parameters
from service.dispatch.rules import OfferState, Trigger, pause
from service.events.record import record
from service.tasks.commands.tasks import end_task
from service.tasks.models import Task
from service.tasks.queries.tasks import lock_task
from service.tasks.rules import TaskState
from service.timers.schedule import schedule

TASK_DUE = "task.due"


async def wave_due(session: AsyncSession, ground: Ground, wave_id: UUID, now: datetime) -> None:
    """A wave's time is up: its unanswered offers expire, and while seats are open the search widens."""
    wave = await session.get_one(Wave, wave_id)
    task = await lock_task(session, wave.task_id)
    if not TaskState(task.state).live:
        return
    turned = await turn(session, task, now)
    pending = await pending_offers(session, task.id)
    overdue = [offer for offer in pending if offer.expires_at <= now]
    await end_offers(session, task, overdue, OfferState.EXPIRED, now)
    open_seats = {seat.id for seat in (await board(session, task)).open_seats}
    if task.mode == Mode.NORMAL:
        open_seats -= {offer.seat_id for offer in await pending_offers(session, task.id)}
    if not open_seats:
        return
    if not turned:
        await take_next_step(session, task, wave.step)
    if task.mode == Mode.NORMAL:
        await seek(session, task, Trigger.UNANSWERED, now)
        return
    planned = await plan_wave(
        session, ground, task, Trigger.UNANSWERED, now, unless_empty=wave.offers_until is None
    )
    if planned is None:
        # Nobody new: the wave that found nobody stands, and is tried again.
        again = now + pause((await parameters(session, task)).section)
        await schedule(session, WAVE_DUE, wave.id, again, task.grid_code)


async def take_next_step(session: AsyncSession, task: Task, reached: int) -> bool:
    """Widen by a step of reach, unless that has happened since the step `reached` or there is none: then False."""
    last = len((await parameters(session, task)).section.reach_minutes) - 1
    if task.step != reached or task.step == last:
        return False
    task.step += 1
    return True


async def task_due(session: AsyncSession, ground: Ground, task_id: UUID, now: datetime) -> None:
    """The time by which the task was needed has come: where nobody is engaged it expires, else it goes on."""
    task = await lock_task(session, task_id)
    if task.state != TaskState.OPEN or task.needed_by is None or task.needed_by > now:
        return
    if await live_engagements(session, task.id):
        await record(session, "task.overdue", now, area_code=task.grid_code, task_id=task.id)
        return
    await end_offers(session, task, await pending_offers(session, task.id), OfferState.EXPIRED, now)
    end_task(task, TaskState.EXPIRED, None, now)
    await record(session, "task.expired", now, area_code=task.grid_code, task_id=task.id)
