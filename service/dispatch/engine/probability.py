"""The probability that enough people say yes, where each answers for themselves."""

from collections.abc import Iterable, Sequence

_ROUNDING = 1e-9


def reaches(probability: float, target: float) -> bool:
    """Whether a probability is at least the target, but for rounding in its last digits."""
    return probability >= target - _ROUNDING


def at_least(k: int, probabilities: Iterable[float]) -> float:
    """The probability that at least `k` of independent events occur.

    The upper tail of the Poisson binomial distribution, exact, by adding one event at a time:
    P(j of n occur) = P(j of n-1) (1 - p) + P(j-1 of n-1) p (Barlow and Heidtmann, Computing k-out-of-n system
    reliability, IEEE Transactions on Reliability R-33, 1984).
    """
    if k <= 0:
        return 1.0
    # fewer[j]: exactly j have occurred so far, for j < k; the rest of the probability is the tail.
    fewer = [1.0] + [0.0] * (k - 1)
    tail = 0.0
    for p in probabilities:
        tail += fewer[-1] * p
        for j in range(k - 1, 0, -1):
            fewer[j] = fewer[j] * (1.0 - p) + fewer[j - 1] * p
        fewer[0] *= 1.0 - p
    return min(tail, 1.0)


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
