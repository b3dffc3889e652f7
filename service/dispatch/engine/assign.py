"""Whom to ask for which seat, once it is known who may be asked.

Seats are grouped by the skills that they need, and each member is asked for one group. An offer names a seat,
but a yes takes any open seat of the group, so within a group only numbers matter.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import prod
from uuid import UUID

from service.dispatch.engine.cost import cost, rank
from service.dispatch.engine.eligibility import first_reason
from service.dispatch.engine.probability import all_filled, at_least, reaches
from service.dispatch.engine.problem import Candidate, Mode, PlannedOffer, Problem, Seat


@dataclass(slots=True)
class Group:
    """The open seats that need the same skills, and the people for them; only `asked` changes."""

    skills: frozenset[str]
    seats: tuple[Seat, ...]
    """By number."""
    pending: tuple[float, ...]
    """The acceptances of those who were asked before and have not answered."""
    qualified: tuple[Candidate, ...]
    """Who may be asked, in the order of `cost.rank`."""
    asked: list[Candidate] = field(default_factory=list)

    @property
    def acceptances(self) -> list[float]:
        """Of everybody who counts for the group."""
        return [*self.pending, *(candidate.acceptance for candidate in self.asked)]

    @property
    def tail(self) -> float:
        """The probability that the group's seats fill from those who were and are asked for them."""
        return at_least(len(self.seats), self.acceptances)


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
    ranked = sorted(within, key=lambda candidate: rank(candidate, problem))
    needs = {seat.id: seat.skills for seat in problem.seats}
    groups = []
    for skills in skill_sets(problem.seats):
        seats = sorted(
            (seat for seat in problem.seats if seat.skills == skills), key=lambda seat: seat.number
        )
        pending = [
            offer.acceptance
            for offer in problem.pending
            if skills == (needs.get(offer.seat_id) if offer.skills is None else offer.skills)
        ]
        qualified = [candidate for candidate in ranked if first_reason(candidate, skills, problem) is None]
        groups.append(Group(skills, tuple(seats), tuple(pending), tuple(qualified)))
    return sorted(groups, key=lambda group: (len(group.qualified), group.seats[0].number))


def assign(problem: Problem, groups: Sequence[Group]) -> list[PlannedOffer]:
    """Choose whom to ask, in the order of `cost.rank`; notes in the groups of `group_seats` who is asked."""
    if problem.mode is Mode.NORMAL:
        _ask_one_a_seat(problem, groups)
    else:
        _ask_enough(problem, groups)
    return _offers(problem, groups)


def probability(groups: Iterable[Group]) -> float:
    """That all open seats fill, given what is pending and who is asked (a lower bound)."""
    return all_filled((len(group.seats), group.acceptances) for group in groups)


def _ask_one_a_seat(problem: Problem, groups: Sequence[Group]) -> None:
    """Normal mode: for each seat without a pending offer the cheapest who is left, scarce seats first."""
    waiting = {offer.seat_id for offer in problem.pending}
    for group in groups:
        for seat in group.seats:
            if seat.id not in waiting and _room(problem, groups) > 0:
                _ask_next(group, groups)


def _ask_enough(problem: Problem, groups: Sequence[Group]) -> None:
    """Emergency: as many as it takes for all seats to fill with the target probability, nearest first."""
    target = problem.section.target_probability
    _ask_up_to(target, problem, groups)
    while _total(groups) < problem.at_least and _room(problem, groups) > 0:
        if not any(_ask_next(group, groups) for group in sorted(groups, key=lambda group: group.tail)):
            break
    if reaches(probability(groups), target):
        _drop_surplus(target, problem, groups)


def _ask_up_to(target: float, problem: Problem, groups: Sequence[Group]) -> None:
    """Ask in each group until the product of the tails reaches the target, or nobody is left.

    The groups share the target evenly. Where some fall short of their share and the others can still make up
    for it, those aim higher.
    """
    short: list[Group] = []
    aim = target ** (1 / max(1, len(groups)))
    while True:
        for position, group in enumerate(groups):
            # The scarce groups come first, but leave the later ones an offer for each seat.
            reserved = sum(_unasked_seats(later) for later in groups[position + 1 :])
            while not reaches(group.tail, aim) and _room(problem, groups) > reserved:
                if not _ask_next(group, groups):
                    break
        fell_short = [group for group in groups if not reaches(group.tail, aim)]
        reached = prod(group.tail for group in fell_short)
        if len(fell_short) in (len(short), len(groups)) or reached <= target:
            return
        short = fell_short
        aim = (target / reached) ** (1 / (len(groups) - len(short)))


def _drop_surplus(target: float, problem: Problem, groups: Sequence[Group]) -> None:
    """Take back those without whom the target is still met, the last in rank first."""
    chosen = [(rank(candidate, problem), group, candidate) for group in groups for candidate in group.asked]
    for _, group, candidate in sorted(chosen, key=lambda each: each[0], reverse=True):
        if _total(groups) <= problem.at_least:
            return
        position = group.asked.index(candidate)
        del group.asked[position]
        if not reaches(probability(groups), target):
            group.asked.insert(position, candidate)


def _ask_next(group: Group, groups: Sequence[Group]) -> bool:
    """Ask the first in rank who was not asked for any group; False if nobody is left."""
    taken = {candidate.member_id for each in groups for candidate in each.asked}
    free = (candidate for candidate in group.qualified if candidate.member_id not in taken)
    candidate = next(free, None)
    if candidate is not None:
        group.asked.append(candidate)
    return candidate is not None


def _total(groups: Iterable[Group]) -> int:
    return sum(len(group.asked) for group in groups)


def _room(problem: Problem, groups: Iterable[Group]) -> int:
    return problem.section.max_offers - _total(groups)


def _unasked_seats(group: Group) -> int:
    """How many offers it takes until as many are asked as there are seats, as far as there are people."""
    wanted = min(len(group.seats) - len(group.pending), len(group.qualified))
    return max(0, wanted - len(group.asked))


def _offers(problem: Problem, groups: Iterable[Group]) -> list[PlannedOffer]:
    """Name a seat in each offer: of the group's seats the one with the fewest offers, first by number."""
    waiting: Counter[UUID] = Counter(offer.seat_id for offer in problem.pending)
    chosen = []
    for group in groups:
        for candidate in sorted(group.asked, key=lambda candidate: rank(candidate, problem)):
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
