"""The probability that enough people say yes, where each answers for themselves."""

from collections.abc import Iterable, Sequence


def at_least(k: int, probabilities: Iterable[float]) -> float:
    """The probability that at least `k` of independent events occur.

    The upper tail of the Poisson binomial distribution, exact, by adding one event at a time to the distribution
    of their number: P(n events, j occur) = P(n-1, j) (1 - p) + P(n-1, j-1) p (Barlow and Heidtmann, Computing
    k-out-of-n system reliability, IEEE Transactions on Reliability R-33, 1984).
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

    Each group is its number of open seats and the acceptance of everybody asked for one of them, nobody being
    counted in two groups. Groups fill independently then, so their tails multiply; that a yes left over in one
    group may fill a seat of another only adds to it.
    """
    product = 1.0
    for seats, acceptances in groups:
        product *= at_least(seats, acceptances)
    return product
