"""The probability that enough people say yes, where each answers for themselves."""

from collections.abc import Iterable, Sequence

ROUNDING = 1e-9
"""By how much a probability may miss a target: two ways to reckon the same one differ in its last digits."""


def reaches(probability: float, target: float) -> bool:
    """Whether a probability is at least the target, but for rounding in its last digits."""
    return probability >= target - ROUNDING


class Tail:
    """The probability that at least `k` of independent events occur, kept as events are added.

    The upper tail of the Poisson binomial distribution, exact, by adding one event at a time:
    P(j of n occur) = P(j of n-1) (1 - p) + P(j-1 of n-1) p (Barlow and Heidtmann, Computing k-out-of-n system
    reliability, IEEE Transactions on Reliability R-33, 1984).
    """

    def __init__(self, k: int, probabilities: Iterable[float] = ()) -> None:
        # _fewer[j]: exactly j have occurred so far, for j < k; the rest of the probability is the tail.
        self._fewer = [1.0] + [0.0] * (k - 1) if k > 0 else []
        self._tail = 0.0 if k > 0 else 1.0
        for p in probabilities:
            self.add(p)

    @property
    def value(self) -> float:
        """The probability."""
        return min(self._tail, 1.0)

    def copy(self) -> "Tail":
        """The same so far, to go on apart."""
        copied = Tail(0)
        copied._fewer, copied._tail = self._fewer.copy(), self._tail
        return copied

    def add(self, p: float) -> None:
        """One more event, which occurs with probability `p`."""
        fewer = self._fewer
        if fewer:
            self._tail += fewer[-1] * p
            for j in range(len(fewer) - 1, 0, -1):
                fewer[j] = fewer[j] * (1.0 - p) + fewer[j - 1] * p
            fewer[0] *= 1.0 - p


def at_least(k: int, probabilities: Iterable[float]) -> float:
    """The probability that at least `k` of independent events occur."""
    return Tail(k, probabilities).value


def all_filled(groups: Iterable[tuple[int, Sequence[float]]]) -> float:
    """A lower bound of the probability that all seats fill.

    Each group is its number of open seats and the acceptances of everybody asked for one of them. Nobody is
    counted in two groups, so the groups are independent and their tails multiply. A yes takes a seat of its
    own group while one is open; that it may otherwise take another group's seat can only help.
    """
    product = 1.0
    for seats, acceptances in groups:
        product *= at_least(seats, acceptances)
    return product
