"""Dividing a connected graph of points into connected regions of given sizes.

A power diagram whose weights are tuned until each cell holds its share of the points (Aurenhammer, Hoffmann
and Aronov, "Minkowski-type theorems and least-squares clustering", 1998), grown over the graph: the point
of least power distance that a region can reach is taken next, so every region is connected and has at least
its seed, whatever the coast looks like.
"""

import heapq

import numpy as np

from service.demo.plane import Array

_ROUNDS = 40
_STEP = 0.15


def balance(points: Array, seeds: Array, targets: Array, drift: float) -> tuple[Array, Array]:
    """Seeds, shape (k, 2), and weights, shape (k,), of a power diagram with about `targets` points a cell.

    `points` has shape (n, 2), `seeds` (k, 2), in kilometres; `targets` (k,) are positive and sum to about
    n. `drift` is how far a seed may follow the centroid of its cell: 0 stays, 1 is Lloyd's algorithm.
    """
    weights = np.zeros(len(seeds))
    if len(seeds) == 1:
        return seeds, weights
    moved = seeds
    for _ in range(_ROUNDS):
        label = np.argmin(_squared(points, moved) - weights, axis=1)
        counts = np.bincount(label, minlength=len(seeds))
        apart = _squared(moved, moved)
        np.fill_diagonal(apart, np.inf)
        weights += _STEP * apart.min(axis=1) * np.clip((targets - counts) / targets, -1.0, 1.0)
        sums = np.stack([np.bincount(label, points[:, axis], len(seeds)) for axis in (0, 1)], axis=1)
        centroids = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], moved)
        start = moved if drift == 1.0 else seeds
        moved = start + drift * (centroids - start)
    return moved, weights


def grow(points: Array, neighbours: list[list[int]], seeds: Array, weights: Array) -> list[int]:
    """The region of each point. Every region is connected and not empty.

    Raises ValueError when there are fewer points than seeds or the graph is not connected.
    """
    if len(points) < len(seeds):
        raise ValueError(f"{len(points)} points cannot hold {len(seeds)} regions")
    cost = _squared(points, seeds) - weights
    region = [-1] * len(points)
    for number in range(len(seeds)):
        free = [i for i, taken in enumerate(region) if taken < 0]
        region[free[int(np.argmin(cost[free, number] + weights[number]))]] = number
    queue = [
        (float(cost[next_, number]), number, next_)
        for point, number in enumerate(region)
        if number >= 0
        for next_ in neighbours[point]
    ]
    heapq.heapify(queue)
    while queue:
        _, number, point = heapq.heappop(queue)
        if region[point] >= 0:
            continue
        region[point] = number
        for next_ in neighbours[point]:
            if region[next_] < 0:
                heapq.heappush(queue, (float(cost[next_, number]), number, next_))
    if min(region) < 0:
        raise ValueError("the points are not connected")
    return region


def _squared(points: Array, seeds: Array) -> Array:
    gap = points[:, None, :] - seeds[None, :, :]
    squared: Array = np.einsum("ijk,ijk->ij", gap, gap)
    return squared
