import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from service.dispatch.engine.flow import Arc, cheapest_flow

# 0 → 1 → 3 and 0 → 2 → 3; the way over 1 is cheaper, but narrow.
DIAMOND = [Arc(0, 1, 2, 1), Arc(0, 2, 5, 3), Arc(1, 3, 5, 1), Arc(2, 3, 5, 1)]


def test_the_flow_takes_the_cheap_way_first() -> None:
    assert cheapest_flow(DIAMOND, {0: 1, 3: -1}) == [1, 0, 1, 0]
    assert cheapest_flow(DIAMOND, {0: 3, 3: -3}) == [2, 1, 2, 1]
    assert cheapest_flow(DIAMOND, {}) == [0, 0, 0, 0]
    assert cheapest_flow([], {}) == []


def test_a_costlier_start_may_be_cheaper_in_all() -> None:
    # The only way for the second unit is the first one's best.
    arcs = [Arc(0, 2, 1, 1), Arc(0, 3, 1, 5), Arc(1, 2, 1, 1), Arc(2, 4, 1, 0), Arc(3, 4, 1, 0)]
    assert cheapest_flow(arcs, {0: 1, 1: 1, 4: -2}) == [0, 1, 1, 1, 1]


@pytest.mark.parametrize("supplies", [{0: 8, 3: -8}, {0: 1}, {0: 2, 3: -1}, {3: 1, 0: -1}])
def test_supplies_that_cannot_be_met(supplies: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="no flow meets the supplies"):
        cheapest_flow(DIAMOND, supplies)


def test_costs_beyond_the_solver() -> None:
    with pytest.raises(OverflowError):
        cheapest_flow([Arc(0, 1, 1, 1), Arc(1, 2, 1, 4 * 10**18)], {0: 1, 2: -1})


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    costs=st.integers(1, 6).flatmap(
        lambda n: st.lists(st.lists(st.integers(-9, 99), min_size=n, max_size=n), min_size=n, max_size=n)
    )
)
def test_assignments_are_as_cheap_as_scipys(costs: list[list[int]]) -> None:
    size = len(costs)
    arcs = [Arc(row, size + column, 1, costs[row][column]) for row in range(size) for column in range(size)]
    flows = cheapest_flow(
        arcs, {row: 1 for row in range(size)} | {size + column: -1 for column in range(size)}
    )
    assert sum(flows) == size
    rows, columns = linear_sum_assignment(costs)
    best = sum(costs[row][column] for row, column in zip(rows, columns, strict=True))
    assert sum(arc.cost * flow for arc, flow in zip(arcs, flows, strict=True)) == best
