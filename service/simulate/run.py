"""Running seeds on several processors, with progress, until all are done or somebody interrupts."""

import multiprocessing
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

from service.simulate.day import draw_day
from service.simulate.outcome import Outcome, live
from service.simulate.policies.blast import Blast
from service.simulate.policies.clairvoyant import limit
from service.simulate.policies.first_come import FirstCome
from service.simulate.policies.nearest3 import Nearest3
from service.simulate.policies.ours import Ours
from service.simulate.scenario import Scenario
from service.simulate.stage import Stage
from service.simulate.world import Luck, Policy, World

BASE = "base"
OURS, CLAIRVOYANT = "ours", "clairvoyant"
LOOK_S = 0.2
"""How often it is looked whether somebody interrupts."""


def nearest3_late(world: World) -> Policy:
    """The nearest three, where a yes after the 30 s still counts."""
    return Nearest3(world, late_counts=True)


POLICIES: Mapping[str, Callable[[World], Policy]] = {
    OURS: Ours,
    "nearest3": Nearest3,
    "blast": Blast,
    "first_come": FirstCome,
    "nearest3_late": nearest3_late,
}
"""Those that ask people one by one; the clairvoyant is reckoned apart."""
ALL = (*POLICIES, CLAIRVOYANT)
DEFAULT = (OURS, "nearest3", "blast", "first_come", CLAIRVOYANT)


@dataclass(frozen=True, slots=True)
class Variant:
    """A city as it is, or changed: what is tried, in words."""

    name: str
    title_zh: str
    title_en: str
    stage: Stage


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run. Variants other than the first are run under our own policy alone."""

    scenario: Scenario
    variants: Sequence[Variant]
    policies: Sequence[str]
    seeds: Sequence[int]
    jobs: int


@dataclass(frozen=True, slots=True)
class Place:
    """A task's place, for the map; degrees."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class SeedResult:
    """All that came of one seed."""

    seed: int
    places: tuple[Place, ...]
    """Of the tasks, by number."""
    outcomes: Mapping[tuple[str, str], Outcome]
    """By variant and policy."""


def run_seed(order: Order, seed: int) -> SeedResult:
    """One seed under all policies, and under ours in all variants."""
    outcomes: dict[tuple[str, str], Outcome] = {}
    places: tuple[Place, ...] = ()
    for variant in order.variants:
        luck = Luck(draw_day(variant.stage, seed))
        base = variant is order.variants[0]
        if base:
            places = tuple(Place(need.lon, need.lat) for need in luck.day.needs)
        for policy in order.policies if base else [OURS]:
            lived = limit(luck) if policy == CLAIRVOYANT else live(World(luck, POLICIES[policy]))
            outcomes[variant.name, policy] = lived
    return SeedResult(seed, places, outcomes)


@dataclass(slots=True)
class Interrupted:
    """Whether somebody has interrupted the run, and by which signal."""

    by: int = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """The handler of the signal."""
        self.by = number


def run(order: Order, done: Callable[[int], None]) -> tuple[list[SeedResult], int]:
    """Run all seeds; give the results by seed, and the signal that interrupted it (0: none).

    `done` is told how many seeds are done. After an interrupt, the seeds that are done are given.
    """
    global _ordered
    interrupted = Interrupted()
    before = {number: signal.signal(number, interrupted) for number in (signal.SIGINT, signal.SIGTERM)}
    _ordered = order
    results: list[SeedResult] = []
    # Forked: the city is read once, and its shapes and indexes need not be sent.
    context = multiprocessing.get_context("fork")
    try:
        with context.Pool(min(order.jobs, len(order.seeds)), _leave_signals) as pool:
            found = pool.imap_unordered(_run_ordered, order.seeds)
            while len(results) < len(order.seeds) and not interrupted.by:
                try:
                    results.append(found.next(LOOK_S))
                except multiprocessing.TimeoutError:
                    continue
                done(len(results))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return sorted(results, key=lambda result: result.seed), interrupted.by


_ordered: Order | None = None
"""What the processes run: they inherit it."""


def _run_ordered(seed: int) -> SeedResult:
    if _ordered is None:
        raise RuntimeError("nothing has been ordered")
    return run_seed(_ordered, seed)


def _leave_signals() -> None:
    """An interrupt is the parent's to see; it ends its processes itself."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
