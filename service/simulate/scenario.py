"""What a scenario is made of, in words that fit any city. The scenarios themselves are in `scenarios/`. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.tasks.rules import Level, Urgency

SEEDS = range(1, 10_001)
"""The seeds: a run of n seeds takes the first n."""
DEADLINE_MINUTES = {Urgency.CRITICAL: 20.0, Urgency.URGENT: 45.0, Urgency.ROUTINE: 240.0}
"""By urgency, from the post on: a seat is filled in time if the yes that fills it comes by then."""


class Where(StrEnum):
    """Around what tasks happen."""

    PEOPLE = "people"
    """Everywhere, as people live there."""
    OFFICES = "offices"
    """The middle of the offices, where the city is densest."""
    BANK = "bank"
    """The side of the water with fewer people, around the end of a bridge."""


class Scope(StrEnum):
    """The area of an activation."""

    CITY = "city"
    COUNTY = "county"
    """The county of the middle of the scenario."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """So many tasks within some minutes of the scenario."""

    from_minute: float
    to_minute: float
    tasks: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of task."""

    category: str
    urgency: Urgency
    weight: float
    seats: Sequence[tuple[str | None, int]]
    """(a skill or none, how many). A skill that the city does not know is not asked for."""
    stay_minutes: float


@dataclass(frozen=True, slots=True)
class Alarm:
    """An activation."""

    scope: Scope
    level: Level
    from_minute: float
    to_minute: float


@dataclass(frozen=True, slots=True)
class Closings:
    """Links that close one by one at even times, of each of the kinds in turn; `to_minute` is when they open again."""

    kinds: Sequence[str]
    first_minute: float
    last_minute: float
    to_minute: float
    nearest_only: bool = False
    """Only the one next to the middle of the scenario."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """A share of the members goes off duty at some time between two minutes, and does not come back."""

    share: float
    from_minute: float
    to_minute: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """A synthetic day, or a part of one. Minutes count from `start`."""

    name: str
    title_zh: str
    title_en: str
    about_zh: str
    about_en: str
    start: datetime
    """Local time, without a zone: the city's is taken."""
    where: Where
    within_km: float
    """How far from the middle tasks happen: half of the weight is within it (`PEOPLE`: of no effect)."""
    stretches: Sequence[Stretch]
    kinds: Sequence[Kind]
    alarms: Sequence[Alarm] = ()
    closings: Closings | None = None
    leaving: Leaving | None = None
    slower: float = 1.0
    """How much longer the ways take than on a fine day."""

    @property
    def tasks(self) -> int:
        """How many."""
        return sum(stretch.tasks for stretch in self.stretches)

    @property
    def minutes(self) -> float:
        """Until the last deadline that there can be."""
        latest = max(DEADLINE_MINUTES[kind.urgency] for kind in self.kinds)
        return max(stretch.to_minute for stretch in self.stretches) + latest

    @property
    def categories(self) -> list[str]:
        """Of its tasks, in order."""
        return sorted({kind.category for kind in self.kinds})
