"""Batches of a stream of tasks and workers against the offline optimum, which knows the whole stream beforehand.

    python -m benchmarks.online [TASKS WORKERS] [--speed 357] [--every 1] [--seeds 5]

Both files have a line `x y t deadline` for each task, and for each worker (docs/benchmarks.md); without them streams
are made up by seed. A worker serves one task, and reaches it in a straight line at `--speed` (length units a time unit;
357 m a minute is 30 km/h over ways 1.4 times as long as the straight line). A task that is not reached by its deadline
is lost.

Online: every `--every` time units all tasks that wait are matched by `engine.match` with the nearest 50 workers who are
there and would come in time; who is matched goes, and is not called back. Offline: the greatest matching of all tasks
with all workers who could have been sent in time (Hopcroft and Karp, by scipy). First come, first served: each task in
turn takes the nearest worker who is there, at the same moments.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from scipy.spatial import cKDTree

from benchmarks.measure import heading, verdict
from benchmarks.streams import Arrival, BadLines, made_up, parse
from service.dispatch.engine.match import match
from service.dispatch.engine.problem import Candidate, Mode, Place, Precedence, Problem, Seat, Section, Source
from service.roster.rules import Tier
from service.tasks.rules import Urgency

NEAREST = 50
SPEED = 357.0
EVERY = 1.0
NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
FOREVER = 1e9
SECTION = Section((FOREVER,), 0.9, ((0, 0.4),), 5.0, 10.0, 1)
NOWHERE = Place(110.4, 21.2, UUID(int=1), Source.HOME, 300.0)
Floats = NDArray[np.float64]


class Served(NamedTuple):
    """How many tasks were reached in time, and how long the ways were together."""

    tasks: int
    travel: float


def offline(tasks: Sequence[Arrival], workers: Sequence[Arrival], speed: float) -> int:
    """The most tasks that can be reached in time."""
    there, who = np.array(tasks), np.array(workers)
    rows, columns = [], []
    for row, (x, y, t, deadline) in enumerate(there):
        sent = np.maximum(t, who[:, 2])
        arrives = sent + np.hypot(who[:, 0] - x, who[:, 1] - y) / speed
        found = np.flatnonzero((sent <= who[:, 3]) & (arrives <= deadline))
        rows.append(np.full(len(found), row))
        columns.append(found)
    row, column = np.concatenate(rows), np.concatenate(columns)
    could = csr_array((np.ones(len(row)), (row, column)), shape=(len(there), len(who)))
    return int((maximum_bipartite_matching(could, perm_type="column") >= 0).sum())


def matched(
    waiting: Sequence[int], near: Sequence[Sequence[tuple[int, float]]]
) -> list[tuple[int, int, float]]:
    """(task, worker, travel) by the engine, of tasks with the workers near each."""
    people: dict[int, Candidate] = {}
    for each in near:
        for worker, _ in each:
            people.setdefault(worker, Candidate(UUID(int=worker + 1), "u1", NOWHERE, Tier.NORMAL, 0.5))
    problems = [
        Problem(
            mode=Mode.NORMAL,
            precedence=Precedence.NORMAL,
            urgency=Urgency.ROUTINE,
            category="flood",
            area_code="440802001001",
            section=SECTION,
            step=0,
            seats=(Seat(UUID(int=10**9 + task), 1),),
            pending=(),
            candidates=tuple(people[worker] for worker, _ in each),
            minutes={people[worker].member_id: travel for worker, travel in each},
            searched_minutes=FOREVER,
            responsible_units=frozenset({"u1"}),
            neighbour_units=frozenset(),
            residents_of=None,
            office_hours=True,
            now=NOW,
            seed=task,
        )
        for task, each in zip(waiting, near, strict=True)
    ]
    return [
        (task, offer.member_id.int - 1, offer.minutes)
        for task, plan in zip(waiting, match(problems), strict=True)
        for offer in plan.offers
    ]


def first_come(
    waiting: Sequence[int], near: Sequence[Sequence[tuple[int, float]]]
) -> list[tuple[int, int, float]]:
    """The same, each task in turn."""
    taken: set[int] = set()
    found = []
    for task, each in zip(waiting, near, strict=True):
        free = next(((worker, travel) for worker, travel in each if worker not in taken), None)
        if free is not None:
            taken.add(free[0])
            found.append((task, *free))
    return found


def online(
    tasks: Sequence[Arrival], workers: Sequence[Arrival], speed: float, every: float, policy: object
) -> Served:
    """Batch after batch."""
    there, who = np.array(tasks), np.array(workers)
    open_, free = np.ones(len(there), dtype=bool), np.ones(len(who), dtype=bool)
    served, travelled = 0, 0.0
    now = float(there[:, 2].min())
    while now <= there[:, 3].max():
        waiting = np.flatnonzero(open_ & (there[:, 2] <= now) & (there[:, 3] >= now))
        here = np.flatnonzero(free & (who[:, 2] <= now) & (who[:, 3] >= now))
        if len(waiting) and len(here):
            length, found = cKDTree(who[here, :2]).query(there[waiting, :2], min(NEAREST, len(here)))
            length, found = length.reshape(len(waiting), -1), found.reshape(len(waiting), -1)
            near = [
                [
                    (int(here[n]), d / speed)
                    for n, d in zip(row, lengths, strict=True)
                    if now + d / speed <= there[task, 3]
                ]
                for task, row, lengths in zip(waiting, found.tolist(), length.tolist(), strict=True)
            ]
            for task, worker, travel in policy(waiting.tolist(), near):  # type: ignore[operator]
                open_[task], free[worker] = False, False
                served += 1
                travelled += travel
        now += every
    return Served(served, travelled)


def read(path: Path) -> list[Arrival]:
    """A file's stream. Exits with what is wrong with it."""
    try:
        return parse(path.read_text().splitlines(), path.name)
    except (OSError, UnicodeDecodeError, BadLines) as error:
        sys.exit(str(error))


def measure(
    name: str, streams: Sequence[tuple[list[Arrival], list[Arrival]]], speed: float, every: float
) -> tuple[float, float]:
    """A line a stream; gives what the batches serve, and what first come, first served does, ÷ the optimum."""
    print(f"\n{name}\n{'stream':>8}{'tasks':>8}{'workers':>9}{'offline':>9}", end="")
    print(f"{'batches':>9}{'travel':>9}{'first come':>12}{'travel':>9}")
    totals = np.zeros(3)
    for number, (tasks, workers) in enumerate(streams, 1):
        best = offline(tasks, workers, speed)
        ours = online(tasks, workers, speed, every, matched)
        theirs = online(tasks, workers, speed, every, first_come)
        totals += best, ours.tasks, theirs.tasks
        means = [each.travel / max(each.tasks, 1) for each in (ours, theirs)]
        print(f"{number:8}{len(tasks):8}{len(workers):9}{best:9}", end="")
        print(f"{ours.tasks:9}{means[0]:9.2f}{theirs.tasks:12}{means[1]:9.2f}")
    if totals[0] == 0:
        sys.exit("No worker could reach any task in time, whatever is known beforehand: look at --speed.")
    return totals[1] / totals[0], totals[2] / totals[0]


def main(files: Sequence[Path], speed: float, every: float, seeds: int) -> None:
    """Print the tables and the ratios."""
    heading("Online batches against the offline optimum")
    if files:
        ours, theirs = measure(
            f"{files[0].name}, {files[1].name}", [(read(files[0]), read(files[1]))], speed, every
        )
        verdict("online batches ÷ offline optimum", ours, least=0.97)
        verdict("first come, first served ÷ offline optimum", theirs)
        return
    for name, workers, least in (
        ("three workers for two tasks", 900, 0.97),
        ("a worker for each task", 600, None),
    ):
        streams = [made_up(seed, workers) for seed in range(1, seeds + 1)]
        ours, theirs = measure(name, streams, speed, every)
        verdict(f"online batches ÷ offline optimum, {name}", ours, least=least)
        verdict(f"first come, first served ÷ offline optimum, {name}", theirs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="TASKS WORKERS")
    parser.add_argument("--speed", type=float, default=SPEED)
    parser.add_argument("--every", type=float, default=EVERY)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    if len(options.files) not in (0, 2):
        parser.error("name two files, the tasks and the workers, or none")
    if not (options.speed > 0 and options.every > 0 and options.seeds > 0):
        parser.error("--speed, --every and --seeds must be greater than 0")
    main(options.files, options.speed, options.every, options.seeds)
