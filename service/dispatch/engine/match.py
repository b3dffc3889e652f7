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
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from service.dispatch.engine.assign import Group, group_seats, offers
from service.dispatch.engine.flow import Arcs, Whole, cheapest_flow
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

_URGENCIES = {urgency: rank for rank, urgency in enumerate(Urgency)}

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
    costs: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Entries:
    """The people of all wishes one after another, by number. Shapes (n,); `first` says where each wish begins."""

    wish: Whole
    place: Whole
    """In the wish's people."""
    member: Whole
    first: Whole


def _matched(problems: Sequence[Problem], groups: Sequence[Sequence[Group]]) -> list[list[list[Candidate]]]:
    """Whom each group of each problem asks."""
    wishes = _wishes(problems, groups)
    asked: list[list[list[Candidate]]] = [[[] for _ in kinds] for kinds in groups]
    for wish, place in _cheapest(problems, wishes):
        asked[wish.problem][wish.group].append(wish.people[place])
    return asked


def _wishes(problems: Sequence[Problem], groups: Sequence[Sequence[Group]]) -> list[_Wish]:
    """In an order that does not depend on that of the problems: by their lowest seat."""
    wishes = []
    with_seats = [index for index, problem in enumerate(problems) if problem.seats]
    for index in sorted(with_seats, key=lambda index: min(seat.id for seat in problems[index].seats)):
        offered = {offer.seat_id for offer in problems[index].pending}
        for number, group in enumerate(groups[index]):
            seats = sum(seat.id not in offered for seat in group.seats)
            if seats and group.qualified:
                wishes.append(_Wish(index, number, seats, group.qualified, group.costs))
    return wishes


def _cheapest(problems: Sequence[Problem], wishes: Sequence[_Wish]) -> list[tuple[_Wish, int]]:
    """Who is asked for what, by the cheapest flow: the wish, and the place in its people."""
    entries = _needed(_entries(wishes), _whole([wish.seats for wish in wishes]))
    members, member = np.unique(entries.member, return_inverse=True)
    most = min(sum(wish.seats for wish in wishes), len(members))
    # Nobody behind a group's first `most` is needed: one of those is left for it, and costs no more.
    near = entries.place < most
    entries, member = _only(entries, near, len(wishes)), member[near]
    costs = _costs(wishes, entries, most)
    prices = _prices(problems, wishes, costs, most)

    # Nodes: the sink; members; problems that wish for somebody; their groups, one a wish.
    tasks = list(dict.fromkeys(wish.problem for wish in wishes))
    node_of_task = {index: 1 + len(members) + number for number, index in enumerate(tasks)}
    task_nodes = _whole([node_of_task[index] for index in tasks])
    group_nodes = 1 + len(members) + len(tasks) + np.arange(len(wishes))
    seats: Counter[int] = Counter()
    for wish in wishes:
        seats[wish.problem] += wish.seats
    supplies = _whole([min(seats[index], problems[index].section.max_offers) for index in tasks])
    one_each = np.ones(len(members), dtype=np.int64)
    arcs = [
        Arcs(group_nodes[entries.wish], 1 + member, np.ones(len(member), dtype=np.int64), costs),
        Arcs.free(
            _whole([node_of_task[wish.problem] for wish in wishes]),
            group_nodes,
            _whole([wish.seats for wish in wishes]),
        ),
        Arcs(
            task_nodes,
            0 * task_nodes,
            supplies,
            _whole([prices[_priority(problems[index])] for index in tasks]),
        ),
        Arcs.free(1 + np.arange(len(members)), 0 * one_each, one_each),
    ]
    nodes = np.zeros(1 + len(members) + len(tasks) + len(wishes), dtype=np.int64)
    nodes[0] = -supplies.sum()
    nodes[task_nodes] = supplies
    taken = np.flatnonzero(cheapest_flow(Arcs.all_of(arcs), nodes)[: len(member)])
    return [
        (wishes[wish], place)
        for wish, place in zip(entries.wish[taken].tolist(), entries.place[taken].tolist(), strict=True)
    ]


def _whole(numbers: Sequence[int]) -> Whole:
    """OverflowError for what does not fit in 64 bits."""
    return np.array(numbers, dtype=np.int64)


def _entries(wishes: Sequence[_Wish]) -> _Entries:
    """All people of all wishes; members are numbered as they are met."""
    ids = [each.member_id for wish in wishes for each in wish.people]
    number: defaultdict[UUID, int] = defaultdict(count().__next__)
    member = _whole(list(map(number.__getitem__, ids)))
    sizes = _whole([len(wish.people) for wish in wishes])
    first = np.cumsum(sizes) - sizes
    wish = np.repeat(np.arange(len(wishes)), sizes)
    return _Entries(wish, np.arange(len(member)) - first[wish], member, first)


def _only(entries: _Entries, kept: NDArray[np.bool_], wishes: int) -> _Entries:
    """Those entries; each wish keeps its first ones, or all."""
    wish = entries.wish[kept]
    first = np.searchsorted(wish, np.arange(wishes))
    return _Entries(wish, entries.place[kept], entries.member[kept], first)


def _needed(entries: _Entries, seats: Whole) -> _Entries:
    """The entries without those whom no cheapest matching needs.

    Whom nobody else wishes is free for a wish, whatever the others get. So it never goes beyond as many of those as it
    has seats: asking one of them instead costs no more. And whom it leaves may be another's alone, so this is repeated
    until nobody is left out any more. Where there are people enough, little is left of the wishes.
    """
    while True:
        alone = np.bincount(entries.member)[entries.member] == 1
        so_far = np.concatenate([[0], np.cumsum(alone)])
        before = so_far[:-1] - so_far[entries.first[entries.wish]]
        kept = before < seats[entries.wish]
        if kept.all():
            return entries
        entries = _only(entries, kept, len(seats))


def _costs(wishes: Sequence[_Wish], entries: _Entries, most: int) -> Whole:
    """What each entry costs: first by minutes, then, as less than any difference in those that `most` of them make,
    by how many of equal cost stand before them in the wish."""
    taken = np.bincount(entries.wish, minlength=len(wishes)).tolist()
    minutes = np.array(
        [each for wish, many in zip(wishes, taken, strict=True) for each in wish.costs[:many]],
        dtype=np.float64,
    )
    thousandths = np.rint(minutes * UNITS)
    differs = np.ones(len(minutes), dtype=np.bool_)
    differs[1:] = (np.diff(thousandths) != 0) | (np.diff(entries.wish) != 0)
    number = np.arange(len(minutes))
    ties = np.minimum(number - np.maximum.accumulate(np.where(differs, number, 0)), MOST_TIES)
    unit = most * MOST_TIES + 1
    # In Python's numbers, which do not run over: who is beyond all reason is told so.
    if np.abs(thousandths).max(initial=0.0) * unit >= 2.0**62:
        raise OverflowError("the costs are too high for 64 bits")
    costs: Whole = thousandths.astype(np.int64) * unit + ties
    return costs


def _prices(
    problems: Sequence[Problem], wishes: Sequence[_Wish], costs: Whole, most: int
) -> dict[Priority, int]:
    """By priority what a seat costs that stays empty: each more than the last by more than `most` offers cost."""
    distance = most * (int(costs.max(initial=0)) - int(costs.min(initial=0))) + 1
    priorities = sorted({_priority(problems[wish.problem]) for wish in wishes})
    return {priority: step * distance for step, priority in enumerate(priorities, 1)}


def _priority(problem: Problem) -> Priority:
    return problem.precedence.rank, _URGENCIES[problem.urgency]
