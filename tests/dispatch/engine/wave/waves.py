"""All waves there are, and the best of them by looking at each."""

from collections.abc import Iterator, Sequence
from itertools import product

from service.dispatch.engine.wave.pools import Pool, Wave

ROUNDING = 1e-9


def tail(seats: int, chances: Sequence[float]) -> float:
    """The probability of at least so many yeses, by the spread of their number."""
    spread = [1.0]
    for chance in chances:
        spread = [
            (spread[yes] if yes < len(spread) else 0.0) * (1 - chance)
            + (spread[yes - 1] * chance if yes else 0.0)
            for yes in range(len(spread) + 1)
        ]
    return sum(spread[seats:])


def probability_of(pools: Sequence[Pool], acceptances: Sequence[float], wave: Wave) -> float:
    reached = 1.0
    for pool, asked in zip(pools, wave, strict=True):
        reached *= tail(pool.seats, [*pool.pending, *(acceptances[person] for person in asked)])
    return reached


def all_waves(pools: Sequence[Pool]) -> Iterator[Wave]:
    """Each pool asks the first n of its people whom no earlier one asks, for each vector of numbers."""
    for numbers in product(*(range(len(pool.people) + 1) for pool in pools)):
        taken: set[int] = set()
        wave = []
        for pool, number in zip(pools, numbers, strict=True):
            asked = [person for person in pool.people if person not in taken][:number]
            if len(asked) < number:
                break
            taken.update(asked)
            wave.append(tuple(asked))
        else:
            yield tuple(wave)


def size(wave: Wave) -> int:
    return sum(len(asked) for asked in wave)


def by_enumeration(
    pools: Sequence[Pool],
    acceptances: Sequence[float],
    target: float,
    fewest: int,
    most: int,
) -> Wave | None:
    def order(wave: Wave) -> tuple[int, list[int], list[int]]:
        people = sorted(person for asked in wave for person in asked)
        return len(people), people, [len(asked) for asked in wave]

    fewest = min(fewest, most, len(acceptances))
    reaching = (
        wave
        for wave in all_waves(pools)
        if fewest <= size(wave) <= most and probability_of(pools, acceptances, wave) >= target - ROUNDING
    )
    return min(reaching, key=order, default=None)
