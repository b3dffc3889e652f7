"""What happens in the drill: which tasks, where, when, and whom they need. Pure; the same seed, the same day."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from service.demo.drill.client import Json
from service.demo.drill.incidents import INCIDENTS, Incident, Seats
from service.demo.drill.pace import DAY, EMERGENCIES, Pace
from service.tasks.rules import Level, Urgency

Thing = TypeVar("Thing")

JITTER_DEGREES = 0.003
"""About 300 m: a place of its own each time, and still the same town."""
SHORTEST_GAP_S, LONGEST_GAP_S = 2.0, 5.0
UNHURRIED = 16
"""More emergencies than this are posted faster, so that all come within a minute."""
DAY_S = 90.0
"""In which a whole day's tasks are posted, where desks are free."""
SHARES = {Urgency.ROUTINE: 0.55, Urgency.URGENT: 0.30, Urgency.CRITICAL: 0.15}
"""Of a day's tasks."""
ODD_EVERY = 25
"""Of so many tasks of a day one has a no-show, and one is called off."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One task of the drill, as it is to be posted."""

    number: int
    """From 1 on, in the order in which they are posted."""
    category: str
    urgency: Urgency
    title: str
    lon: float
    lat: float
    seats: Seats
    after_s: float
    """Since the one before it."""
    no_show: bool = False
    """The first who says yes here never moves."""
    patient: bool = False
    """Nobody answers the first wave and the dispatcher waits: the service has to widen by itself."""
    called_off: bool = False
    """It turns out not to be needed."""

    @property
    def size(self) -> int:
        """How many seats."""
        return sum(count for _, count in self.seats)

    def body(self, mark: str) -> Json:
        """The body of POST /tasks. `mark` names the run, so that it knows its own tasks again."""
        return {
            "category": self.category,
            "title": self.title,
            "urgency": self.urgency,
            "location": {"lon": self.lon, "lat": self.lat, "crs": "CGCS2000"},
            "seats": [{"skills": [skill] if skill else [], "count": count} for skill, count in self.seats],
            "instructions": f"这是演练，请勿外传。{mark}",
            "drill": True,
        }


@dataclass(frozen=True, slots=True)
class Alert:
    """A county in emergency for a part of the day."""

    area: str
    name: str
    level: Level
    first: int
    """The number of the task before which it begins."""
    last: int
    """The number of the task after which it ends."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All of one drill."""

    seed: int
    tasks: Sequence[Planned]
    pace: Pace
    alert: Alert | None = None
    in_figures: bool = False
    """Told in figures alone, not task by task as well."""

    def slower(self, factor: float) -> "Plan":
        """The same with everybody so much slower."""
        return replace(self, pace=self.pace.times(factor))


def emergencies(count: int, seed: int, *, wait: bool = False) -> Plan:
    """A drill of critical tasks alone. With `wait` the first one is left to the service's own timer.

    Every incident happens once before one happens again. One task has a no-show.
    """
    rng = random.Random(f"vanguard drill {seed}")
    incidents = shuffled(INCIDENTS["emergency_response"][Urgency.CRITICAL], count, rng)
    if wait:
        # Where many live near, so that the second wave shows something.
        first = next((i for i, incident in enumerate(incidents) if not incident.remote), 0)
        incidents[0], incidents[first] = incidents[first], incidents[0]
    hurry = min(UNHURRIED / count, 1.0)
    able = [i for i, incident in enumerate(incidents) if not incident.remote and not (wait and i == 0)]
    no_show = rng.choice(able) if able else None
    return Plan(
        seed,
        [
            planned(
                i + 1,
                "emergency_response",
                Urgency.CRITICAL,
                incident,
                rng,
                after_s=(SHORTEST_GAP_S * hurry, LONGEST_GAP_S * hurry),
                no_show=i == no_show,
                patient=wait and i == 0,
            )
            for i, incident in enumerate(incidents)
        ],
        EMERGENCIES,
    )


def day(count: int, seed: int) -> Plan:
    """A day of tasks of all categories and urgencies, mixed. In its second quarter and its third one county, where a
    good part of the urgent ones happen, is in emergency.

    Of each urgency every incident happens once before one happens again.
    """
    rng = random.Random(f"vanguard day {seed}")
    urgencies = list(mixed(count))
    rng.shuffle(urgencies)
    drawn = {urgency: iter(shuffled(happening(urgency), urgencies.count(urgency), rng)) for urgency in SHARES}
    gap_s = DAY_S / count
    tasks = []
    for number, urgency in enumerate(urgencies, start=1):
        category, incident = next(drawn[urgency])
        tasks.append(
            planned(
                number,
                category,
                urgency,
                incident,
                rng,
                after_s=(0.5 * gap_s, 1.5 * gap_s),
                no_show=number % ODD_EVERY == 8 and not incident.remote,
                called_off=number % ODD_EVERY == 17,
            )
        )
    alert = Alert(
        "440803", "霞山区", Level.III, first=count // 4 + 1, last=max(count * 3 // 4, count // 4 + 1)
    )
    return Plan(seed, tasks, DAY, alert, in_figures=True)


def mixed(count: int) -> Iterator[Urgency]:
    """So many urgencies in the shares of a day, as near as whole numbers come."""
    done, share = 0, 0.0
    for urgency, part in SHARES.items():
        share += part
        upto = round(share * count)
        yield from [urgency] * (upto - done)
        done = upto


def happening(urgency: Urgency) -> list[tuple[str, Incident]]:
    """All incidents of one urgency, with their category."""
    return [(category, incident) for category, of in INCIDENTS.items() for incident in of[urgency]]


def shuffled(things: Sequence[Thing], count: int, rng: random.Random) -> list[Thing]:
    """So many of them in any order, each once before one comes again."""
    drawn: list[Thing] = []
    while len(drawn) < count:
        drawn += rng.sample(things, len(things))
    return drawn[:count]


def planned(
    number: int,
    category: str,
    urgency: Urgency,
    incident: Incident,
    rng: random.Random,
    *,
    after_s: tuple[float, float],
    no_show: bool = False,
    patient: bool = False,
    called_off: bool = False,
) -> Planned:
    """An incident as a task, near its place, between the shortest and the longest gap after the one before it."""
    return Planned(
        number=number,
        category=category,
        urgency=urgency,
        title=f"【演练】{incident.what}",
        lon=round(incident.lon + rng.uniform(-JITTER_DEGREES, JITTER_DEGREES), 6),
        lat=round(incident.lat + rng.uniform(-JITTER_DEGREES, JITTER_DEGREES), 6),
        seats=incident.seats,
        after_s=rng.uniform(*after_s) if number > 1 else 0.0,
        no_show=no_show,
        patient=patient,
        called_off=called_off,
    )
