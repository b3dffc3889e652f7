"""Common random numbers: every draw is a hash of the seed and of what it is about, never of what came before.

So all policies meet the same tasks and the same people with the same answers, and what differs between two runs of a
seed is the policy. (Common random numbers: Law, Simulation Modeling and Analysis, 5th edition, section 11.2.) Pure.
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Shares = NDArray[np.float64]
"""Uniform draws in (0, 1), one a member."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


class Draws:
    """All luck of one seed. Members are told apart by their number, which outlives a reload of the city."""

    def __init__(self, seed: int, numbers: Sequence[str]) -> None:
        self._seed = seed
        self._members = np.array([_key(number) for number in numbers], dtype=np.uint64)

    def one(self, *about: str | int) -> float:
        """One uniform draw in (0, 1) about something."""
        return float(_uniform(np.array([self._key(about)], dtype=np.uint64))[0])

    def of_members(self, *about: str | int) -> Shares:
        """One uniform draw in (0, 1) a member, about the same thing. Shape (members,)."""
        return _uniform(self._members ^ np.full(len(self._members), self._key(about), dtype=np.uint64))

    def _key(self, about: Sequence[str | int]) -> int:
        return _key("/".join(str(each) for each in (self._seed, *about)))


def spread(shares: Shares, median: float, shape: float) -> Shares:
    """Draws from a log-logistic distribution: half are below `median`, and the higher `shape`, the closer to it.

    People answer and arrive in such skewed, long-tailed times; its quantiles are median × (u ÷ (1 − u))^(1 ÷ shape).
    """
    return np.asarray(median * (shares / (1.0 - shares)) ** (1.0 / shape))


def _key(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def _uniform(keys: NDArray[np.uint64]) -> Shares:
    """SplitMix64's last steps (Steele, Lea and Flood, Fast splittable pseudorandom number generators, OOPSLA 2014)."""
    mixed = keys + _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND
    mixed ^= mixed >> np.uint64(31)
    return ((mixed >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
