"""What each pool of a wave could reach at best, whomever the others ask: this prunes the search for the smallest."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

import numpy as np
import numpy.typing as npt

from service.dispatch.engine.probability import Tail
from service.dispatch.engine.wave.pools import Pool

Floats = npt.NDArray[np.float64]

ROUNDS = 2
"""How often the bounds are tightened: the better it is known how many each pool asks, the better it is known whom.
A third round changes little."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How many one pool asks in any wave that reaches the target, and its tail at best."""

    fewest: int
    tails: tuple[float, ...]
    """Of asking `fewest`, of asking one more, …; rising, at least one."""
    sure: frozenset[int] = frozenset()
    """Whom it asks for certain."""

    @property
    def most(self) -> int:
        """How many it asks at most."""
        return self.fewest + len(self.tails) - 1


class _Left(Enum):
    """Whether the earlier pools leave somebody to the later ones."""

    YES = auto()
    PERHAPS = auto()
    NO = auto()


def bounds_of(
    pools: Sequence[Pool], acceptances: Sequence[float], target: float, most: int
) -> list[Bound] | None:
    """Bounds that hold in every wave of at most `most` people that reaches the target; None: there is no such wave.

    No tail is above 1, so each must reach the target by itself; for that a pool needs so many of its likeliest
    people, and it has at most what the others' needs leave.
    """
    ranges = [(_need(pool, acceptances, target), most) for pool in pools]
    bounds: list[Bound] = []
    for _ in range(ROUNDS):
        left = [_Left.YES] * len(acceptances)
        bounds = []
        for number, pool in enumerate(pools):
            fewest, highest = ranges[number]
            others = sum(bound.fewest for bound in bounds) + sum(each for each, _ in ranges[number + 1 :])
            tails = _highest_tails(pool, acceptances, left, fewest, highest, most - others)
            bound = _within(fewest, tails, tails >= target)
            if bound is None:
                return None
            bounds.append(replace(bound, sure=_leave(pool, bound, left)))
        tightened = _tightened(bounds, target, most)
        if tightened is None:
            return None
        bounds = tightened
        ranges = [(bound.fewest, bound.most) for bound in bounds]
    return bounds


def highest_products(bounds: Sequence[Bound], spare: int) -> list[Floats]:
    """By pool, and then none: the highest product of tails of that pool and all later ones, by how many more people
    than their `fewest` they ask together, from 0 to `spare`."""
    best = np.zeros(spare + 1)
    best[0] = 1.0
    found = [best]
    for bound in reversed(bounds):
        best = _combined(_padded(bound, spare), best)
        found.append(best)
    return found[::-1]


def _tightened(bounds: Sequence[Bound], target: float, most: int) -> list[Bound] | None:
    """The bounds without the numbers with which, at best, all pools together miss the target; None if all do."""
    spare = most - sum(bound.fewest for bound in bounds)
    if spare < 0:
        return None
    earlier = np.zeros(spare + 1)
    earlier[0] = 1.0
    found = []
    for bound, later in zip(bounds, highest_products(bounds, spare)[1:], strict=True):
        tails = _padded(bound, spare)
        # By how many this one asks beyond its fewest: what the others reach with what is left for them.
        others = np.maximum.accumulate(_combined(earlier, later))[::-1]
        tightened = _within(bound.fewest, tails, tails * others >= target)
        if tightened is None:
            return None
        found.append(replace(tightened, sure=bound.sure))
        earlier = _combined(tails, earlier)
    return found


def _padded(bound: Bound, spare: int) -> Floats:
    tails = np.zeros(spare + 1)
    tails[: len(bound.tails)] = bound.tails[: spare + 1]
    return tails


def _combined(one: Floats, other: Floats) -> Floats:
    """For each total the highest product of two entries whose indices add up to it; for equal lengths."""
    padded = np.concatenate([np.zeros(len(other) - 1), other])
    rows_by_total = np.lib.stride_tricks.sliding_window_view(padded, len(other))[:, ::-1]
    return np.asarray((rows_by_total * one).max(axis=1))


def _need(pool: Pool, acceptances: Sequence[float], target: float) -> int:
    """How many of its likeliest people a pool must ask for its tail to reach the target; one more than it has if
    all of them do not suffice."""
    tail = Tail(pool.seats, pool.pending)
    likeliest = sorted((acceptances[person] for person in pool.people), reverse=True)
    for count, chance in enumerate(likeliest):
        if tail.value >= target:
            return count
        tail.add(chance)
    return len(likeliest) + (tail.value < target)


def _within(fewest: int, tails: Floats, possible: npt.NDArray[np.bool_]) -> Bound | None:
    """The bound from the first possible number to the last; None if there is none."""
    numbers = np.flatnonzero(possible)
    if not len(numbers):
        return None
    return Bound(fewest + int(numbers[0]), tuple(tails[numbers[0] : numbers[-1] + 1].tolist()))


def _leave(pool: Pool, bound: Bound, left: list[_Left]) -> frozenset[int]:
    """Note whom the pool leaves to the later ones, and say whom it asks for certain.

    It asks in order. So it asks, unless earlier pools do, everybody before whom there are too few to be all it
    asks; and nobody before whom there are, surely left to it, as many as it asks at most.
    """
    before = surely_before = 0
    sure = set()
    for person in pool.people:
        was = left[person]
        if was is _Left.NO:
            continue
        if before < bound.fewest:
            left[person] = _Left.NO
            if was is _Left.YES:
                sure.add(person)
        elif surely_before < bound.most:
            left[person] = _Left.PERHAPS
        before += 1
        surely_before += was is _Left.YES
    return frozenset(sure)


def _highest_tails(
    pool: Pool,
    acceptances: Sequence[float],
    left: Sequence[_Left],
    fewest: int,
    most: int,
    reach: int,
) -> Floats:
    """Bounds of the pool's tail when it asks n = `fewest`, …, `most` people, as far as it has so many.

    A pool that asks n has asked all who are surely left to it among its first n people, and got no farther than
    before the (n+1)th of those; the others of the n are at best the likeliest of whoever else may be left to it
    there. (More likely people make the tail higher, one by one.)
    """
    people = [person for person in pool.people if left[person] is not _Left.NO][: max(0, reach)]
    sure = np.array([left[person] is _Left.YES for person in people], dtype=bool)
    chances = np.array([acceptances[person] for person in people], dtype=float)
    asked = np.arange(fewest, min(most, len(people)) + 1)[:, None]
    if not len(asked):
        return np.zeros(0)
    column = np.arange(len(people))
    in_reach = column < np.searchsorted(np.cumsum(sure), asked, side="right")
    certain = sure & (column < asked)
    order = np.argsort(-np.where(certain, 2.0, np.where(in_reach, chances, -1.0)), axis=1, kind="stable")
    best = np.where(column < asked, chances[order], 0.0)
    # The steps of `probability.Tail`, for all n at once; whoever is not asked says yes with probability 0.
    fewer = np.zeros((pool.seats, len(asked)))
    fewer[0] = 1.0
    tails = np.zeros(len(asked))
    for chance in [*pool.pending, *best.T[: int(asked[-1, 0])]]:
        occurred = fewer * chance
        tails += occurred[-1]
        fewer -= occurred
        fewer[1:] += occurred[:-1]
    return np.asarray(np.minimum(tails, 1.0))
