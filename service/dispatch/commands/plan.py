"""Planning a wave in an emergency: search outwards, plan, and hold the chosen until the commit.

The caller holds the task's lock.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.dispatch.commands.hold import hold_members, supersede
from service.dispatch.commands.ledger import Written, write_wave
from service.dispatch.commands.reach import Reach, problem_of, problem_on
from service.dispatch.commands.seek import seek
from service.dispatch.engine.plan import Sketch, explain, is_enough, sketch
from service.dispatch.engine.problem import Mode, Plan, Problem
from service.dispatch.models import Wave
from service.dispatch.queries.board import Board
from service.dispatch.queries.ground import Ground, same_map
from service.dispatch.queries.playbooks import parameters
from service.dispatch.rules import Trigger
from service.tasks.models import Task

MOST_HOLDS = 5
"""How often a plan is made anew because somebody chosen was taken meanwhile; after that, with who is left."""


async def next_wave(
    session: AsyncSession, ground: Ground, task: Task, trigger: Trigger, now: datetime
) -> None:
    """Have the next best asked for a task that lost somebody: at once in an emergency, else with the next batch."""
    if task.mode == Mode.NORMAL:
        await seek(session, task, trigger, now)
    else:
        await plan_wave(session, ground, task, trigger, now, at_least=1)


async def plan_wave(
    session: AsyncSession,
    ground: Ground,
    task: Task,
    trigger: Trigger,
    now: datetime,
    *,
    at_least: int = 0,
    by: UUID | None = None,
    unless_empty: bool = False,
) -> Wave | None:
    """Plan the next wave of a task in emergency mode from its step of reach on, and commit nothing.

    Asks as many as the playbook's target wants, at least `at_least` where anybody qualifies. Where the reach of
    a step does not suffice the next step is taken at once; `task.step` says how far it went. With
    `unless_empty`, a wave that would ask nobody is not written: None. Raises Again when the map changed meanwhile.
    """
    task.queued_for = None
    section = (await parameters(session, task)).section
    problem = await problem_of(session, task, section, at_least=at_least, now=now, zone=ground.zone)
    found = await search(session, ground, task, problem)
    if unless_empty and not found.plan.offers:
        return None
    await supersede(session, found.lower, now)
    return (await write_wave(session, task, found.plan, trigger, now, by=by)).wave


async def plan_first_wave(
    session: AsyncSession, ground: Ground, seats: Board, trigger: Trigger, now: datetime, along: driver.Rows
) -> Written:
    """The same for a task that has just been made, of which nothing need be read: these are its seats, all open.

    `along` are its rows that have not been written yet.
    """
    task = seats.task
    section = (await parameters(session, task)).section
    problem = problem_on(seats, (), section, at_least=0, now=now, zone=ground.zone)
    found = await search(session, ground, task, problem)
    await supersede(session, found.lower, now)
    return await write_wave(session, task, found.plan, trigger, now, along=along)


class Found(NamedTuple):
    """A plan whose people are held."""

    plan: Plan
    lower: set[UUID]
    """Those of them whose pending offers are to be superseded."""


async def search(session: AsyncSession, ground: Ground, task: Task, problem: Problem) -> Found:
    """Search for the open seats of a problem, if it has any. Raises Again when the map changed meanwhile."""
    found = Found(Plan((), problem.reach_minutes, 0.0, 0.0, False, ()), set())
    if problem.seats:
        found = await search_outwards(session, Reach.of(task, ground, problem))
        task.step = problem.section.reach_minutes.index(found.plan.reach_minutes)
    await same_map(session, ground)
    return found


async def search_outwards(session: AsyncSession, reach: Reach) -> Found:
    """Look ring by ring until the target is met, and hold whom the plan asks; a last resort is the last ring's plan."""
    while True:
        await reach.widen(session)
        found = sketch(reach.problem)
        if reach.at_the_end or is_enough(found, reach.problem):
            found, lower = await hold(session, found, reach)
            if reach.at_the_end or is_enough(found, reach.problem):
                return Found(explain(reach.problem, found), lower)


async def hold(session: AsyncSession, found: Sketch, reach: Reach) -> tuple[Sketch, set[UUID]]:
    """Lock those whom the plan asks; plan anew without those who are taken, until all are held. Gives also those of
    them whose pending offers are to be superseded."""
    held: set[UUID] = set()
    lower: set[UUID] = set()
    for _ in range(MOST_HOLDS):
        chosen = {offer.member_id for offer in found.offers}
        if not chosen <= held:
            more = await hold_members(session, chosen - held, reach.problem.precedence)
            held |= more.free
            lower |= more.lower
        if chosen <= held:
            return found, lower & chosen
        reach.without(chosen - held)
        found = sketch(reach.problem)
    # Everybody near is being asked by somebody else just now: ask those who could be held, and look farther out.
    reach.without({each.member_id for each in reach.problem.candidates} - held)
    found = sketch(reach.problem)
    return found, lower & {offer.member_id for offer in found.offers}
