"""Matching a batch, against scipy's matchings."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching, min_weight_full_bipartite_matching

from service.dispatch.engine.cost import OTHER_UNIT_MINUTES, cost, rank
from service.dispatch.engine.eligibility import reasons
from service.dispatch.engine.match import MOST_TIES, match
from service.dispatch.engine.problem import (
    Candidate,
    PendingOffer,
    Plan,
    Precedence,
    Problem,
    Reason,
    Seat,
    Section,
)
from service.tasks.rules import Urgency
from tests.dispatch.engine.made_up import NORMAL, SECTION, SKILLS, person, problem, seat

MINUTE = 10**7
"""In the unit of these oracles, of which 10^4 are a thousandth of a minute: places among equals count one each."""
PRICE = 10**4 * MINUTE
"""Of an empty seat of the lowest priority, and between two priorities: more than all offers of a batch cost."""
CLOSED = 1000 * PRICE
URGENCIES = list(Urgency)


def task(
    number: int,
    people: dict[Candidate, float],
    needs: Sequence[Sequence[str]] = ((),),
    section: Section = SECTION,
    **changes: object,
) -> Problem:
    """Task `number`, with a seat for each of the needs."""
    seats = [seat(100 * number + place, *skills) for place, skills in enumerate(needs, 1)]
    return problem(people, seats, section, **NORMAL | {"seed": number} | changes)


def asked(plans: Sequence[Plan]) -> list[list[int]]:
    return [[offer.member_id.int for offer in plan.offers] for plan in plans]


def batch(
    draw: random.Random, *, tasks: int, most_seats: int, people: int, nearest: int | None = None
) -> list[Problem]:
    """Tasks of all priorities; each has its own minutes to the same people, or to so many of them."""
    everybody = [
        person(
            number,
            *[skill for skill in SKILLS if draw.random() < 0.4],
            unit=draw.choice(["u1", "u9"]),
            recent_load=float(draw.choice([0, 0, 1, 3])),
            on_duty=draw.random() < 0.95,
            offered=draw.choice([None] * 5 + [Precedence.DRILL]),
        )
        for number in range(1, people + 1)
    ]
    minutes = draw.choice([lambda: draw.uniform(0, 10.5), lambda: float(draw.randint(1, 4))])
    return [
        task(
            number,
            {who: minutes() for who in draw.sample(everybody, nearest or len(everybody))},
            needs := [
                draw.choice([[], [], ["boat"], ["boat", "drone"]]) for _ in range(draw.randint(1, most_seats))
            ],
            replace(SECTION, max_offers=draw.choice([30, 30, 30, 2])),
            pending=tuple(
                PendingOffer(seat(100 * number + place).id, 0.5)
                for place in range(1, len(needs) + 1)
                if draw.random() < 0.15
            ),
            precedence=draw.choice([Precedence.NORMAL, Precedence.NORMAL, Precedence.DRILL]),
            urgency=draw.choice(URGENCIES),
            seed=draw.randint(0, 3),
        )
        for number in range(1, tasks + 1)
    ]


def priority(given_problem: Problem) -> int:
    return 3 * given_problem.precedence.rank + URGENCIES.index(given_problem.urgency)


def may_ask(who: Candidate, wanted: Seat, given_problem: Problem) -> bool:
    within = given_problem.minutes[who.member_id] <= given_problem.searched_minutes
    return within and not reasons(who, wanted.skills, given_problem)


def costs_of(wanted: Seat, given_problem: Problem) -> dict[UUID, int]:
    """What asking each of those who may be asked for the seat costs: minutes, and the place among equals."""
    able = sorted(
        (who for who in given_problem.candidates if may_ask(who, wanted, given_problem)),
        key=lambda who: rank(who, given_problem),
    )
    minutes = [round(1000 * cost(who, given_problem)) * MINUTE // 1000 for who in able]
    places = [min(MOST_TIES, index - minutes.index(each)) for index, each in enumerate(minutes)]
    return {who.member_id: sum(each) for who, *each in zip(able, minutes, places, strict=True)}


def wanted_seats(given_problem: Problem) -> list[Seat]:
    offered = {offer.seat_id for offer in given_problem.pending}
    return [each for each in given_problem.seats if each.id not in offered]


class Ways:
    """Rows: the seats without an offer; columns: the members. What each offer would cost, where it may be made."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.rows = [(each, wanted) for each in problems for wanted in wanted_seats(each)]
        members = sorted({who.member_id for each in problems for who in each.candidates})
        column = {member_id: number for number, member_id in enumerate(members)}
        self.columns = len(members)
        self.costs = {
            (row, column[member_id]): price
            for row, (each, wanted) in enumerate(self.rows)
            for member_id, price in costs_of(wanted, each).items()
        }

    def price(self, row: int) -> int:
        return PRICE * (1 + priority(self.rows[row][0]))

    def most_filled(self, lowest: int) -> int:
        """How many seats of that priority and above can be filled at once."""
        ends = [(row, column) for row, column in self.costs if priority(self.rows[row][0]) >= lowest]
        if not ends:
            return 0
        rows, columns = zip(*ends, strict=True)
        ways = csr_array((np.ones(len(ends)), (rows, columns)), shape=(len(self.rows), self.columns))
        return int((maximum_bipartite_matching(ways) >= 0).sum())


def total(problems: Sequence[Problem], plans: Sequence[Plan]) -> int:
    """The costs of all offers, and the prices of the seats that stay empty."""
    found = 0
    for each, plan in zip(problems, plans, strict=True):
        seats = {wanted.id: wanted for wanted in each.seats}
        found += sum(costs_of(seats[offer.seat_id], each)[offer.member_id] for offer in plan.offers)
        found += (len(wanted_seats(each)) - len(plan.offers)) * PRICE * (1 + priority(each))
    return found


def lowest_total(problems: Sequence[Problem]) -> int:
    """The least that `total` can be, by a dense assignment.

    Each seat has a column of its own, in which it stays empty; a task's limit closes so many more of its seats.
    """
    ways = Ways(problems)
    closed = {
        index: max(0, len(wanted_seats(each)) - each.section.max_offers)
        for index, each in enumerate(problems)
    }
    first_closed = ways.columns + len(ways.rows)
    costs = np.full((len(ways.rows), first_closed + sum(closed.values())), math.inf)
    for (row, column), price in ways.costs.items():
        costs[row, column] = price
    for row, (each, _) in enumerate(ways.rows):
        costs[row, ways.columns + row] = ways.price(row)
        index = problems.index(each)
        start = first_closed + sum(closed[before] for before in range(index))
        costs[row, start : start + closed[index]] = ways.price(row) - CLOSED
    rows, columns = linear_sum_assignment(costs)
    return int(costs[rows, columns].sum()) + CLOSED * sum(closed.values())


def lowest_total_of_many(problems: Sequence[Problem]) -> int:
    """The same by a sparse assignment, for tasks within their limits."""
    ways = Ways(problems)
    entries = [(row, column, price) for (row, column), price in ways.costs.items()]
    entries += [(row, ways.columns + row, ways.price(row)) for row in range(len(ways.rows))]
    rows, columns, prices = zip(*entries, strict=True)
    shape = (len(ways.rows), ways.columns + len(ways.rows))
    costs = csr_array((np.array(prices) + 1.0, (rows, columns)), shape=shape)  # It takes 0 for no way.
    return int(costs[min_weight_full_bipartite_matching(costs)].sum()) - len(ways.rows)


def check_rules(problems: Sequence[Problem], plans: Sequence[Plan]) -> None:
    """Nobody is asked who may not be, nobody twice, and no seat that has an offer."""
    for each, plan in zip(problems, plans, strict=True):
        people = {who.member_id: who for who in each.candidates}
        seats = {wanted.id: wanted for wanted in wanted_seats(each)}
        assert len(plan.offers) <= each.section.max_offers
        assert len({offer.seat_id for offer in plan.offers}) == len(plan.offers)
        for offer in plan.offers:
            assert may_ask(people[offer.member_id], seats[offer.seat_id], each)
            assert offer.minutes == each.minutes[offer.member_id]
            assert offer.cost == cost(people[offer.member_id], each)
    everybody = [offer.member_id for plan in plans for offer in plan.offers]
    assert len(set(everybody)) == len(everybody)


def check_priorities(problems: Sequence[Problem], plans: Sequence[Plan]) -> None:
    """Of each priority and above, as many seats are filled as can be."""
    if any(len(each.seats) > each.section.max_offers for each in problems):
        return
    ways = Ways(problems)
    for lowest in {priority(each) for each in problems}:
        filled = sum(
            len(plan.offers) for each, plan in zip(problems, plans, strict=True) if priority(each) >= lowest
        )
        assert filled == ways.most_filled(lowest)


def check(problems: Sequence[Problem]) -> None:
    plans = match(problems)
    check_rules(problems, plans)
    check_priorities(problems, plans)
    assert total(problems, plans) == lowest_total(problems)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    draw=st.randoms(use_true_random=False),
    tasks=st.integers(1, 5),
    most_seats=st.integers(1, 4),
    people=st.integers(1, 9),
)
def test_a_batch_costs_as_little_as_it_can(
    draw: random.Random, tasks: int, most_seats: int, people: int
) -> None:
    check(batch(draw, tasks=tasks, most_seats=most_seats, people=people))


@pytest.mark.parametrize("hundred", range(20))
def test_thousands_of_batches_cost_as_little_as_they_can(hundred: int) -> None:
    for seed in range(100 * hundred, 100 * hundred + 100):
        draw = random.Random(seed)
        check(
            batch(draw, tasks=draw.randint(1, 6), most_seats=draw.randint(1, 4), people=draw.randint(1, 10))
        )


@pytest.mark.parametrize(("seed", "people"), [(1, 2000), (2, 2000), (3, 150)])
def test_a_large_batch_costs_as_little_as_it_can(seed: int, people: int) -> None:
    draw = random.Random(seed)
    problems = [
        replace(each, section=SECTION)
        for each in batch(draw, tasks=80, most_seats=4, people=people, nearest=50)
    ]
    assert sum(len(each.seats) for each in problems) > 180
    plans = match(problems)
    check_rules(problems, plans)
    check_priorities(problems, plans)
    assert total(problems, plans) == lowest_total_of_many(problems)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(draw=st.randoms(use_true_random=False), people=st.integers(1, 9))
def test_the_order_in_which_a_batch_comes_does_not_matter(draw: random.Random, people: int) -> None:
    problems = batch(draw, tasks=4, most_seats=3, people=people)
    plans = match(problems)
    assert match(problems) == plans
    shuffled = [
        replace(
            each,
            candidates=tuple(draw.sample(each.candidates, len(each.candidates))),
            seats=tuple(draw.sample(each.seats, len(each.seats))),
        )
        for each in problems
    ]
    order = draw.sample(range(len(problems)), len(problems))
    again = match([shuffled[index] for index in order])
    assert again == tuple(plans[index] for index in order)


def test_the_nearest_is_left_to_the_task_that_has_nobody_else() -> None:
    one, two = person(1), person(2)
    plans = match([task(1, {one: 1.0, two: 2.0}), task(2, {one: 3.0, two: 9.0})])
    # 2 + 3 minutes; the first task's own choice would make it 1 + 9.
    assert asked(plans) == [[2], [1]]
    assert [plan.offers[0].minutes for plan in plans] == [2.0, 3.0]
    assert all(plan.target_met for plan in plans)


def test_a_seat_is_filled_however_far_it_is_as_long_as_it_is_in_reach() -> None:
    one, two = person(1), person(2)
    plans = match([task(1, {one: 0.1}), task(2, {one: 0.1, two: 10.0})])
    assert asked(plans) == [[1], [2]]


def test_an_urgent_seat_is_filled_at_the_expense_of_a_routine_one_but_not_the_other_way_round() -> None:
    one = person(1)
    routine = task(1, {one: 0.0})
    urgent = task(2, {one: 10.0}, urgency=Urgency.URGENT)
    assert asked(match([routine, urgent])) == [[], [1]]
    assert asked(match([routine, replace(urgent, urgency=Urgency.ROUTINE)])) == [[1], []]


def test_a_drill_waits_however_urgent_it_is_played() -> None:
    one = person(1)
    drill = task(1, {one: 0.0}, precedence=Precedence.DRILL, urgency=Urgency.CRITICAL)
    assert asked(match([drill, task(2, {one: 10.0})])) == [[], [1]]


def test_an_urgent_seat_is_worth_any_number_of_minutes_elsewhere() -> None:
    # Filling it moves everybody one task on, each from no minutes to ten, and the last one's seat stays empty.
    people = [person(n) for n in range(1, 21)]
    chain = [task(n, {people[n - 1]: 0.0, people[n % 20]: 10.0}) for n in range(2, 21)]
    urgent = task(1, {people[1]: 10.0}, urgency=Urgency.URGENT)
    plans = match([urgent, *chain])
    assert asked(plans) == [[2], *[[n % 20 + 1] for n in range(2, 21)]]
    alone = match(chain)
    assert asked(alone) == [[n] for n in range(2, 21)]


def test_seats_with_a_pending_offer_are_not_offered_again() -> None:
    people = {person(n): float(n) for n in range(1, 4)}
    waiting = task(1, people, [(), (), ()], pending=(PendingOffer(seat(102).id, 0.5),))
    [plan] = match([waiting])
    assert [(offer.member_id.int, offer.seat_id) for offer in plan.offers] == [
        (1, seat(101).id),
        (2, seat(103).id),
    ]
    assert plan.target_met
    assert plan.counts == {Reason.NOT_NEEDED: 1}


def test_scarce_skills_are_kept_for_the_seats_that_need_them() -> None:
    boatman, other = person(1, "boat"), person(2)
    [plan] = match([task(1, {boatman: 1.0, other: 9.0}, [(), ("boat",)])])
    assert {offer.member_id.int: offer.seat_id for offer in plan.offers} == {1: seat(102).id, 2: seat(101).id}


def test_at_most_max_offers_a_task() -> None:
    people = {person(n): float(n) for n in range(1, 6)}
    limited = task(1, people, [(), (), ()], replace(SECTION, max_offers=2), urgency=Urgency.URGENT)
    plans = match([limited, task(2, people)])
    assert asked(plans) == [[1, 2], [3]]
    assert [plan.target_met for plan in plans] == [False, True]
    assert asked(match([replace(limited, section=replace(SECTION, max_offers=0))])) == [[]]


def test_who_is_asked_for_another_task_is_said_to_be() -> None:
    one, two, off = person(1), person(2), person(3, on_duty=False)
    plans = match([task(1, {one: 1.0, two: 2.0, off: 3.0}), task(2, {one: 5.0, two: 9.0})])
    assert asked(plans) == [[2], [1]]
    assert plans[0].counts == {Reason.OFF_DUTY: 1, Reason.MATCHED_ELSEWHERE: 1}
    assert plans[1].counts == {Reason.MATCHED_ELSEWHERE: 1}


def test_load_and_unit_weigh_as_minutes() -> None:
    near, own = person(1, unit="u9"), person(2, unit="u1")
    assert asked(match([task(1, {near: 1.0, own: 0.9 + OTHER_UNIT_MINUTES})])) == [[2]]
    assert asked(match([task(1, {near: 1.0, own: 1.1 + OTHER_UNIT_MINUTES})])) == [[1]]


def test_among_equals_the_ladder_and_then_the_lot_decide() -> None:
    people = {person(n, unit="u2" if n == 9 else "u9"): 3.0 for n in range(1, 12)}
    assert asked(match([task(1, people)])) == [[9]]
    del people[person(9, unit="u2")]
    firsts = {asked(match([task(1, people, seed=seed)]))[0][0] for seed in range(40)}
    assert len(firsts) > 5


def test_nothing_to_match() -> None:
    assert match([]) == ()
    [empty] = match([task(1, {person(1): 1.0}, [])])
    assert (empty.offers, empty.target_met) == ((), True)
    [nobody] = match([task(1, {person(1, on_duty=False): 1.0})])
    assert (nobody.offers, nobody.target_met) == ((), False)
    assert nobody.counts == {Reason.OFF_DUTY: 1}


def test_thousands_of_seats_far_away_fit_in_64_bits() -> None:
    people = {person(n, recent_load=60.0): 300.0 for n in range(1, 2001)}
    section = replace(SECTION, reach_minutes=(400.0,), max_offers=5000)
    problems = [
        task(number, people, [()] * 99, section, searched_minutes=400.0, urgency=URGENCIES[number % 3])
        for number in range(1, 31)
    ]
    assert sum(len(plan.offers) for plan in match(problems)) == 2000


def test_costs_beyond_all_reason() -> None:
    people = {person(n, recent_load=1e12): 1.0 for n in range(1, 100)}
    with pytest.raises(OverflowError):
        match([task(1, people, [()] * 50, replace(SECTION, max_offers=99))])


def test_ids_of_members_do_not_decide() -> None:
    low, high = person(1), replace(person(2), member_id=UUID(int=2**127))
    chosen = {asked(match([task(1, {low: 1.0, high: 1.0}, seed=seed)]))[0][0] for seed in range(20)}
    assert len(chosen) == 2
