"""Whom to ask for which seat, once it is known who may be asked.

Seats are grouped by the skills that they need, and each member is asked for one group. An offer names a seat,
but a yes takes any open seat of the group, so within a group only numbers matter.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from service.dispatch.engine.cost import cost, rank
from service.dispatch.engine.eligibility import first_reason
from service.dispatch.engine.problem import Candidate, PlannedOffer, Problem, Seat
from service.dispatch.engine.wave.pools import Pool
from service.dispatch.engine.wave.smallest import smallest_wave


@dataclass(frozen=True, slots=True)
class Group:
    """The open seats that need the same skills, and the people for them."""

    skills: frozenset[str]
    seats: tuple[Seat, ...]
    """By number."""
    pending: tuple[float, ...]
    """The acceptances of those who were asked before and have not answered."""
    qualified: tuple[Candidate, ...]
    """Who may be asked, in the order of `cost.rank`."""
    costs: tuple[float, ...]
    """Of asking each of them."""


def skill_sets(seats: Iterable[Seat]) -> list[frozenset[str]]:
    """The different skills that the seats need, each set once, in the order of the seats' numbers."""
    return list(dict.fromkeys(seat.skills for seat in sorted(seats, key=lambda seat: seat.number)))


def group_seats(problem: Problem) -> list[Group]:
    """Group the open seats, the group with the fewest people for it first.

    Only candidates within `searched_minutes` count: beyond, nearer ones may be unknown.
    """
    within = [
        each for each in problem.candidates if problem.minutes[each.member_id] <= problem.searched_minutes
    ]
    eligible = {
        skills: [each for each in within if first_reason(each, skills, problem) is None]
        for skills in skill_sets(problem.seats)
    }
    # Only those who may be asked are ranked: of all around they are the fewer.
    ranks = {each.member_id: rank(each, problem) for people in eligible.values() for each in people}
    needs = {seat.id: seat.skills for seat in problem.seats}
    groups = []
    for skills, people in eligible.items():
        seats = sorted(
            (seat for seat in problem.seats if seat.skills == skills), key=lambda seat: seat.number
        )
        pending = [
            offer.acceptance
            for offer in problem.pending
            if skills == (needs.get(offer.seat_id) if offer.skills is None else offer.skills)
        ]
        qualified = sorted(people, key=lambda candidate: ranks[candidate.member_id])
        costs = tuple(ranks[candidate.member_id][0] for candidate in qualified)
        groups.append(Group(skills, tuple(seats), tuple(pending), tuple(qualified), costs))
    return sorted(groups, key=lambda group: (len(group.qualified), group.seats[0].number))


def assign(problem: Problem, groups: Sequence[Group]) -> list[PlannedOffer]:
    """Choose whom to ask in an emergency, in the order of `cost.rank`; `groups` are those of `group_seats`.

    As many as it takes for all seats to fill with the target probability, nearest first: the smallest wave that
    reaches it (`engine.wave.pools`), or what comes closest (`engine.wave.share`).
    """
    if not groups:
        return []
    people = list({each.member_id: each for group in groups for each in group.qualified}.values())
    if len(groups) > 1:
        people.sort(key=lambda candidate: rank(candidate, problem))
    position = {candidate.member_id: number for number, candidate in enumerate(people)}
    pools = [
        Pool(len(group.seats), group.pending, tuple(position[each.member_id] for each in group.qualified))
        for group in groups
    ]
    acceptances = [candidate.acceptance for candidate in people]
    section = problem.section
    wave = smallest_wave(pools, acceptances, section.target_probability, problem.at_least, section.max_offers)
    return offers(problem, groups, [[people[number] for number in asked] for asked in wave])


def offers(
    problem: Problem, groups: Sequence[Group], asked: Sequence[Sequence[Candidate]]
) -> list[PlannedOffer]:
    """Name a seat in each offer to those whom each group asks: of its seats the one with the fewest offers, first
    by number. In the order of `cost.rank`."""
    waiting: Counter[UUID] = Counter(offer.seat_id for offer in problem.pending)
    chosen = []
    for group, members in zip(groups, asked, strict=True):
        for candidate in sorted(members, key=lambda candidate: rank(candidate, problem)):
            seat = min(group.seats, key=lambda seat: (waiting[seat.id], seat.number))
            waiting[seat.id] += 1
            offer = PlannedOffer(
                member_id=candidate.member_id,
                seat_id=seat.id,
                minutes=problem.minutes[candidate.member_id],
                cost=cost(candidate, problem),
                acceptance=candidate.acceptance,
                source=candidate.place.source,
            )
            chosen.append((rank(candidate, problem), offer))
    return [offer for _, offer in sorted(chosen, key=lambda each: each[0])]
