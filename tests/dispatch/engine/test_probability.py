from itertools import product
from math import comb, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.dispatch.engine.probability import Tail, all_filled, at_least, reaches

probabilities = st.lists(st.floats(0, 1), max_size=8)


def by_enumeration(k: int, chances: list[float]) -> float:
    return sum(
        prod(p if yes else 1 - p for p, yes in zip(chances, answers, strict=True))
        for answers in product([True, False], repeat=len(chances))
        if sum(answers) >= k
    )


@given(k=st.integers(0, 9), chances=probabilities)
def test_tail_is_the_sum_over_all_answers(k: int, chances: list[float]) -> None:
    assert at_least(k, chances) == pytest.approx(by_enumeration(k, chances), abs=1e-12)


def test_equal_chances_are_binomial() -> None:
    tail = sum(comb(40, j) * 0.3**j * 0.7 ** (40 - j) for j in range(8, 41))
    assert at_least(8, [0.3] * 40) == pytest.approx(tail, rel=1e-12)


def test_limits() -> None:
    assert at_least(0, []) == 1.0
    assert at_least(1, []) == 0.0
    assert at_least(3, [1.0] * 3) == 1.0
    assert at_least(4, [1.0] * 3) == 0.0


@given(k=st.integers(0, 9), first=probabilities, one=probabilities, other=probabilities)
def test_a_tail_goes_on_where_it_stood(
    k: int, first: list[float], one: list[float], other: list[float]
) -> None:
    tail = Tail(k, first)
    apart = tail.copy()
    for each in one:
        tail.add(each)
    for each in other:
        apart.add(each)
    assert tail.value == at_least(k, [*first, *one])
    assert apart.value == at_least(k, [*first, *other])


def test_groups_multiply() -> None:
    assert all_filled([(1, [0.5]), (2, [0.5, 0.5]), (0, [])]) == pytest.approx(0.125)
    assert all_filled([]) == 1.0


def test_reaching_forgives_rounding_only() -> None:
    assert reaches(0.95 - 1e-12, 0.95)
    assert not reaches(0.9499, 0.95)
