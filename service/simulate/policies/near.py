"""What the policies that simply ask the nearest share: the service's rules on who may be asked, one person once."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from service.dispatch.engine.cost import cost
from service.dispatch.engine.eligibility import first_reason
from service.dispatch.engine.problem import Candidate, PlannedOffer, Problem, Seat
from service.simulate.parts import Task
from service.simulate.ways import NEAR_MINUTES
from service.simulate.world import World

TOGETHER = 16
"""So many members are looked at together: mostly the first few are enough."""
RETRY_S = 60.0
"""How long a policy that found nobody to ask waits."""


def nearest(world: World, task: Task) -> Iterator[tuple[Candidate, Problem]]:
    """Those who may be asked for any of a task's open seats, by travel minutes, as far as the playbook's reach goes."""
    section = world.section(task)
    farthest = section.reach_minutes[-1]
    searched = -1.0
    for within in sorted({min(NEAR_MINUTES, farthest), farthest}):
        minutes = world.luck.ways.minutes(task.need, world.now, section, within)
        yield from _eligible(world, task, (searched < minutes) & (minutes <= within), minutes, minutes)
        searched = within


def within_metres(world: World, task: Task, most: float) -> Iterator[tuple[Candidate, Problem]]:
    """Those who may be asked for any of a task's open seats, by straight metres up to `most`."""
    section = world.section(task)
    farthest = section.reach_minutes[-1]
    metres = world.luck.ways.metres(task.need, world.now)
    around = metres <= most
    minutes = world.luck.ways.minutes(task.need, world.now, section, min(NEAR_MINUTES, farthest))
    if np.any(around & (minutes > NEAR_MINUTES) & np.isfinite(minutes)):
        minutes = world.luck.ways.minutes(task.need, world.now, section, farthest)
    yield from _eligible(world, task, around & (minutes <= farthest), minutes, metres)


def _eligible(
    world: World,
    task: Task,
    around: NDArray[np.bool_],
    minutes: NDArray[np.float64],
    order: NDArray[np.float64],
) -> Iterator[tuple[Candidate, Problem]]:
    section = world.section(task)
    members = np.flatnonzero(around & world.crowd.may_be_asked(world.now, task.precedence, section))
    if len(members) == 0:
        return
    members = members[np.argsort(order[members], kind="stable")]
    known = {world.crowd.ids[member]: float(minutes[member]) for member in members.tolist()}
    problem = replace(
        world.problem(task),
        step=len(section.reach_minutes) - 1,
        searched_minutes=section.reach_minutes[-1],
        minutes=known,
    )
    needs = {seat.skills for seat in problem.seats}
    for first in range(0, len(members), TOGETHER):
        some = members[first : first + TOGETHER].tolist()
        for candidate in world.crowd.candidates(some, world.now, section, task):
            if any(first_reason(candidate, skills, problem) is None for skills in needs):
                yield candidate, problem


def offers_for(
    people: Iterator[tuple[Candidate, Problem]],
    seats: tuple[Seat, ...],
    wanted: Callable[[Seat], int],
    most: int,
) -> list[PlannedOffer]:
    """Name a seat to each of the people in turn, the most demanding first that they qualify for and that wants
    somebody, until `most` are asked or every seat has as many as are `wanted`."""
    asked: Counter[object] = Counter()
    short = {seat.id for seat in seats if wanted(seat) > 0}
    order = sorted(seats, key=lambda seat: (-len(seat.skills), seat.number))
    made: list[PlannedOffer] = []
    while short and len(made) < most:
        found = next(people, None)
        if found is None:
            break
        candidate, problem = found
        fitting = [
            seat
            for seat in order
            if seat.id in short and first_reason(candidate, seat.skills, problem) is None
        ]
        if not fitting:
            continue
        seat = min(fitting, key=lambda seat: (asked[seat.id], order.index(seat)))
        asked[seat.id] += 1
        if asked[seat.id] >= wanted(seat):
            short.discard(seat.id)
        made.append(
            PlannedOffer(
                member_id=candidate.member_id,
                seat_id=seat.id,
                minutes=problem.minutes[candidate.member_id],
                cost=cost(candidate, problem),
                acceptance=candidate.acceptance,
                source=candidate.place.source,
            )
        )
    return made
