"""Made-up people, seats and problems for the tests of the engine; their minutes are given, no map is needed."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from service.dispatch.engine.problem import (
    Candidate,
    Mode,
    PendingOffer,
    Place,
    Precedence,
    Problem,
    Seat,
    Section,
    Skill,
    Source,
)
from service.roster.rules import Tier
from service.tasks.rules import Urgency

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
PLACE = Place(110.4, 21.2, UUID(int=100), Source.OFFICE, 300.0)
HERE, THERE = "440802001001", "440802001002"
"""Two communities; made-up tasks are in the first."""
SECTION = Section((10.0, 20.0, 40.0), 0.9, ((0, 0.3),), 5.0, 10.0, 30, calls_standby=True)
SKILLS = ["boat", "first_aid", "drone"]


def person(number: int, *skills: str, acceptance: float = 0.5, unit: str = "u9", **changes: Any) -> Candidate:
    """Somebody who may be asked, but for the changes."""
    found = Candidate(
        UUID(int=number),
        unit,
        PLACE,
        Tier.NORMAL,
        acceptance,
        skills=tuple(Skill(skill) for skill in skills),
        home_code=HERE + "007",
    )
    return replace(found, **changes)


def seat(number: int, *skills: str) -> Seat:
    return Seat(UUID(int=1000 + number), number, frozenset(skills))


def problem(
    people: dict[Candidate, float], seats: list[Seat], section: Section = SECTION, **changes: Any
) -> Problem:
    """People with their minutes, in an emergency in office hours, but for the changes."""
    found = Problem(
        mode=Mode.EMERGENCY,
        precedence=Precedence.EMERGENCY,
        urgency=Urgency.CRITICAL,
        category="flood",
        area_code=HERE + "003",
        section=section,
        step=0,
        seats=tuple(seats),
        pending=(),
        candidates=tuple(people),
        minutes={candidate.member_id: minutes for candidate, minutes in people.items()},
        searched_minutes=10.0,
        responsible_units=frozenset({"u1"}),
        neighbour_units=frozenset({"u2"}),
        residents_of=None,
        office_hours=True,
        now=NOW,
        seed=1,
    )
    return replace(found, **changes)


NORMAL = {"mode": Mode.NORMAL, "precedence": Precedence.NORMAL, "urgency": Urgency.ROUTINE}
"""The changes that make a problem one of normal mode."""

HOUR = timedelta(hours=1)
TRAITS: list[dict[str, Any]] = [
    {"active": False},
    {"on_duty": False},
    {"tier": Tier.STANDBY},
    {"opted_out": frozenset({"flood"})},
    {"unwanted": frozenset({"flood"})},
    {"resting_until": NOW + HOUR},
    {"resting_until": NOW},
    {"week_hours": 12.5, "most_week_hours": 12.0},
    {"week_hours": 12.0, "most_week_hours": 12.0},
    {"week_hours": 4.0, "most_week_hours": 12.0},
    {"quiet_until": NOW + HOUR},
    {"quiet_until": NOW - HOUR},
    *({"offered": precedence} for precedence in Precedence),
    *({"engaged": precedence} for precedence in Precedence),
    *({"engaged": precedence, "on_scene": True} for precedence in Precedence),
    {"taken": True},
    {"already_asked": True},
    {"in_scope": False},
    {"home_code": THERE + "001"},
    {"recent_load": 3.0},
]
"""Whatever may keep somebody from being asked, and what nearly does."""

traits = st.one_of(st.just([]), st.lists(st.sampled_from(TRAITS), max_size=2))
kept_skills = st.lists(
    st.sampled_from([Skill(code, expired) for expired in (False, True) for code in SKILLS]),
    unique=True,
    max_size=4,
)


@st.composite
def candidates(draw: st.DrawFn, number: int) -> Candidate:
    """Anybody."""
    return person(
        number,
        acceptance=draw(st.floats(0.05, 0.95)),
        unit=draw(st.sampled_from(["u1", "u2", "u9"])),
        skills=tuple(draw(kept_skills)),
        **{name: value for trait in draw(traits) for name, value in trait.items()},
    )


@st.composite
def problems(draw: st.DrawFn, modes: tuple[Mode, ...] = (Mode.EMERGENCY,), max_people: int = 25) -> Problem:
    """Any problem of those modes, of at most five seats."""
    mode = draw(st.sampled_from(modes))
    people = {
        draw(candidates(number)): draw(
            st.one_of(st.floats(0, 25), st.sampled_from([3.0, 5.0, 10.0, 20.0, math.inf]))
        )
        for number in range(draw(st.integers(0, max_people)))
    }
    needs = st.lists(st.sampled_from(SKILLS), max_size=2, unique=True)
    seats = [seat(number, *draw(needs)) for number in range(1, draw(st.integers(0, 5)) + 1)]
    pending = tuple(
        PendingOffer(draw(st.sampled_from(seats)).id, draw(st.floats(0.05, 0.95)))
        for _ in range(draw(st.integers(0, 3)) if seats else 0)
    )
    section = replace(
        SECTION,
        max_offers=draw(st.integers(0, 12)),
        target_probability=draw(st.floats(0.3, 0.99)),
        calls_standby=draw(st.booleans()),
    )
    step = draw(st.integers(0, 2))
    return problem(
        people,
        seats,
        section,
        mode=mode,
        precedence=draw(st.sampled_from([Precedence(mode), Precedence(mode), Precedence.DRILL])),
        urgency=draw(st.sampled_from(Urgency)),
        pending=pending,
        step=step,
        searched_minutes=section.reach_minutes[step] * draw(st.sampled_from([1.0, 1.0, 0.5])),
        residents_of=draw(st.sampled_from([None, None, HERE])),
        office_hours=draw(st.booleans()),
        seed=draw(st.integers(0, 9)),
        at_least=draw(st.integers(0, 2)),
    )
