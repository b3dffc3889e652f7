"""One planning step: a frozen problem in, a frozen plan out. Pure and deterministic."""

from collections import Counter
from collections.abc import Sequence

from service.dispatch.engine.assign import Group, assign, group_seats, probability, skill_sets
from service.dispatch.engine.cost import rank
from service.dispatch.engine.eligibility import closest_reason
from service.dispatch.engine.probability import reaches
from service.dispatch.engine.problem import Cause, Mode, NotChosen, Plan, PlannedOffer, Problem, Reason

LISTED = 50
"""How many of those who were not asked the ledger names."""


def plan(problem: Problem) -> Plan:
    """Choose whom to ask at this step of reach, and say of everybody else why not.

    Members farther than `searched_minutes` are never asked, because nearer ones may be unknown, and never
    counted: the offers and the counts add up to the candidates within it. They may be among the nearest not
    chosen; where the travel search was bounded, their minutes are lower bounds.

    The target is met when all seats fill with the section's probability; where the section asks one person a
    seat and waits, when every open seat has an offer.
    """
    groups = group_seats(problem)
    offers = assign(problem, groups)
    not_asked = _not_asked(problem, offers)
    reached = probability(groups)
    return Plan(
        offers=tuple(offers),
        reach_minutes=problem.reach_minutes,
        searched_minutes=problem.searched_minutes,
        probability=reached,
        target_met=_target_met(problem, offers, reached),
        not_chosen=tuple(not_asked[:LISTED]),
        counts=_counts(problem, not_asked),
        causes=_causes(groups),
    )


def _not_asked(problem: Problem, offers: Sequence[PlannedOffer]) -> list[NotChosen]:
    """Everybody who is not asked, nearest first."""
    asked = {offer.member_id for offer in offers}
    needs = skill_sets(problem.seats)
    rest = [candidate for candidate in problem.candidates if candidate.member_id not in asked]
    rest.sort(key=lambda candidate: (problem.minutes[candidate.member_id], rank(candidate, problem)))
    return [
        NotChosen(
            member_id=candidate.member_id,
            minutes=problem.minutes[candidate.member_id],
            reason=closest_reason(candidate, needs, problem) or Reason.NOT_NEEDED,
            source=candidate.place.source,
        )
        for candidate in rest
    ]


def _counts(problem: Problem, not_asked: Sequence[NotChosen]) -> dict[Reason, int]:
    found = Counter(each.reason for each in not_asked if each.minutes <= problem.searched_minutes)
    return {reason: found[reason] for reason in Reason if found[reason] > 0}


def _target_met(problem: Problem, offers: Sequence[PlannedOffer], reached: float) -> bool:
    if problem.mode is Mode.NORMAL:
        offered = {offer.seat_id for offer in problem.pending} | {offer.seat_id for offer in offers}
        return all(seat.id in offered for seat in problem.seats)
    return reaches(reached, problem.section.target_probability)


def _causes(groups: Sequence[Group]) -> tuple[Cause, ...]:
    """The groups of seats for which nobody may be asked and nobody's answer is awaited."""
    return tuple(
        Cause(group.skills, tuple(seat.id for seat in group.seats), None, 0)
        for group in groups
        if not (group.qualified or group.pending)
    )
