"""Normal mode: the open seats of many tasks and the members who may be asked, matched together.

The cheapest matching is a minimum cost flow: from each task through its groups of like seats to the members, one
unit an offer, each member once over all tasks. A seat that stays empty is a unit that leaves by its task's slack
arc, at a price.

The prices make the priority strict: a seat is never left empty for any number of seats of a lower priority. They
need only lie farther apart than a matching's whole cost. For the sets of seats that can be filled at once are the
independent sets of a matroid (Edmonds and Fulkerson, Transversals and matroid partition, Journal of Research of the
National Bureau of Standards 69B, 1965; with a limit to a task's offers: Perfect, Applications of Menger's graph
theorem, Journal of Mathematical Analysis and Applications 22, 1968). So where more seats of some priority and those
above it could be filled than are, one of them can be filled at the expense of at most one seat, of a lower priority.
That gains the distance of two prices, and however many others it moves to other seats costs less than that.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, groupby

from service.dispatch.engine.assign import Group, group_seats, offers
from service.dispatch.engine.cost import cost
from service.dispatch.engine.flow import Arc, cheapest_flow
from service.dispatch.engine.plan import assemble
from service.dispatch.engine.problem import Candidate, Plan, Problem
from service.tasks.rules import Urgency

UNITS = 1000
"""Costs are whole numbers for the solver: thousandths of a minute."""

MOST_TIES = 20
"""Among people whom a task costs the same, so many are told apart by their order. More would take larger numbers,
and the prices of thousands of seats must fit in 64 bits."""

NEAREST = 50
"""The search for a task stops when each kind of its open seats has so many people who may be asked."""

Priority = tuple[int, int]
"""By precedence, then by urgency."""


def match(problems: Sequence[Problem]) -> tuple[Plan, ...]:
    """Plan a batch of tasks in normal mode: one plan a problem, in the order of the problems.

    One offer for each open seat that has none pending, as far as there are people and up to `max_offers` a task;
    nobody is asked twice. First as many seats as possible of the highest priority (precedence, then urgency), then
    of the next, and so on; then the least total of `cost.cost`, each to the thousandth of a minute; then those who
    stand first in `cost.rank`. The order of the problems and of their candidates does not matter. Raises
    OverflowError if the costs are beyond all reason.
    """
    groups = [group_seats(problem) for problem in problems]
    asked = _matched(problems, groups)
    chosen = [offers(*each) for each in zip(problems, groups, asked, strict=True)]
    everybody = {offer.member_id for here in chosen for offer in here}
    return tuple(
        assemble(problem, kinds, here, frozenset(everybody - {offer.member_id for offer in here}))
        for problem, kinds, here in zip(problems, groups, chosen, strict=True)
    )


def is_enough_around(groups: Sequence[Group], *, at_an_edge: bool) -> bool:
    """Whether a task's search has found people enough for each kind of its open seats to be matched; at the edge of a
    step of reach, somebody for each seat is enough."""
    if all(len(group.qualified) >= NEAREST for group in groups):
        return True
    return at_an_edge and all(len(group.qualified) >= len(group.seats) for group in groups)


@dataclass(frozen=True, slots=True)
class _Wish:
    """One group's seats that have no offer, and whom they may ask."""

    problem: int
    group: int
    """Both by index."""
    seats: int
    people: tuple[Candidate, ...]
    """In the order of `cost.rank`."""
    costs: tuple[int, ...] = ()


def _matched(problems: Sequence[Problem], groups: Sequence[Sequence[Group]]) -> list[list[list[Candidate]]]:
    """Whom each group of each problem asks."""
    wishes = _wishes(problems, groups)
    most = min(
        sum(wish.seats for wish in wishes),
        len({candidate.member_id for wish in wishes for candidate in wish.people}),
    )
    # Nobody behind a group's first `most` is needed: one of those is left for it, and costs no more.
    wishes = [_with_costs(wish, wish.people[:most], problems[wish.problem], most) for wish in wishes]
    asked: list[list[list[Candidate]]] = [[[] for _ in kinds] for kinds in groups]
    for wish, candidate in _cheapest(problems, wishes, _prices(problems, wishes, most)):
        asked[wish.problem][wish.group].append(candidate)
    return asked


def _cheapest(
    problems: Sequence[Problem], wishes: Sequence[_Wish], prices: Mapping[Priority, int]
) -> list[tuple[_Wish, Candidate]]:
    """Who is asked for what, by the cheapest flow."""
    # Nodes are numbered as they are met: None, the sink; problems; (problem, group); members.
    node: defaultdict[Hashable, int] = defaultdict(count().__next__)
    sink = node[None]
    arcs = []
    offers_by_arc = {}
    seats_by_problem: Counter[int] = Counter()
    for wish in wishes:
        seats_by_problem[wish.problem] += wish.seats
        group = node[wish.problem, wish.group]
        arcs.append(Arc(node[wish.problem], group, wish.seats, 0))
        for candidate, price in zip(wish.people, wish.costs, strict=True):
            if candidate.member_id not in node:
                arcs.append(Arc(node[candidate.member_id], sink, 1, 0))
            offers_by_arc[len(arcs)] = wish, candidate
            arcs.append(Arc(group, node[candidate.member_id], 1, price))
    supplies: Counter[int] = Counter()
    for index, seats in seats_by_problem.items():
        supply = min(seats, problems[index].section.max_offers)
        supplies[node[index]] += supply
        supplies[sink] -= supply
        arcs.append(Arc(node[index], sink, supply, prices[_priority(problems[index])]))
    flows = cheapest_flow(arcs, supplies)
    return [offer for arc, offer in offers_by_arc.items() if flows[arc]]


def _wishes(problems: Sequence[Problem], groups: Sequence[Sequence[Group]]) -> list[_Wish]:
    """In an order that does not depend on that of the problems: by their lowest seat."""
    wishes = []
    with_seats = [index for index, problem in enumerate(problems) if problem.seats]
    for index in sorted(with_seats, key=lambda index: min(seat.id for seat in problems[index].seats)):
        offered = {offer.seat_id for offer in problems[index].pending}
        for number, group in enumerate(groups[index]):
            seats = sum(seat.id not in offered for seat in group.seats)
            if seats and group.qualified:
                wishes.append(_Wish(index, number, seats, group.qualified))
    return wishes


def _with_costs(wish: _Wish, people: tuple[Candidate, ...], problem: Problem, most: int) -> _Wish:
    """The wish with the costs of some of its people: first by minutes, then, as less than any difference in those
    that `most` of them make, by how many of equal cost stand before them."""
    thousandths = [round(cost(candidate, problem) * UNITS) for candidate in people]
    ties = [min(before, MOST_TIES) for _, like in groupby(thousandths) for before, _ in enumerate(like)]
    unit = most * MOST_TIES + 1
    costs = tuple(minutes * unit + tie for minutes, tie in zip(thousandths, ties, strict=True))
    return _Wish(wish.problem, wish.group, wish.seats, people, costs)


def _prices(problems: Sequence[Problem], wishes: Sequence[_Wish], most: int) -> dict[Priority, int]:
    """By priority what a seat costs that stays empty: each more than the last by more than `most` offers cost."""
    costs = [0, *(each for wish in wishes for each in wish.costs)]
    distance = most * (max(costs) - min(costs)) + 1
    priorities = sorted({_priority(problems[wish.problem]) for wish in wishes})
    return {priority: step * distance for step, priority in enumerate(priorities, 1)}


def _priority(problem: Problem) -> Priority:
    return problem.precedence.rank, list(Urgency).index(problem.urgency)
