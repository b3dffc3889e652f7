"""What a wave is: whom to ask for like seats, when asking nearest first.

People are numbers here: their positions in the order in which they are asked, nearest first. Seats that need the
same skills are a pool, and the pools stand in a fixed order, the scarcest first.

A wave is a vector (n_1, …, n_G): each pool asks the first n of its people whom no earlier pool asks. So within a
pool nobody who is left to it is passed over for somebody farther away, and each person counts once. The probability
of a wave is the product of its pools' tails.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.dispatch.engine.probability import all_filled

Wave = tuple[tuple[int, ...], ...]
"""Whom each pool asks, rising."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Like seats, and whom they may ask."""

    seats: int
    """At least 1."""
    pending: tuple[float, ...]
    """The acceptances of those who were asked before and have not answered."""
    people: tuple[int, ...]
    """Rising."""


def size(wave: Wave) -> int:
    """How many a wave asks."""
    return sum(len(asked) for asked in wave)


def probability(pools: Sequence[Pool], acceptances: Sequence[float], wave: Wave) -> float:
    """That all seats fill, given what is pending and who is asked (a lower bound); `acceptances` are by person."""
    return all_filled(
        (pool.seats, [*pool.pending, *(acceptances[person] for person in asked)])
        for pool, asked in zip(pools, wave, strict=True)
    )
