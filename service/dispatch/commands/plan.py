"""Planning a wave: search outwards, plan, and hold the chosen until the commit.

The caller holds the task's lock. Members are locked without waiting (SKIP LOCKED): whoever another
transaction holds at this moment counts as busy, and the plan is made anew without them.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.ledger import write_wave
from service.dispatch.engine.plan import plan
from service.dispatch.engine.problem import Candidate, Mode, PendingOffer, Plan, Problem, Section
from service.dispatch.engine.problem import Seat as OpenSeat
from service.dispatch.engine.travel import Search
from service.dispatch.models import Wave
from service.dispatch.queries.board import board, pending_offers
from service.dispatch.queries.candidates import candidates_in
from service.dispatch.queries.ground import Ground
from service.dispatch.queries.playbooks import parameters
from service.dispatch.rules import Trigger, in_office_hours, precedence, rings
from service.grids.graph import Located
from service.tasks.models import Task
from service.tasks.rules import Urgency

MOST_HOLDS = 5
"""How often a plan is made anew because somebody chosen was taken meanwhile; after that, with who is left."""


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
    """Plan the next wave of a task from its step of reach on, and commit nothing.

    Asks as many as the playbook's target wants, at least `at_least` where anybody qualifies. Where the reach of
    a step does not suffice the next step is taken at once; `task.step` says how far it went. With
    `unless_empty`, a wave that would ask nobody is not written: None.
    """
    section = (await parameters(session, task)).section
    problem = await problem_of(session, task, section, at_least=at_least, now=now, zone=ground.zone)
    start = ground.graph.locate(task.lon, task.lat)
    search = Search(ground.graph, start, speed_kmh=section.speed_kmh, road_factor=section.road_factor)
    found = Plan((), section.reach_minutes[task.step], 0.0, 0.0, False, ())
    if problem.seats:
        found = await search_outwards(session, ground, task.id, problem, search, start)
        task.step = section.reach_minutes.index(found.reach_minutes)
    if unless_empty and not found.offers:
        return None
    return await write_wave(session, task, found, trigger, now, by=by)


async def problem_of(
    session: AsyncSession, task: Task, section: Section, *, at_least: int, now: datetime, zone: ZoneInfo
) -> Problem:
    """What is to be planned for a task: its open seats and what is pending for them; no candidates yet."""
    seats = await board(session, task)
    needs = {seat.id: frozenset(seat.skills) for seat in seats.seats}
    pending = await pending_offers(session, task.id)
    return Problem(
        mode=Mode(task.mode),
        precedence=precedence(task.mode, task.drill),
        urgency=Urgency(task.urgency),
        category=task.category,
        area_code=task.grid_code,
        section=section,
        step=task.step,
        seats=tuple(OpenSeat(seat.id, seat.number, needs[seat.id]) for seat in seats.open_seats),
        pending=tuple(
            PendingOffer(offer.seat_id, offer.acceptance, needs.get(offer.seat_id, frozenset()))
            for offer in pending
        ),
        candidates=(),
        minutes={},
        searched_minutes=0.0,
        responsible_units=frozenset(task.responsible_units),
        neighbour_units=frozenset(task.neighbour_units),
        residents_of=task.residents_of,
        office_hours=in_office_hours(now, zone),
        now=now,
        seed=task.id.int & 0xFFFFFFFF,
        at_least=at_least,
    )


async def search_outwards(
    session: AsyncSession, ground: Ground, task_id: UUID, problem: Problem, search: Search, start: Located
) -> Plan:
    """Look ring by ring until the target is met, and hold whom the plan asks; a last resort is the last ring's plan."""
    candidates: list[Candidate] = []
    reached_m = 0.0
    ring = list(rings(problem.section.reach_minutes, problem.step))
    found = plan(problem)
    for step, minutes in ring:
        metres = search.metres_within(minutes)
        grids = ground.graph.leaves_between(start.x, start.y, reached_m, metres)
        reached_m = metres
        if grids:
            prior = problem.section.acceptance_prior
            found_here = await candidates_in(session, ground, grids, task_id, prior, problem.now)
            # Somebody who moves outwards while the rings are read is met twice.
            known = {candidate.member_id for candidate in candidates}
            candidates += [each for each in found_here if each.member_id not in known]
        problem = replace(
            problem,
            step=step,
            candidates=tuple(candidates),
            minutes=travel_minutes(ground, search, candidates, minutes),
            searched_minutes=minutes,
        )
        found = plan(problem)
        last = (step, minutes) == ring[-1]
        if last or is_enough(found, problem):
            found, problem = await hold(session, found, problem)
            candidates = list(problem.candidates)
            if is_enough(found, problem):
                break
    return found


def is_enough(found: Plan, problem: Problem) -> bool:
    """Whether a plan needs no wider search."""
    return found.target_met and len(found.offers) >= problem.at_least


def travel_minutes(
    ground: Ground, search: Search, candidates: Sequence[Candidate], within: float
) -> dict[UUID, float]:
    """Travel minutes by member: exact within the bound, beyond it a lower bound, infinite where there is no way."""
    if not candidates:
        return {}
    points = ground.graph.points(
        [candidate.place.lon for candidate in candidates],
        [candidate.place.lat for candidate in candidates],
        [candidate.place.grid_id for candidate in candidates],
    )
    minutes = search.minutes(points, within)
    return {candidate.member_id: float(each) for candidate, each in zip(candidates, minutes, strict=True)}


async def hold(session: AsyncSession, found: Plan, problem: Problem) -> tuple[Plan, Problem]:
    """Lock those whom the plan asks; plan anew without those who are taken, until all are held."""
    held: set[UUID] = set()
    for _ in range(MOST_HOLDS):
        chosen = {offer.member_id for offer in found.offers}
        if chosen <= held:
            return found, problem
        free = await lock_free_members(session, chosen - held)
        held |= free
        lost = chosen - held
        if not lost:
            return found, problem
        problem = without(problem, lost)
        found = plan(problem)
    # Everybody near is being asked by somebody else just now: ask those who could be held, and look farther out.
    problem = without(problem, {each.member_id for each in problem.candidates} - held)
    return plan(problem), problem


def without(problem: Problem, lost: set[UUID]) -> Problem:
    """The same problem with some members held by somebody else."""
    return replace(
        problem,
        candidates=tuple(
            replace(each, taken=True) if each.member_id in lost else each for each in problem.candidates
        ),
    )


async def lock_free_members(session: AsyncSession, members: set[UUID]) -> set[UUID]:
    """Lock those of the members whom nobody else holds, in the order of their ids, and say who is still free."""
    ids = bindparam("members", sorted(members), ARRAY(Uuid))
    locked = await session.scalars(
        text(
            "SELECT id FROM member WHERE id = ANY(:members) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
        ).bindparams(ids)
    )
    mine = set(locked)
    # A second statement: it sees what was committed before the locks were ours.
    busy = await session.scalars(
        text(
            "SELECT member_id FROM offer WHERE member_id = ANY(:members) AND state = 'pending'"
            " UNION SELECT member_id FROM engagement WHERE member_id = ANY(:members)"
            " AND state IN ('accepted', 'en_route', 'on_scene')"
        ).bindparams(ids)
    )
    return mine - set(busy)
