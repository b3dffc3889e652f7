"""Rules of drills: what an exercise posts when, and what a muster's answers come to. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import NamedTuple

from service.tasks.rules import Urgency

MOST_TASKS = 200
"""In one exercise."""
LONGEST_MINUTES = 24 * 60
WITHIN_MINUTES = (1, 5, 15)
"""A muster's report tells how many had answered by then."""


class DrillKind(StrEnum):
    """点兵 and 练兵."""

    MUSTER = "muster"
    EXERCISE = "exercise"


class MusterAnswer(StrEnum):
    """What somebody who is called may say."""

    HERE = "here"
    CANNOT = "cannot"


@dataclass(frozen=True, slots=True)
class Incident:
    """One task that an exercise posts, `after_minutes` from its start; the place is in CGCS2000 degrees."""

    after_minutes: float
    category: str
    title: str
    urgency: Urgency
    lon: float
    lat: float
    seats: tuple[tuple[tuple[str, ...], int], ...]
    """(skills, so many)"""


class Place(NamedTuple):
    """A point of a leaf grid."""

    name: str
    lon: float
    lat: float


class Kind(NamedTuple):
    """A kind of incident of a scenario, by how often it comes."""

    weight: int
    category: str
    title: str
    urgency: Urgency
    seats: tuple[tuple[tuple[str, ...], int], ...]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens, how much of it in an hour, and when most of it."""

    name_zh: str
    name_en: str
    per_hour: float
    peak: float
    """The share of its time after which most of it comes."""
    kinds: Sequence[Kind]


def kind(weight: int, category: str, title: str, urgency: Urgency, *seats: tuple[str | None, int]) -> Kind:
    """A kind of incident whose seats need one skill, or none."""
    return Kind(
        weight,
        category,
        title,
        urgency,
        tuple(((skill,) if skill else (), count) for skill, count in seats),
    )


EMERGENCY = "emergency_response"
SCENARIOS: Mapping[str, Scenario] = {
    "typhoon": Scenario(
        "台风登陆",
        "Typhoon landfall",
        24,
        0.6,
        (
            kind(4, EMERGENCY, "大树倒伏，清障开路", Urgency.URGENT, ("chainsaw", 1), (None, 2)),
            kind(3, EMERGENCY, "低洼内涝，转移老人", Urgency.CRITICAL, (None, 4)),
            kind(2, EMERGENCY, "屋顶掀翻，救助受伤居民", Urgency.CRITICAL, ("first_aid", 1), (None, 2)),
            kind(2, EMERGENCY, "线杆倾斜，设岗警戒", Urgency.URGENT, ("electrics", 1), (None, 1)),
            kind(1, EMERGENCY, "渔船回港，清点人数", Urgency.URGENT, ("boat", 1), (None, 1)),
        ),
    ),
    "flood": Scenario(
        "暴雨内涝",
        "Flood",
        18,
        0.4,
        (
            kind(4, EMERGENCY, "街道积水，引导绕行", Urgency.URGENT, (None, 2)),
            kind(3, EMERGENCY, "地下车库进水，搬运沙袋", Urgency.CRITICAL, (None, 5)),
            kind(2, EMERGENCY, "居民被困，接应转移", Urgency.CRITICAL, ("water_rescue", 1), (None, 2)),
            kind(1, "grassroots_governance", "安置点登记分发", Urgency.URGENT, ("logistics", 1), (None, 2)),
        ),
    ),
    "missing": Scenario(
        "人员走失",
        "Missing people",
        4,
        0.1,
        (
            kind(2, EMERGENCY, "老人走失，分片搜寻", Urgency.CRITICAL, ("drone", 1), (None, 4)),
            kind(1, EMERGENCY, "儿童走失，路口查找", Urgency.CRITICAL, (None, 4)),
        ),
    ),
}
"""Titles are in the city's language, as dispatchers write them; whoever reads one sees that it is a drill."""


def incidents_of(scenario: Scenario, places: Sequence[Place], minutes: float, seed: int) -> list[Incident]:
    """An exercise by a scenario: the same seed gives the same one. `places` must not be empty."""
    dice = Random(seed)
    count = max(1, min(MOST_TASKS, round(scenario.per_hour * minutes / 60)))
    times = sorted(dice.triangular(0, minutes * 0.9, minutes * 0.9 * scenario.peak) for _ in range(count))
    found = []
    for after in times:
        place = dice.choice(places)
        chosen = dice.choices(scenario.kinds, [each.weight for each in scenario.kinds])[0]
        found.append(
            Incident(
                round(after, 2),
                chosen.category,
                f"{place.name}：{chosen.title}",
                chosen.urgency,
                place.lon,
                place.lat,
                chosen.seats,
            )
        )
    return found


class Call(NamedTuple):
    """A call of a muster as its report reads it."""

    unit_code: str
    community_code: str
    answer: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Roll:
    """What the answers of some called people come to."""

    called: int
    here: int
    cannot: int
    within: Mapping[int, int]
    """Minutes to how many had answered by then, either way."""

    @property
    def silent(self) -> int:
        """Those who did not answer."""
        return self.called - self.here - self.cannot


def roll_of(calls: Iterable[Call], started_at: datetime) -> Roll:
    """The roll of some calls."""
    answers = list(calls)
    waited = [
        (each.answered_at - started_at).total_seconds() / 60
        for each in answers
        if each.answered_at is not None
    ]
    return Roll(
        called=len(answers),
        here=sum(each.answer == MusterAnswer.HERE for each in answers),
        cannot=sum(each.answer == MusterAnswer.CANNOT for each in answers),
        within={minutes: sum(each <= minutes for each in waited) for minutes in WITHIN_MINUTES},
    )
