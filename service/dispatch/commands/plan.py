"""Planning a wave: search outwards, plan, hold the chosen, write the offers and the ledger.

The caller holds the task's lock. Members are locked without waiting (SKIP LOCKED): whoever another
transaction holds at this moment counts as busy, and the plan is made anew without them.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.dispatch.engine.plan import plan
from service.dispatch.engine.problem import Candidate, Mode, PendingOffer, Plan, Problem, Section
from service.dispatch.engine.problem import Seat as OpenSeat
from service.dispatch.engine.travel import Search
from service.dispatch.models import Offer, Wave
from service.dispatch.queries.board import board, next_wave_number, pending_offers
from service.dispatch.queries.candidates import candidates_in
from service.dispatch.queries.ground import Ground
from service.dispatch.rules import OfferState, Trigger, precedence, rings, section_of
from service.events.record import record
from service.grids.graph import Located
from service.tasks.models import Playbook, Task
from service.timers.schedule import schedule

WAVE_DUE = "wave.due"
MOST_HOLDS = 5
"""How often a plan is made anew because somebody chosen was taken meanwhile; after that, with who is left."""
LEAST_PAUSE = timedelta(minutes=1)
"""Before a search that found nobody is made again."""


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
    playbook = await session.get_one(Playbook, task.playbook_id)
    section = section_of(playbook.sections, task.mode)
    problem = await problem_of(session, task, section, at_least=at_least, now=now)
    start = ground.graph.locate(task.lon, task.lat)
    search = Search(ground.graph, start, speed_kmh=section.speed_kmh, road_factor=section.road_factor)
    found = Plan((), section.reach_minutes[task.step], 0.0, 0.0, False, ())
    if problem.seats:
        found = await search_outwards(session, ground, task.id, problem, search, start)
        task.step = section.reach_minutes.index(found.reach_minutes)
    if unless_empty and not found.offers:
        return None
    return await write_wave(session, task, playbook, section, found, trigger, now, by=by)


async def problem_of(
    session: AsyncSession, task: Task, section: Section, *, at_least: int, now: datetime
) -> Problem:
    """What is to be planned for a task: its open seats and what is pending for them; no candidates yet."""
    seats = await board(session, task)
    needs = {seat.id: frozenset(seat.skills) for seat in seats.seats}
    pending = await pending_offers(session, task.id)
    return Problem(
        mode=Mode(task.mode),
        precedence=precedence(task.mode, task.drill),
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
            candidates += await candidates_in(session, ground, grids, task_id, prior, problem.now)
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
    # Everybody is being asked by somebody else just now: ask those who could be held, the timer does the rest.
    problem = without(problem, {each.member_id for each in problem.candidates} - held)
    return plan(problem), problem


def without(problem: Problem, lost: set[UUID]) -> Problem:
    """The same problem with some members held by somebody else."""
    return replace(
        problem,
        candidates=tuple(
            replace(each, held=each.held or problem.precedence) if each.member_id in lost else each
            for each in problem.candidates
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


async def write_wave(
    session: AsyncSession,
    task: Task,
    playbook: Playbook,
    section: Section,
    found: Plan,
    trigger: Trigger,
    now: datetime,
    *,
    by: UUID | None = None,
    overrule_reason: str | None = None,
) -> Wave:
    """Write the wave with its ledger, its offers, the timer that ends it, and what is to be told."""
    until = now + timedelta(minutes=section.answer_minutes) if found.offers else None
    wave = Wave(
        id=new_id(),
        task_id=task.id,
        number=await next_wave_number(session, task.id),
        trigger=trigger,
        mode=task.mode,
        step=task.step,
        playbook_version=playbook.version,
        reach_minutes=found.reach_minutes,
        searched_minutes=found.searched_minutes,
        target_probability=section.target_probability,
        probability=found.probability,
        offers_until=until,
        chosen=[
            {
                "member_id": str(offer.member_id),
                "seat_id": str(offer.seat_id),
                "travel_minutes": whole_minutes(offer.minutes),
                "cost": round(offer.cost, 2),
            }
            for offer in found.offers
        ],
        not_chosen=[
            {
                "member_id": str(each.member_id),
                "travel_minutes": whole_minutes(each.minutes),
                "reason": each.reason,
            }
            for each in found.not_chosen
        ],
        counts=dict(found.counts),
        shortfall=shortfall(found),
        overrule_reason=overrule_reason,
        planned_by=by,
        created_at=now,
    )
    session.add(wave)
    await session.flush()
    if until is not None:
        await write_offers(session, task, wave, found, until, now)
    await schedule(session, WAVE_DUE, wave.id, until or now + max(LEAST_PAUSE, answer_time(section)))
    about: dict[str, Any] = {"wave": wave.number, "trigger": trigger, "reach_minutes": found.reach_minutes}
    about |= {"asked": len(found.offers), "shortfall": wave.shortfall}
    await record(session, "wave.planned", now, area_code=task.grid_code, task_id=task.id, data=about)
    return wave


async def write_offers(
    session: AsyncSession, task: Task, wave: Wave, found: Plan, until: datetime, now: datetime
) -> None:
    """Write the offers of a wave."""
    await session.execute(
        insert(Offer),
        [
            {
                "id": new_id(),
                "task_id": task.id,
                "wave_id": wave.id,
                "seat_id": offer.seat_id,
                "member_id": offer.member_id,
                "precedence": precedence(task.mode, task.drill),
                "state": OfferState.PENDING,
                "travel_minutes": whole_minutes(offer.minutes),
                "acceptance": offer.acceptance,
                "created_at": now,
                "expires_at": until,
            }
            for offer in found.offers
        ],
    )
    await record(
        session,
        "offer.made",
        now,
        area_code=task.grid_code,
        task_id=task.id,
        member_ids=[offer.member_id for offer in found.offers],
        data={"category": task.category, "drill": task.drill, "expires_at": until.isoformat()},
    )


def answer_time(section: Section) -> timedelta:
    """How long an offer stands."""
    return timedelta(minutes=section.answer_minutes)


def whole_minutes(minutes: float) -> int | None:
    """Travel minutes as they are kept and shown: whole, so that they give no position away; None is no way."""
    return None if math.isinf(minutes) else math.ceil(minutes)


def shortfall(found: Plan) -> dict[str, Any] | None:
    """What the wave could not do, where it could not: the seats for which nobody qualifies, and why by count."""
    if found.target_met:
        return None
    return {
        "unfillable_seats": [str(seat_id) for seat_id in found.unfillable_seats],
        "probability": round(found.probability, 4),
    }
