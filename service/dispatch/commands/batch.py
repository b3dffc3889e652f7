"""Normal mode: what was collected is matched together, one offer a seat.

A refusal, or an offer whose time was up, waits here too, for the next batch at once.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.dispatch.commands.hold import hold_members, supersede
from service.dispatch.commands.ledger import WAVE_DUE, write_wave
from service.dispatch.commands.plan import MOST_HOLDS, plan_wave
from service.dispatch.commands.reach import Reach, problem_of
from service.dispatch.commands.seek import MATCH_DUE, wake_batch
from service.dispatch.commands.turn import turn
from service.dispatch.engine.assign import group_seats
from service.dispatch.engine.match import is_enough_around, match
from service.dispatch.engine.problem import Mode, Plan, Precedence
from service.dispatch.queries.board import board, last_wave
from service.dispatch.queries.ground import Ground, same_map
from service.dispatch.queries.playbooks import parameters
from service.dispatch.rules import LEAST_PAUSE, Trigger, pause
from service.errors import Again
from service.tasks.models import Task
from service.tasks.queries.tasks import lock_task, lock_tasks, queued_tasks
from service.tasks.rules import TaskState
from service.timers.schedule import schedule, take_along

log = structlog.get_logger()

MOST_TASKS = 60
"""In one batch, the most urgent and then the oldest first; the others follow in the next, at once. Planning one
task takes some tens of milliseconds, and an answer to a task of the batch waits for its end."""
MOST_SEATS = 1000
"""Open ones in one batch, but for a task that has more alone: the solver's prices must fit in 64 bits."""


async def match_due(session: AsyncSession, ground: Ground, subject_id: UUID, now: datetime) -> None:
    """Match all that waits, whether or not it was collected for the whole period."""
    await take_along(session, MATCH_DUE)
    waiting = await queued_tasks(session, Mode.NORMAL, MOST_TASKS + 1)
    tasks = await lock_tasks(session, waiting[:MOST_TASKS])
    batch = []
    for task_id in waiting[:MOST_TASKS]:
        task = tasks[task_id]
        if not TaskState(task.state).live:
            task.queued_for = None
        elif task.queued_for is not None and not await turn(session, task, now) and task.mode == Mode.NORMAL:
            # One that an activation turned before its lock was had waits for a worker, and not for the batch.
            batch.append(task)
    left = await plan_batch(session, ground, batch, now)
    served = not batch or any(task.queued_for is None for task in batch)
    if left or (served and len(waiting) > MOST_TASKS):
        await wake_batch(session, tasks[waiting[0]], now)


async def seek_due(session: AsyncSession, ground: Ground, task_id: UUID, now: datetime) -> None:
    """Plan the wave that a task in an emergency waits for."""
    task = await lock_task(session, task_id)
    if task.queued_for is None or task.mode == Mode.NORMAL:
        return
    trigger, task.queued_for = Trigger(task.queued_for), None
    if TaskState(task.state).live and (await board(session, task)).open_seats:
        await plan_wave(session, ground, task, trigger, now)


async def plan_batch(session: AsyncSession, ground: Ground, tasks: Sequence[Task], now: datetime) -> bool:
    """Plan a wave for each of the tasks, whose locks the caller holds, and commit nothing. True when some of them
    were too much for one batch, and wait on.

    Raises Again when the map changed meanwhile.
    """
    reaches: list[Reach] = []
    seats, left = 0, False
    for task in tasks:
        try:
            reach = await look_around(session, ground, task, now)
        except (DBAPIError, Again):
            raise
        except Exception:
            # One task that cannot be planned must not keep the whole city's from being planned.
            log.exception("task left out of its batch", task_id=str(task.id))
            await wake_batch(session, task, now + LEAST_PAUSE)
            continue
        if reach is None:
            task.queued_for = None
            continue
        seats += len(reach.problem.seats)
        if reaches and seats > MOST_SEATS:
            left = True
            break
        reaches.append(reach)
    plans = await match_and_hold(session, reaches)
    await same_map(session, ground)
    await supersede(session, [offer.member_id for found in plans for offer in found.offers], now)
    batch_id = new_id()
    for reach, found in zip(reaches, plans, strict=True):
        await write(session, reach, found, batch_id, now)
    return left


async def look_around(session: AsyncSession, ground: Ground, task: Task, now: datetime) -> Reach | None:
    """The search for a task's open seats; None where each of them has an offer that is not answered yet."""
    section = (await parameters(session, task)).section
    problem = await problem_of(session, task, section, at_least=0, now=now, zone=ground.zone)
    if {seat.id for seat in problem.seats} <= {offer.seat_id for offer in problem.pending}:
        return None
    reach = Reach.of(task, ground, problem)
    await look(session, reach)
    return reach


async def look(session: AsyncSession, reach: Reach) -> None:
    """Search until there are enough people for each kind of open seats; no step farther than it takes for each
    seat to have one."""
    while not reach.at_the_end:
        await reach.widen(session)
        if is_enough_around(group_seats(reach.problem), at_an_edge=reach.at_an_edge):
            return


async def match_and_hold(session: AsyncSession, reaches: Sequence[Reach]) -> Sequence[Plan]:
    """Match; look farther for seats that stay empty; hold the chosen, and match anew without those who are taken."""
    held: set[UUID] = set()
    holds = 0
    while True:
        plans = match([reach.problem for reach in reaches])
        short = [
            reach
            for reach, found in zip(reaches, plans, strict=True)
            if not found.target_met and not reach.at_the_end
        ]
        if short:
            for reach in short:
                await reach.widen(session)
            continue
        chosen: dict[Precedence, set[UUID]] = {}
        for reach, found in zip(reaches, plans, strict=True):
            chosen.setdefault(reach.problem.precedence, set()).update(
                offer.member_id for offer in found.offers
            )
        everybody = set().union(*chosen.values())
        if everybody <= held:
            return plans
        for precedence, members in chosen.items():
            held |= (await hold_members(session, members - held, precedence)).free
        holds += 1
        lost = everybody - held
        if holds >= MOST_HOLDS:
            lost = {each.member_id for reach in reaches for each in reach.problem.candidates} - held
        for reach in reaches:
            reach.without(lost)


async def write(session: AsyncSession, reach: Reach, found: Plan, batch_id: UUID, now: datetime) -> None:
    """Write a task's wave; when it asks nobody and the last one did not either, that one stands and is tried again."""
    task, section = reach.task, reach.problem.section
    trigger, task.queued_for = Trigger(task.queued_for or Trigger.UNANSWERED), None
    task.step = section.reach_minutes.index(found.reach_minutes)
    last = await last_wave(session, task.id)
    if not found.offers and last is not None and last.offers_until is None:
        await session.flush()
        await schedule(session, WAVE_DUE, last.id, now + pause(section), task.grid_code)
        return
    await write_wave(session, task, found, trigger, now, batch_id=batch_id)
