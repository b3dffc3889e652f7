"""The smallest wave: the fewest people with whom all seats fill with the target probability.

Of all waves (`engine.wave.pools`) that reach the target, the one with the smallest total; among those of the same total
the nearest: the one whose people, from the nearest on, stand first in the order; and if two ask the same people,
the one whose scarcer pools ask fewer.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from service.dispatch.engine.probability import ROUNDING, Tail, reaches
from service.dispatch.engine.wave.bounds import Bound, bounds_of, highest_products
from service.dispatch.engine.wave.pools import Pool, Wave, probability, size
from service.dispatch.engine.wave.share import shared_wave

MOST_WORK = 75_000
"""How much the enumeration may do for one wave, in steps of an inner loop.

Planning must stay in milliseconds, and this is about 15 of them. Tasks as they are take a few thousand steps; but
the number of waves grows exponentially with that of the pools, and the bounds are loose where many people qualify
for several pools and differ much in acceptance.
"""


def smallest_wave(
    pools: Sequence[Pool], acceptances: Sequence[float], target: float, fewest: int, most: int
) -> Wave:
    """The smallest wave of at least `fewest`, as far as there are people, and at most `most` that reaches the target.

    `acceptances` are by person. The wave is that of `engine.wave.share` where no wave reaches the target, where
    sharing it finds fewer people by giving a pool somebody out of turn, and where `MOST_WORK` cut the search short
    before it met a wave of the smallest total (after that, it is the nearest one met).
    """
    shared = shared_wave(pools, acceptances, target, fewest, most)
    if reaches(probability(pools, acceptances, shared), target):
        most = size(shared)
    most = min(most, len(acceptances))
    # Twice the rounding: the bounds are reckoned another way, and must not prune what just reaches.
    bounds = bounds_of(pools, acceptances, target - 2 * ROUNDING, most)
    if bounds is None:
        return shared
    found = _Search(pools, acceptances, target, bounds, most).smallest(fewest)
    return shared if found is None else found


class _TooMuchWork(Exception):
    pass


class _Queue:
    """Whom earlier pools leave to a pool, as far as it may ask them, with the tails of asking the first n of them.

    Those whom the pool asks for certain were added to `start` once for all queues, so that only the others differ.
    """

    def __init__(self, pool: Pool, bound: Bound, start: Tail, taken: int) -> None:
        left = (person for person in pool.people if not taken >> person & 1)
        self.people = tuple(islice(left, bound.most))
        self.reckoned = len(bound.sure)
        self._others = iter([person for person in self.people if person not in bound.sure])
        self._tail = start.copy()
        self._tails = {self.reckoned: start.value}

    def reckon_one_more(self, acceptances: Sequence[float]) -> None:
        """Reckon the tail of asking one more than `reckoned`."""
        self._tail.add(acceptances[next(self._others)])
        self.reckoned += 1
        self._tails[self.reckoned] = self._tail.value

    def tail(self, count: int) -> float:
        """The tail of asking the first `count`, not fewer than the bound's."""
        return self._tails[count]


class _Search:
    """Depth first by pool. Sets of people are integers, with a bit for each person."""

    def __init__(
        self,
        pools: Sequence[Pool],
        acceptances: Sequence[float],
        target: float,
        bounds: Sequence[Bound],
        most: int,
    ) -> None:
        self._pools = pools
        self._acceptances = acceptances
        self._target = target
        self._least = target - 2 * ROUNDING
        self._bounds = bounds
        self._most = most
        self._fewest = sum(bound.fewest for bound in bounds)
        self._at_best = [each.tolist() for each in highest_products(bounds, most - self._fewest)]
        self._masks = [_bits(pool.people) for pool in pools]
        self._starts = [
            Tail(pool.seats, [*pool.pending, *(acceptances[person] for person in sorted(bound.sure))])
            for pool, bound in zip(pools, bounds, strict=True)
        ]
        self._queues: dict[tuple[int, int], _Queue] = {}
        self._work = 0

    def smallest(self, fewest: int) -> Wave | None:
        """None if there is none or none was found in time."""
        nearest: list[int] = []
        found: Wave | None = None
        try:
            for total in range(max(self._fewest, min(fewest, self._most)), self._most + 1):
                if self._at_best[0][total - self._fewest] < self._least:
                    continue
                for wave in self._waves(0, total - self._fewest, 1.0, 0):
                    people = sorted(person for asked in wave for person in asked)
                    if found is None or people < nearest:
                        nearest, found = people, wave
                if found is not None:
                    break
        except _TooMuchWork:
            pass
        return found

    def _waves(self, number: int, spare: int, product: float, taken: int) -> Iterator[Wave]:
        """What pool `number` and all later ones may ask to reach the target, `spare` people more than their fewest
        together, when the earlier pools have reached `product` with those who are `taken`. Raises _TooMuchWork."""
        if number == len(self._pools):
            if reaches(product, self._target):
                yield ()
            return
        bound, later = self._bounds[number], self._at_best[number + 1]
        queue = self._queue(number, taken)
        for more in range(min(spare, len(queue.people) - bound.fewest, len(bound.tails) - 1) + 1):
            self._spend(1)
            if product * bound.tails[more] * later[spare - more] < self._least:
                continue
            reached = product * self._tail(queue, number, bound.fewest + more)
            if reached * later[spare - more] >= self._least:
                asked = queue.people[: bound.fewest + more]
                for others in self._waves(number + 1, spare - more, reached, taken | _bits(asked)):
                    yield (asked, *others)

    def _queue(self, number: int, taken: int) -> _Queue:
        key = number, taken & self._masks[number]
        if key not in self._queues:
            pool, bound = self._pools[number], self._bounds[number]
            self._spend(bound.most + pool.seats)
            self._queues[key] = _Queue(pool, bound, self._starts[number], taken)
        return self._queues[key]

    def _tail(self, queue: _Queue, number: int, count: int) -> float:
        while queue.reckoned < count:
            self._spend(self._pools[number].seats)
            queue.reckon_one_more(self._acceptances)
        return queue.tail(count)

    def _spend(self, steps: int) -> None:
        self._work += steps
        if self._work > MOST_WORK:
            raise _TooMuchWork


def _bits(people: Sequence[int]) -> int:
    return sum(1 << person for person in people)
