"""Who may see a member's position, and how precisely: the one table of rules. Pure.

What is kept is sparser than what the table allows: off duty a position is soon no more than its grid, and after the
city's days of retention there is none (docs/privacy.md).
"""

from datetime import timedelta
from enum import StrEnum


class Viewer(StrEnum):
    """Who looks."""

    SELF = "self"
    DISPATCHER = "dispatcher"
    """A dispatcher of the area: of the task's, for who is asked or engaged; else of where the member is."""
    OTHER = "other"
    """Any other role, and a dispatcher of another area."""


class Standing(StrEnum):
    """What a member is to the dispatcher who looks, the first that applies."""

    ENGAGED = "engaged"
    """Accepted, en route or on the scene of a task in the dispatcher's areas."""
    IN_DRILL = "in_drill"
    """The same of a drill."""
    OFFERED = "offered"
    """Asked for a task in the dispatcher's areas, and has not answered yet."""
    ENGAGED_ELSEWHERE = "engaged_elsewhere"
    """Engaged in a task of other areas, wherever they are."""
    ON_DUTY = "on_duty"
    OFF_DUTY = "off_duty"


class Precision(StrEnum):
    """How precisely a position is shown."""

    EXACT = "exact"
    GRID = "grid"
    """The grid alone, and a point that stands for it."""
    NOTHING = "nothing"


EXACT, GRID, NOTHING = Precision

RULES: dict[Standing, dict[Viewer, Precision]] = {
    Standing.ENGAGED: {Viewer.SELF: EXACT, Viewer.DISPATCHER: EXACT, Viewer.OTHER: NOTHING},
    Standing.IN_DRILL: {Viewer.SELF: EXACT, Viewer.DISPATCHER: EXACT, Viewer.OTHER: NOTHING},
    Standing.OFFERED: {Viewer.SELF: EXACT, Viewer.DISPATCHER: GRID, Viewer.OTHER: NOTHING},
    Standing.ENGAGED_ELSEWHERE: {Viewer.SELF: EXACT, Viewer.DISPATCHER: NOTHING, Viewer.OTHER: NOTHING},
    Standing.ON_DUTY: {Viewer.SELF: EXACT, Viewer.DISPATCHER: GRID, Viewer.OTHER: NOTHING},
    Standing.OFF_DUTY: {Viewer.SELF: EXACT, Viewer.DISPATCHER: NOTHING, Viewer.OTHER: NOTHING},
}

SAME_LOOK = timedelta(minutes=5)
"""Who looks at the same member as precisely again within this time has looked once: a console that polls."""


def shown_to(viewer: Viewer) -> list[Standing]:
    """The standings of which the viewer sees anything."""
    return [standing for standing, cells in RULES.items() if cells[viewer] is not NOTHING]


def precision_of(viewer: Viewer, standing: Standing, *, coarse: bool) -> Precision:
    """How precisely the viewer sees a position; one that is kept as a grid alone (`coarse`) is shown as no more."""
    allowed = RULES[standing][viewer]
    return GRID if allowed is EXACT and coarse else allowed
