"""Who may be asked, by the dispatcher's own table of rules, were an urgent task posted now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from service.dispatch.engine.eligibility import first_reason
from service.dispatch.engine.problem import Candidate, Problem, Section
from service.dispatch.rules import mode_of, precedence
from service.tasks.rules import Level, Urgency

Chosen = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Call:
    """An urgent task without a place: a category's parameters at a level, and the hour."""

    category: str
    level: Level | None
    section: Section
    office_hours: bool
    now: datetime

    @property
    def way(self) -> tuple[float, float]:
        """What travel times follow from, beside the map: kilometres an hour, and the road factor."""
        return self.section.speed_kmh, self.section.road_factor


def available(candidates: Sequence[Candidate], call: Call, skill: str | None = None) -> Chosen:
    """Which of the candidates may be asked for a seat that needs the skill, shape (n,): by all rules on people, and
    none on how far they are."""
    mode = mode_of(call.level)
    problem = Problem(
        mode=mode,
        precedence=precedence(mode, drill=False),
        urgency=Urgency.URGENT,
        category=call.category,
        area_code="",
        section=call.section,
        step=0,
        seats=(),
        pending=(),
        candidates=(),
        minutes={candidate.member_id: 0.0 for candidate in candidates},
        searched_minutes=0.0,
        responsible_units=frozenset(),
        neighbour_units=frozenset(),
        residents_of=None,
        office_hours=call.office_hours,
        now=call.now,
        seed=0,
    )
    needed = frozenset() if skill is None else frozenset({skill})
    return np.array([first_reason(each, needed, problem) is None for each in candidates], dtype=np.bool_)
