"""A little invented city without a database: five square communities in a row along a road, some by a ferry."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import shapely

from service.dispatch.engine.problem import Place, Source
from service.grids.graph import Crossing, GridGraph, Leaf, Link
from service.roster.calendar import Plans
from service.roster.rules import HeldSkill, InForce, Slot, Tier
from service.simulate.city import City, Person, Playbook
from service.simulate.city import Crossing as NamedLink
from service.simulate.scenario import Alarm, Closings, Kind, Scenario, Scope, Stretch, Where
from service.tasks.rules import Level, Urgency

SIDE = 0.02
"""Degrees: some 2 km."""
WEST, SOUTH = 110.4, 21.2
ALWAYS = Plans(tuple(Slot(day, 0, 1440) for day in range(7)))
NEVER = Plans()
LIMITS = InForce(20.0, None)
NORMAL = {
    "reach_minutes": [10, 30],
    "target_probability": 0.8,
    "acceptance_prior": [[0, 0.35]],
    "answer_minutes": 10,
    "move_minutes": 10,
    "max_offers": 20,
    "rest_minutes": 30,
}
EMERGENCY = NORMAL | {"answer_minutes": 3, "calls_standby": True, "rest_minutes": 60}
PLAYBOOK = Playbook(
    1, "应急", "Emergency", {"normal": NORMAL, "emergency": EMERGENCY}, {"IV": {"calls_standby": False}}
)


def leaf_id(number: int) -> UUID:
    return UUID(int=100 + number)


def square(number: int) -> shapely.Polygon:
    west = WEST + number * SIDE
    return shapely.box(west, SOUTH, west + SIDE, SOUTH + SIDE)


LINK = Link(
    id=UUID(int=900),
    code="L01",
    a=leaf_id(3),
    b=leaf_id(5),
    a_lon=WEST + 3.9 * SIDE,
    a_lat=SOUTH + SIDE / 2,
    b_lon=WEST + 5.1 * SIDE,
    b_lat=SOUTH + SIDE / 2,
    minutes=5.0,
    wait_minutes=2.0,
    open=True,
)
"""Over the water where a square 4 would be."""


def graph() -> GridGraph:
    leaves = [Leaf(leaf_id(n), f"44080100100{n}", square(n)) for n in (0, 1, 2, 3, 5)]
    crossings = [
        Crossing(leaf_id(n), leaf_id(n + 1), WEST + (n + 1) * SIDE, SOUTH + SIDE * part)
        for n in range(3)
        for part in (0.25, 0.75)
    ]
    return GridGraph.build(1, leaves, crossings, [LINK])


def place(at: float, source: Source = Source.HOME) -> Place:
    """So many squares from the west, on the road in the middle."""
    return Place(WEST + at * SIDE, SOUTH + SIDE / 2, leaf_id(int(at)), source, 300.0)


def person(number: int, at: float, *skills: str, **changes: object) -> Person:
    """Somebody who lives and works at a place on the road, always on duty but for the changes."""
    found = Person(
        number=f"P{number:03d}",
        unit_code=f"u{number % 4}",
        home_code=f"44080100100{int(at)}",
        tier=Tier.NORMAL,
        active=True,
        opted_out=frozenset(),
        unwanted=frozenset(),
        skills=tuple(HeldSkill(skill, None) for skill in skills),
        plans=ALWAYS,
        limits=LIMITS,
        home=place(at),
        office=place(at, Source.OFFICE),
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def city(people: Sequence[Person]) -> City:
    return City(
        name="示例市",
        graph=graph(),
        crossings=(NamedLink(LINK, "ferry", "示例渡口", "Example ferry"),),
        people=tuple(people),
        skills=frozenset({"first_aid", "boat"}),
        playbooks={"emergency_response": PLAYBOOK, "public_request": PLAYBOOK},
        party=(("u1", square(0)), ("u2", square(1))),
        units_of_leaf={"440801001000": frozenset({"u1"}), "440801001001": frozenset({"u2"})},
        zone=ZoneInfo("Asia/Shanghai"),
        collecting=timedelta(seconds=10),
    )


def crowd(count: int = 30) -> list[Person]:
    """All sorts of people, spread over the city."""
    people = []
    for number in range(count):
        at = (0, 1, 2, 3, 5)[number % 5] + 0.05 + 0.9 * ((number * 37) % 100) / 100
        skills = [skill for skill, every in (("first_aid", 3), ("boat", 4)) if number % every == 0]
        changes: dict[str, object] = {}
        if number % 7 == 0:
            changes["tier"] = Tier.STANDBY
        if number % 11 == 0:
            changes["plans"] = NEVER
        if number % 13 == 0:
            changes["opted_out"] = frozenset({"emergency_response"})
        if number % 17 == 0:
            changes["active"] = False
        people.append(person(number, at, *skills, **changes))
    return people


STORM = Scenario(
    name="storm",
    title_zh="示例风暴",
    title_en="An example storm",
    about_zh="示例。",
    about_en="An example.",
    start=datetime(2026, 9, 16, 16),
    where=Where.OFFICES,
    within_km=5.0,
    stretches=(Stretch(10, 60, 9), Stretch(60, 120, 7)),
    kinds=(
        Kind("emergency_response", Urgency.CRITICAL, 5, (("first_aid", 1), (None, 1)), 30),
        Kind("emergency_response", Urgency.URGENT, 5, (("boat", 1), (None, 2)), 40),
        Kind("public_request", Urgency.URGENT, 3, ((None, 1),), 20),
        Kind("public_request", Urgency.ROUTINE, 2, ((None, 2),), 20),
    ),
    alarms=(Alarm(Scope.CITY, Level.IV, 0, 60), Alarm(Scope.COUNTY, Level.II, 60, 240)),
    closings=Closings(("ferry",), 70, 70, 200),
    slower=1.2,
)
"""More than the little city can do: people are scarce, modes change while tasks run, the ferry closes."""
