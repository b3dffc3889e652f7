"""Minimum cost flow, by OR-Tools."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Arcs:
    """Ways for the flow, between nodes, which are small integers from 0 on. Shapes (n,)."""

    tail: Whole
    head: Whole
    capacity: Whole
    cost: Whole
    """Of each unit that goes this way."""

    @classmethod
    def free(cls, tail: Whole, head: Whole, capacity: Whole) -> Self:
        """Ways that cost nothing."""
        return cls(tail, head, capacity, np.zeros(len(tail), dtype=np.int64))

    @classmethod
    def all_of(cls, parts: Sequence[Self]) -> Self:
        """The ways of all parts, in their order."""
        return cls(
            np.concatenate([part.tail for part in parts]),
            np.concatenate([part.head for part in parts]),
            np.concatenate([part.capacity for part in parts]),
            np.concatenate([part.cost for part in parts]),
        )


def cheapest_flow(arcs: Arcs, supplies: Whole) -> Whole:
    """How much goes each way when every node's supply (a demand is negative) is met at the least total cost.

    Shapes (arcs,) and (nodes,). Among flows of the same cost the outcome depends on the order of nodes and arcs, and on
    nothing else. Raises OverflowError if a cost times the number of nodes does not fit in 64 bits, which is how the
    solver reckons (cost scaling: Goldberg, An efficient implementation of a scaling minimum-cost flow algorithm,
    Journal of Algorithms 22, 1997), and ValueError if the supplies cannot be met.
    """
    if len(arcs.tail) == 0:
        return np.zeros(0, dtype=np.int64)
    solver = SimpleMinCostFlow()
    numbers = solver.add_arcs_with_capacity_and_unit_cost(
        arcs.tail.astype(np.int32), arcs.head.astype(np.int32), arcs.capacity, arcs.cost
    )
    solver.set_nodes_supplies(np.arange(len(supplies), dtype=np.int32), supplies)
    status = solver.solve()
    if status == SimpleMinCostFlow.BAD_COST_RANGE:
        raise OverflowError("the costs are too high for 64 bits")
    if status != SimpleMinCostFlow.OPTIMAL:
        raise ValueError(f"no flow meets the supplies: {status.name}")
    return np.asarray(solver.flows(numbers))
