import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from service.dispatch.engine.flow import Arcs, cheapest_flow

Way = tuple[int, int, int, int]
"""Tail, head, capacity and cost."""

# 0 → 1 → 3 and 0 → 2 → 3; the way over 1 is cheaper, but narrow.
DIAMOND = [(0, 1, 2, 1), (0, 2, 5, 3), (1, 3, 5, 1), (2, 3, 5, 1)]


def flow_over(ways: list[Way], supplies: dict[int, int]) -> list[int]:
    columns = np.array(ways, dtype=np.int64).reshape(-1, 4).T
    nodes = np.zeros(
        1 + max([*supplies, *(end for way in ways for end in way[:2])], default=0), dtype=np.int64
    )
    nodes[list(supplies)] = list(supplies.values())
    return cheapest_flow(Arcs(*columns), nodes).tolist()


def test_the_flow_takes_the_cheap_way_first() -> None:
    assert flow_over(DIAMOND, {0: 1, 3: -1}) == [1, 0, 1, 0]
    assert flow_over(DIAMOND, {0: 3, 3: -3}) == [2, 1, 2, 1]
    assert flow_over(DIAMOND, {}) == [0, 0, 0, 0]
    assert flow_over([], {}) == []


def test_a_costlier_start_may_be_cheaper_in_all() -> None:
    # The only way for the second unit is the first one's best.
    ways = [(0, 2, 1, 1), (0, 3, 1, 5), (1, 2, 1, 1), (2, 4, 1, 0), (3, 4, 1, 0)]
    assert flow_over(ways, {0: 1, 1: 1, 4: -2}) == [0, 1, 1, 1, 1]


@pytest.mark.parametrize("supplies", [{0: 8, 3: -8}, {0: 1}, {0: 2, 3: -1}, {3: 1, 0: -1}])
def test_supplies_that_cannot_be_met(supplies: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="no flow meets the supplies"):
        flow_over(DIAMOND, supplies)


def test_costs_beyond_the_solver() -> None:
    with pytest.raises(OverflowError):
        flow_over([(0, 1, 1, 1), (1, 2, 1, 4 * 10**18)], {0: 1, 2: -1})


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    costs=st.integers(1, 6).flatmap(
        lambda n: st.lists(st.lists(st.integers(-9, 99), min_size=n, max_size=n), min_size=n, max_size=n)
    )
)
def test_assignments_are_as_cheap_as_scipys(costs: list[list[int]]) -> None:
    size = len(costs)
    ways = [(row, size + column, 1, costs[row][column]) for row in range(size) for column in range(size)]
    flows = flow_over(ways, {row: 1 for row in range(size)} | {size + column: -1 for column in range(size)})
    assert sum(flows) == size
    rows, columns = linear_sum_assignment(costs)
    best = sum(costs[row][column] for row, column in zip(rows, columns, strict=True))
    assert sum(way[3] * flow for way, flow in zip(ways, flows, strict=True)) == best
