import random

import pytest

from service.dispatch.engine.cost import LOAD_MINUTES, OTHER_COMMUNITY_MINUTES, OTHER_UNIT_MINUTES, cost, rank
from service.dispatch.engine.problem import Candidate, Problem
from tests.dispatch.engine.made_up import HERE, NORMAL, THERE, person, problem

RESPONSIBLE, NEIGHBOUR, OTHER = "u1", "u2", "u9"


def order(given: Problem) -> list[int]:
    """The candidates' numbers in the order of rank."""
    ranked = sorted(given.candidates, key=lambda candidate: rank(candidate, given))
    return [candidate.member_id.int for candidate in ranked]


@pytest.mark.parametrize("office_hours", [True, False])
@pytest.mark.parametrize("unit", [RESPONSIBLE, OTHER])
@pytest.mark.parametrize("home", [HERE, THERE])
def test_in_an_emergency_the_cost_is_the_travel_time(office_hours: bool, unit: str, home: str) -> None:
    who = person(1, unit=unit, home_code=home, recent_load=7.0)
    assert cost(who, problem({who: 4.5}, [], office_hours=office_hours)) == 4.5


@pytest.mark.parametrize(
    ("who", "office_hours", "extra"),
    [
        (person(1, unit=RESPONSIBLE, home_code=THERE + "001"), True, 0.0),
        (person(1, unit=NEIGHBOUR, home_code=HERE + "001"), True, OTHER_UNIT_MINUTES),
        (person(1, unit=OTHER, home_code=HERE + "001"), True, OTHER_UNIT_MINUTES),
        (person(1, unit=OTHER, home_code=HERE + "001"), False, 0.0),
        (person(1, unit=RESPONSIBLE, home_code=THERE + "001"), False, OTHER_COMMUNITY_MINUTES),
        (person(1, unit=OTHER, home_code=THERE + "001"), False, OTHER_COMMUNITY_MINUTES),
        (person(1, unit=OTHER, home_code="440803001001001"), False, OTHER_COMMUNITY_MINUTES),
        (person(1, unit=RESPONSIBLE, recent_load=4.0), True, 4 * LOAD_MINUTES),
        (person(1, unit=OTHER, recent_load=4.0), True, 4 * LOAD_MINUTES + OTHER_UNIT_MINUTES),
    ],
)
def test_in_normal_mode_load_and_who_one_acts_for_are_worth_minutes(
    who: Candidate, office_hours: bool, extra: float
) -> None:
    assert cost(who, problem({who: 4.5}, [], office_hours=office_hours, **NORMAL)) == 4.5 + extra


def test_a_tired_neighbour_gives_way_to_a_fresh_colleague_in_normal_mode_only() -> None:
    near_and_tired, far_and_fresh = person(1, recent_load=4.0), person(2, unit=RESPONSIBLE)
    people = {near_and_tired: 2.0, far_and_fresh: 9.0}
    assert order(problem(people, [], **NORMAL)) == [2, 1]
    assert order(problem(people, [])) == [1, 2]


def test_ties_go_up_the_ladder_then_by_load_then_by_lot() -> None:
    people = {
        person(1, unit=OTHER): 3.0,
        person(2, unit=NEIGHBOUR, recent_load=2.0): 3.0,
        person(3, unit=NEIGHBOUR): 3.0,
        person(4, unit=RESPONSIBLE, recent_load=9.0): 3.0,
        person(5, unit=OTHER): 2.9,
    }
    assert order(problem(people, [])) == [5, 4, 3, 2, 1]


def test_the_ladder_does_not_decide_who_is_near() -> None:
    people = {person(1, unit=RESPONSIBLE): 3.1, person(2, unit=NEIGHBOUR): 3.05, person(3): 3.0}
    assert order(problem(people, [])) == [3, 2, 1]


def test_the_lot_follows_the_seed_and_not_the_order_of_the_candidates() -> None:
    people = [person(number) for number in range(1, 9)]
    orders = set()
    for seed in range(40):
        given = problem(dict.fromkeys(people, 3.0), [], seed=seed)
        shuffled = dict.fromkeys(random.Random(seed).sample(people, len(people)), 3.0)
        assert order(given) == order(problem(shuffled, [], seed=seed))
        orders.add(tuple(order(given)))
    assert len(orders) == 40
    assert len({found[0] for found in orders}) > 3
