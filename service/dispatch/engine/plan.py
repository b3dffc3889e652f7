"""One planning step: a frozen problem in, a frozen plan out. Pure and deterministic."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from uuid import UUID

from service.dispatch.engine.assign import Group, assign, group_seats, skill_sets
from service.dispatch.engine.cost import rank
from service.dispatch.engine.detail import detail
from service.dispatch.engine.eligibility import Skills, closest_reason, first_reason, standing
from service.dispatch.engine.probability import all_filled, reaches
from service.dispatch.engine.problem import (
    Candidate,
    Cause,
    Mode,
    NotChosen,
    Plan,
    PlannedOffer,
    Problem,
    Reason,
)

LISTED = 50
"""How many of those who were not asked the ledger names."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """Whom a planning step asks, without why nobody else: enough to see whether to look farther."""

    groups: Sequence[Group]
    offers: Sequence[PlannedOffer]
    probability: float
    target_met: bool


def plan(problem: Problem) -> Plan:
    """Choose whom to ask at this step of reach, and say of everybody else why not.

    Members farther than `searched_minutes` are never asked, because nearer ones may be unknown, and never
    counted: the offers and the counts add up to the candidates within it. They may be among the nearest not
    chosen; where the travel search was bounded, their minutes are lower bounds.
    """
    return explain(problem, sketch(problem))


def sketch(problem: Problem) -> Sketch:
    """Choose whom to ask at this step of reach."""
    groups = group_seats(problem)
    offers = assign(problem, groups)
    reached = _probability(groups, offers)
    return Sketch(groups, offers, reached, _is_target_met(problem, offers, reached))


def explain(problem: Problem, chosen: Sketch) -> Plan:
    """The whole plan of a sketch of the same problem."""
    return assemble(problem, chosen.groups, chosen.offers)


def is_enough(found: Sketch, problem: Problem) -> bool:
    """Whether a sketch needs no wider search."""
    return found.target_met and len(found.offers) >= problem.at_least


def assemble(
    problem: Problem,
    groups: Sequence[Group],
    offers: Sequence[PlannedOffer],
    elsewhere: frozenset[UUID] = frozenset(),
) -> Plan:
    """The whole plan, once it is known whom to ask: why nobody else, how many of them, and what it comes to.

    `groups` are those of `assign.group_seats`; `elsewhere` are the members whom the same batch asks for other
    tasks. In an emergency the target is met when all seats fill with the section's probability; in normal mode,
    where one person a seat is asked, when every open seat has an offer.
    """
    asked = {offer.member_id for offer in offers}
    rest = [candidate for candidate in problem.candidates if candidate.member_id not in asked]
    within = _within(rest, problem)
    needs = skill_sets(problem.seats)
    eligible = {candidate.member_id for group in groups for candidate in group.qualified}

    known: dict[UUID, Reason] = {}

    def reason_of(candidate: Candidate) -> Reason:
        found = known.get(candidate.member_id)
        if found is None:
            found = known[candidate.member_id] = find_reason(candidate)
        return found

    def find_reason(candidate: Candidate) -> Reason:
        # The groups know already who is eligible, and for them every rule would have to be tested.
        reason = None if candidate.member_id in eligible else closest_reason(candidate, needs, problem)
        return reason or (Reason.MATCHED_ELSEWHERE if candidate.member_id in elsewhere else Reason.NOT_NEEDED)

    found = Counter(reason_of(candidate) for candidate in within)
    reached = _probability(groups, offers)
    return Plan(
        offers=tuple(offers),
        reach_minutes=problem.reach_minutes,
        searched_minutes=problem.searched_minutes,
        probability=reached,
        target_met=_is_target_met(problem, offers, reached),
        not_chosen=tuple(
            _not_chosen(each, reason_of(each), needs, problem) for each in _nearest(rest, problem)
        ),
        counts={reason: found[reason] for reason in Reason if found[reason] > 0},
        causes=tuple(_causes(problem, groups, elsewhere - asked)),
    )


def _within(candidates: Iterable[Candidate], problem: Problem) -> list[Candidate]:
    return [each for each in candidates if problem.minutes[each.member_id] <= problem.searched_minutes]


def _nearest(candidates: Sequence[Candidate], problem: Problem) -> list[Candidate]:
    """The first `LISTED` of them by minutes, then by rank. Only those who may be among them are ranked."""
    minutes = problem.minutes
    edge = max(nsmallest(LISTED, (minutes[each.member_id] for each in candidates)), default=math.inf)
    near = [each for each in candidates if minutes[each.member_id] <= edge]
    near.sort(key=lambda each: (minutes[each.member_id], rank(each, problem)))
    return near[:LISTED]


def _not_chosen(candidate: Candidate, reason: Reason, needs: Iterable[Skills], problem: Problem) -> NotChosen:
    kept_from = [skills for skills in needs if first_reason(candidate, skills, problem) is reason]
    return NotChosen(
        member_id=candidate.member_id,
        minutes=problem.minutes[candidate.member_id],
        reason=reason,
        source=candidate.place.source,
        detail=detail(candidate, reason, kept_from, problem),
    )


def _probability(groups: Iterable[Group], offers: Iterable[PlannedOffer]) -> float:
    """That all open seats fill, given what is pending and what is planned (a lower bound)."""
    planned: dict[UUID, list[float]] = defaultdict(list)
    for offer in offers:
        planned[offer.seat_id].append(offer.acceptance)
    return all_filled(
        (len(group.seats), [*group.pending, *(p for seat in group.seats for p in planned[seat.id])])
        for group in groups
    )


def _is_target_met(problem: Problem, offers: Iterable[PlannedOffer], reached: float) -> bool:
    if problem.mode is Mode.NORMAL:
        offered = {offer.seat_id for offer in problem.pending} | {offer.seat_id for offer in offers}
        return all(seat.id in offered for seat in problem.seats)
    return reaches(reached, problem.section.target_probability)


def _causes(problem: Problem, groups: Iterable[Group], elsewhere: frozenset[UUID]) -> Iterator[Cause]:
    """The seats for which there are not people enough, and what keeps those who come closest to them."""
    for group in groups:
        free = [candidate for candidate in group.qualified if candidate.member_id not in elsewhere]
        short = len(group.seats) - len(group.pending) - len(free)
        if short <= 0:
            continue
        seats = tuple(seat.id for seat in group.seats[-short:])
        if len(free) < len(group.qualified):
            people = len(group.qualified) - len(free)
            yield Cause(group.skills, seats, Reason.MATCHED_ELSEWHERE, people)
            continue
        found = Counter(
            reason
            for candidate in _within(problem.candidates, problem)
            if (reason := first_reason(candidate, group.skills, problem)) is not None
        )
        reason = max(found, key=standing, default=None)
        yield Cause(group.skills, seats, reason, 0 if reason is None else found[reason])
