"""The matching of a batch against scipy's sparse matching of the same instance, and against first come, first served.

    python -m benchmarks.matching [--rounds 9]

Tasks of one urgency, and the members nearest to each; costs are travel minutes. 500 tasks of one seat and 20,000
members, both evenly over a city: people abound. And 200 tasks of three seats with 2,000 members: people are scarce, as
the tasks lie close together around two places, and want the same ones.

Timed of ours: `engine.match._cheapest`, which is all that a batch does between the ranked lists of people, with their
costs, and who is asked for what: numbering the members, leaving out whom no cheapest matching needs, the arrays of
arcs, the solver. Timed of scipy: the sparse matrix made of arrays of the same costs, a row a seat, with a column for
each seat that stays empty, at the same price, and `min_weight_full_bipartite_matching`. Both take turns; medians. The
objective is the minutes of all offers, and the price of each seat that stays empty, in thousandths of a minute; scipy's
is the optimum. First come, first served: task after task takes the nearest of its list who are left; over five seeds.
"""

import argparse
import gc
import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import NamedTuple
from uuid import UUID

import numpy as np
from asyncpg.pgproto.pgproto import UUID as DriverUUID
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching
from scipy.spatial import cKDTree

from benchmarks.measure import heading, verdict
from service.dispatch.engine import match as engine
from service.dispatch.engine.assign import group_seats
from service.dispatch.engine.problem import (
    Candidate,
    Mode,
    Place,
    Precedence,
    Problem,
    Seat,
    Section,
    Source,
)
from service.roster.rules import Tier
from service.tasks.rules import Urgency

NEAREST = 50
CITY_M = 40_000.0
NEIGHBOURHOODS = 2
SPREAD_M = 2_500.0
SEEDS = 5
MINUTES_A_METRE = 1.4 / 500.0
"""The road factor, and 30 km/h."""
UNITS = 1000
NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
SECTION = Section((600.0,), 0.9, ((0, 0.4),), 5.0, 10.0, NEAREST)


class Instance(NamedTuple):
    """Tasks by rows; of each the nearest members, and thousandths of a minute to them. Shapes (tasks, nearest)."""

    members: NDArray[np.int64]
    costs: NDArray[np.int64]
    seats: int
    """Of each task."""

    @property
    def all_seats(self) -> int:
        """Of all tasks."""
        return self.seats * len(self.costs)

    @property
    def price(self) -> int:
        """Of a seat that stays empty: more than all offers together."""
        return int(self.costs.max()) * self.all_seats + 1


def instance(tasks: int, members: int, seats: int, *, close_together: bool, seed: int = 1) -> Instance:
    """Tasks and members of a city, by seed."""
    draw = np.random.default_rng(seed)
    people = draw.uniform(0, CITY_M, (members, 2))
    places = draw.uniform(0, CITY_M, (tasks, 2))
    if close_together:
        middles = draw.uniform(0, CITY_M, (NEIGHBOURHOODS, 2))
        places = middles[draw.integers(0, NEIGHBOURHOODS, tasks)] + draw.normal(0, SPREAD_M, (tasks, 2))
    metres, nearest = cKDTree(people).query(places, NEAREST)
    # From 1 on: scipy takes a zero for no entry.
    costs = np.round(metres * MINUTES_A_METRE * UNITS).astype(np.int64) + 1
    return Instance(nearest.astype(np.int64), costs, seats)


def problems_of(given: Instance) -> list[Problem]:
    """The instance as the engine takes it. Keys are the driver's, as they are in the service."""
    place = Place(110.4, 21.2, UUID(int=1), Source.HOME, 300.0)
    people = {
        number: Candidate(DriverUUID(int_bytes(number)), "u1", place, Tier.NORMAL, 0.4)
        for number in np.unique(given.members).tolist()
    }
    return [
        Problem(
            mode=Mode.NORMAL,
            precedence=Precedence.NORMAL,
            urgency=Urgency.ROUTINE,
            category="flood",
            area_code="440802001001",
            section=SECTION,
            step=0,
            seats=tuple(
                Seat(DriverUUID(int_bytes(10**6 + row * given.seats + number)), number)
                for number in range(1, given.seats + 1)
            ),
            pending=(),
            candidates=tuple(people[each] for each in members),
            minutes={people[each].member_id: cost / UNITS for each, cost in zip(members, costs, strict=True)},
            searched_minutes=600.0,
            responsible_units=frozenset({"u1"}),
            neighbour_units=frozenset(),
            residents_of=None,
            office_hours=True,
            now=NOW,
            seed=row,
        )
        for row, (members, costs) in enumerate(zip(given.members.tolist(), given.costs.tolist(), strict=True))
    ]


def int_bytes(number: int) -> bytes:
    """A key made of a number."""
    return number.to_bytes(16, "big")


def by_scipy(given: Instance) -> int:
    """The objective of scipy's matching: the optimum."""
    rows, nearest = given.all_seats, given.members.shape[1]
    width = int(given.members.max()) + 1
    row = np.concatenate([np.repeat(np.arange(rows), nearest), np.arange(rows)])
    column = np.concatenate([np.repeat(given.members, given.seats, axis=0).ravel(), width + np.arange(rows)])
    costs = np.concatenate([np.repeat(given.costs, given.seats, axis=0).ravel(), np.full(rows, given.price)])
    matrix = csr_array((costs.astype(np.float64), (row, column)), shape=(rows, width + rows))
    chosen = min_weight_full_bipartite_matching(matrix)
    return round(matrix[chosen].sum())


def objective(given: Instance, minutes: Sequence[float]) -> int:
    """Of the offers that were made, by their minutes."""
    empty = given.all_seats - len(minutes)
    return sum(round(each * UNITS) for each in minutes) + empty * given.price


def first_come(given: Instance) -> int:
    """How many seats are filled when each task in turn takes the nearest who is left."""
    taken: set[int] = set()
    filled = 0
    for members in given.members.tolist():
        free = [member for member in members if member not in taken][: given.seats]
        taken.update(free)
        filled += len(free)
    return filled


def ours(given: Instance) -> tuple[list[Problem], Callable[[], list[tuple[engine._Wish, int]]]]:
    """The problems, and what is timed."""
    problems = problems_of(given)
    wishes = engine._wishes(problems, [group_seats(problem) for problem in problems])
    return problems, lambda: engine._cheapest(problems, wishes)


def timed(act: Callable[[], object]) -> float:
    """Milliseconds of one run, without the collector's pauses and what was done before it, for either side."""
    gc.collect()
    gc.disable()
    act()
    began = perf_counter()
    act()
    taken = (perf_counter() - began) * 1000
    gc.enable()
    return taken


def measure(name: str, given: Instance, rounds: int) -> None:
    """Print the times and objectives."""
    problems, act = ours(given)
    minutes = [problems[wish.problem].minutes[wish.people[place].member_id] for wish, place in act()]
    best, reached = by_scipy(given), objective(given, minutes)
    times: dict[str, list[float]] = {"ours": [], "scipy": [], "whole": []}
    for _ in range(rounds):
        times["ours"].append(timed(act))
        times["scipy"].append(timed(lambda: by_scipy(given)))
        times["whole"].append(timed(lambda: engine.match(problems)))
    mine, theirs, whole = (statistics.median(each) for each in times.values())
    print(f"\n{name}: {given.members.size:,} candidates, {len(minutes)} of {given.all_seats} seats filled")
    print(
        f"  ours {mine:8.1f} ms   scipy {theirs:8.1f} ms   engine.match whole, with its ledger {whole:8.1f} ms"
    )
    verdict(f"matching ÷ scipy, {name}", mine / theirs, most=1.0)
    verdict(f"objective ÷ optimum, {name}", reached / best, most=1.0)


def scarce(seed: int) -> Instance:
    """200 tasks that want the same people."""
    return instance(200, 2_000, 3, close_together=True, seed=seed)


def main(rounds: int) -> None:
    """Both instances."""
    heading("The matching of a batch")
    measure("500 × 20,000", instance(500, 20_000, 1, close_together=False), rounds)
    measure("200 × 2,000, scarce", scarce(1), rounds)
    filled = [(len(ours(scarce(seed))[1]()), first_come(scarce(seed))) for seed in range(1, SEEDS + 1)]
    print(
        "\nseats filled by the matching and first come, by seed:",
        *(f"{a} and {b}" for a, b in filled),
        sep="  ",
    )
    ratio = sum(matched for matched, _ in filled) / sum(first for _, first in filled)
    verdict("filled ÷ first come, first served, scarce", ratio, least=1.15)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=9)
    main(parser.parse_args().rounds)
