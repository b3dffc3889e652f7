"""Minimum cost flow, by OR-Tools."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow


@dataclass(frozen=True, slots=True)
class Arc:
    """One way for the flow, between nodes; nodes are small integers, from 0 on."""

    tail: int
    head: int
    capacity: int
    cost: int
    """Of each unit that goes this way."""


def cheapest_flow(arcs: Sequence[Arc], supplies: Mapping[int, int]) -> list[int]:
    """How much goes each way when every node's supply (a demand is negative) is met at the least total cost.

    Among flows of the same cost the outcome depends on the order of nodes and arcs, and on nothing else. Raises
    OverflowError if a cost times the number of nodes does not fit in 64 bits, which is how the solver reckons
    (cost scaling: Goldberg, An efficient implementation of a scaling minimum-cost flow algorithm, Journal of
    Algorithms 22, 1997), and ValueError if the supplies cannot be met.
    """
    if not arcs:
        return []
    solver = SimpleMinCostFlow()
    numbers = solver.add_arcs_with_capacity_and_unit_cost(
        np.array([arc.tail for arc in arcs], dtype=np.int32),
        np.array([arc.head for arc in arcs], dtype=np.int32),
        np.array([arc.capacity for arc in arcs], dtype=np.int64),
        np.array([arc.cost for arc in arcs], dtype=np.int64),
    )
    for node, supply in supplies.items():
        solver.set_node_supply(node, supply)
    status = solver.solve()
    if status == SimpleMinCostFlow.BAD_COST_RANGE:
        raise OverflowError("the costs are too high for 64 bits")
    if status != SimpleMinCostFlow.OPTIMAL:
        raise ValueError(f"no flow meets the supplies: {status.name}")
    return [int(flow) for flow in np.asarray(solver.flows(numbers))]
