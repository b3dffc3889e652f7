"""How fast a drill goes."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Pace:
    """What a drill waits for, and how long; a turn is one look at the tasks."""

    people: float
    """What everybody takes, against the seconds that `behaviour` and `scenario` name."""
    turn_s: float
    most_turns: int
    stuck_turns: int
    """So long with an open seat and nobody about to answer, and the dispatcher takes a hand."""
    most_steps: int
    """So often the dispatcher takes a hand in a task."""
    work_s: float
    """On scene together before the dispatcher closes the task."""
    at_desks: int
    """Tasks under way at once, however many there are in all."""
    by_hand: int
    """So many are asked by hand for each open seat, and as many more."""
    phones_look: bool
    """A member looks at their phone before they answer; else they go by what the dispatcher was last shown."""

    def times(self, factor: float) -> "Pace":
        """The same with people so much slower."""
        return replace(self, people=self.people * factor, work_s=self.work_s * factor)


EMERGENCIES = Pace(
    people=1.0,
    turn_s=1.0,
    most_turns=120,
    stuck_turns=3,
    most_steps=4,
    work_s=4.0,
    at_desks=16,
    by_hand=2,
    phones_look=True,
)
DAY = Pace(
    people=0.5,
    turn_s=1.5,
    most_turns=30,
    stuck_turns=2,
    most_steps=2,
    work_s=1.0,
    at_desks=60,
    by_hand=1,
    phones_look=False,
)
"""With 300 tasks whatever each of them asks of the service counts."""
MOST_TURNS_PATIENT = 420
"""Of a task that is left to the service's timer."""
