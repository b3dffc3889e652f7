"""A wave by sharing the target: for tasks where no wave reaches it, or where the smallest takes too long to find.

Pools, people and waves are those of `engine.wave.pools`. One thing differs: whom a later pool asked already, an earlier
one that asks once more passes over.
"""

from collections.abc import Sequence
from math import prod

from service.dispatch.engine.probability import Tail, reaches
from service.dispatch.engine.wave.pools import Pool, Wave


def shared_wave(
    pools: Sequence[Pool], acceptances: Sequence[float], target: float, fewest: int, most: int
) -> Wave:
    """Everybody who helps towards the target, at most `most`, and at least `fewest` as far as there are people.

    The pools share the target evenly, and each asks until it reaches its share. Where some fall short of theirs and
    the others can still make up for it, those aim higher. The scarce pools ask first, but leave the later ones an
    offer for each seat. Where the target is reached, no pool can do without the last whom it asks.
    """
    sharing = _Sharing(pools, acceptances, most)
    sharing.share(target)
    sharing.fill_up(fewest)
    if reaches(sharing.probability, target):
        sharing.trim(target, fewest)
    return tuple(tuple(part.asked) for part in sharing.parts)


class _Part:
    """What one pool has asked so far."""

    def __init__(self, pool: Pool, acceptances: Sequence[float]) -> None:
        self.pool = pool
        self.asked: list[int] = []
        self._acceptances = acceptances
        self._tail = Tail(pool.seats, pool.pending)
        self._tails = [self._tail.value]

    @property
    def tail(self) -> float:
        """The probability that the seats fill from those who were and are asked."""
        return self._tails[len(self.asked)]

    @property
    def tail_without_the_last(self) -> float:
        return self._tails[len(self.asked) - 1]

    @property
    def unasked_seats(self) -> int:
        """How many more it takes until as many are asked as there are seats, as far as there are people."""
        wanted = min(self.pool.seats - len(self.pool.pending), len(self.pool.people))
        return max(0, wanted - len(self.asked))

    def ask(self, person: int) -> None:
        self.asked.append(person)
        self._tail.add(self._acceptances[person])
        self._tails.append(self._tail.value)


class _Sharing:
    def __init__(self, pools: Sequence[Pool], acceptances: Sequence[float], most: int) -> None:
        self.parts = [_Part(pool, acceptances) for pool in pools]
        self._taken: set[int] = set()
        self._most = most

    @property
    def probability(self) -> float:
        return prod(part.tail for part in self.parts)

    def share(self, target: float) -> None:
        """Ask until the product of the tails reaches the target, or nobody is left who could help it there."""
        short: list[_Part] = []
        aim = target ** (1 / max(1, len(self.parts)))
        while True:
            for position, part in enumerate(self.parts):
                reserved = sum(later.unasked_seats for later in self.parts[position + 1 :])
                while not reaches(part.tail, aim) and self._room > reserved and self._ask_next(part):
                    pass
            fell_short = [part for part in self.parts if not reaches(part.tail, aim)]
            reached = prod(part.tail for part in fell_short)
            if len(fell_short) in (len(short), len(self.parts)) or reached <= target:
                return
            short = fell_short
            aim = (target / reached) ** (1 / (len(self.parts) - len(short)))

    def fill_up(self, fewest: int) -> None:
        """Ask until so many are asked, always for the part that is the least likely to fill."""
        while len(self._taken) < fewest and self._room > 0:
            if not any(self._ask_next(part) for part in sorted(self.parts, key=lambda part: part.tail)):
                return

    def trim(self, target: float, fewest: int) -> None:
        """Take back the last whom a part asks while the target is met without them, the farthest first."""
        while len(self._taken) > fewest:
            spare = [
                part for part in self.parts if part.asked and reaches(self._without_the_last(part), target)
            ]
            if not spare:
                return
            farthest = max(spare, key=lambda part: part.asked[-1])
            self._taken.remove(farthest.asked.pop())

    def _without_the_last(self, part: _Part) -> float:
        return prod(each.tail_without_the_last if each is part else each.tail for each in self.parts)

    @property
    def _room(self) -> int:
        return self._most - len(self._taken)

    def _ask_next(self, part: _Part) -> bool:
        """Ask the first who was not asked for anything; False if nobody is left."""
        person = next((person for person in part.pool.people if person not in self._taken), None)
        if person is None:
            return False
        part.ask(person)
        self._taken.add(person)
        return True
