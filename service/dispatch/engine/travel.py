"""Travel times from one task to many points over the grid graph.

Where the straight line stays on land, its length times the road factor, divided by the speed. Otherwise
the cheapest path over the nodes of the grid graph, each leg inside a leaf reckoned the same way and each link
with its own minutes; never less than the straight line would take. Metres are those of the graph's plane.
"""

import heapq
import math

import numpy as np
from numpy.typing import NDArray

from service.grids.graph import GridGraph, Located, Points

Minutes = NDArray[np.float64]

_ROUNDING_M = 0.01


class Search:
    """A search outwards from a task, shared by all candidates.

    It keeps what it has settled: asking again with a wider bound goes on from there (Dijkstra, Numerische
    Mathematik 1, 1959). Not to be shared between threads, though the graph may be.
    """

    def __init__(self, graph: GridGraph, start: Located, *, speed_kmh: float, road_factor: float) -> None:
        """`start` is the task's position as `graph` located it."""
        self._graph = graph
        self._start = start
        self._minutes_per_metre = road_factor / (speed_kmh * 1000.0 / 60.0)
        self._start_leaf = graph.position(start.leaf.id)
        self._best: dict[int, float] = {}
        self._settled: dict[int, float] = {}
        self._frontier: list[tuple[float, int]] = []
        self._relax(self._start_leaf, start.x, start.y, 0.0)

    def metres_within(self, minutes: float) -> float:
        """How far away, in a straight line, something at most that many minutes away can be.

        Leaves nearer than this hold everybody within `minutes`: no way is faster than the straight line.
        """
        return minutes / self._minutes_per_metre + _ROUNDING_M

    def minutes(self, points: Points, within: float) -> Minutes:
        """The travel minutes to each point, shape (n,).

        Exact up to `within`. Beyond it, a point that can be reached has some finite lower bound greater than
        `within`; one that cannot be reached at all has `math.inf`.
        """
        start = self._start
        straight = np.hypot(points.x - start.x, points.y - start.y) * self._minutes_per_metre
        direct = (points.leaf == self._start_leaf) | self._graph.on_land(start.x, start.y, points.x, points.y)
        component = self._graph.component
        reachable = direct | (component[points.leaf] == component[self._start_leaf])
        minutes = np.where(reachable, straight, math.inf)

        around = np.flatnonzero(reachable & ~direct & (straight <= within))
        if len(around) > 0:
            self._settle(within)
            ends = zip(
                points.leaf[around].tolist(),
                points.x[around].tolist(),
                points.y[around].tolist(),
                strict=True,
            )
            over = np.array([self._over_nodes(leaf, x, y) for leaf, x, y in ends])
            minutes[around] = np.maximum(straight[around], over)
        # Nodes that are not settled yet may undercut what was found beyond the bound: keep only the bound.
        beyond = np.flatnonzero(reachable & ~direct & (minutes > within))
        minutes[beyond] = np.maximum(straight[beyond], np.nextafter(within, math.inf))
        return minutes

    def _over_nodes(self, leaf: int, x: float, y: float) -> float:
        """The minutes to a point of a leaf from its settled nodes; infinite where none is settled yet."""
        nodes, settled, per_metre = self._graph.nodes, self._settled, self._minutes_per_metre
        return min(
            (
                settled[node] + math.hypot(nodes.xs[node] - x, nodes.ys[node] - y) * per_metre
                for node in nodes.of_leaf[leaf]
                if node in settled
            ),
            default=math.inf,
        )

    def _settle(self, within: float) -> None:
        """Settle every node at most `within` minutes away."""
        nodes, settled, frontier = self._graph.nodes, self._settled, self._frontier
        while frontier and frontier[0][0] <= within:
            minutes, node = heapq.heappop(frontier)
            if node in settled:
                continue
            settled[node] = minutes
            for leaf in nodes.leaves[node]:
                self._relax(leaf, nodes.xs[node], nodes.ys[node], minutes)
            for other, link_minutes in nodes.links[node]:
                self._improve(other, minutes + link_minutes)

    def _relax(self, leaf: int, x: float, y: float, minutes: float) -> None:
        """Go on from (x, y), `minutes` away, to all nodes of a leaf in which it lies."""
        # Plain numbers: a leaf has a handful of nodes, for which an array costs ten times what it saves.
        nodes, settled, per_metre = self._graph.nodes, self._settled, self._minutes_per_metre
        for node in nodes.of_leaf[leaf]:
            if node not in settled:
                self._improve(node, minutes + math.hypot(nodes.xs[node] - x, nodes.ys[node] - y) * per_metre)

    def _improve(self, node: int, minutes: float) -> None:
        if minutes < self._best.get(node, math.inf):
            self._best[node] = minutes
            heapq.heappush(self._frontier, (minutes, node))
