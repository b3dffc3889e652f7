"""Means over seeds with 95 % intervals, by Student's t; differences are paired by seed. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

T_975 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
"""The 97.5 % points of Student's t with 1 to 30 degrees of freedom."""
Z_975 = 1.959964


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over seeds, and the 95 % interval of it; None where there are fewer than two seeds."""

    mean: float
    low: float | None
    high: float | None
    seeds: int

    @property
    def excludes_zero(self) -> bool:
        """Whether 0 lies outside the interval."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def t_975(degrees: int) -> float:
    """The 97.5 % point of Student's t; beyond the table by the first terms of its expansion around the normal's
    (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5)."""
    if degrees <= len(T_975):
        return T_975[degrees - 1]
    z = Z_975
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)


def estimate(values: Sequence[float | None]) -> Estimate | None:
    """The mean of values by seed; seeds without one are left out. None: there is no value at all."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    count = len(known)
    mean = math.fsum(known) / count
    if count < 2:
        return Estimate(mean, None, None, count)
    variance = math.fsum((value - mean) ** 2 for value in known) / (count - 1)
    half = t_975(count - 1) * math.sqrt(variance / count)
    return Estimate(mean, mean - half, mean + half, count)


def difference(ours: Sequence[float | None], theirs: Sequence[float | None]) -> Estimate | None:
    """The paired difference, ours less theirs, over the seeds that both have a value for."""
    pairs = zip(ours, theirs, strict=True)
    return estimate([None if a is None or b is None else a - b for a, b in pairs])
