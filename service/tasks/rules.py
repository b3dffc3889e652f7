"""Rules of tasks and seats. Pure."""

from collections.abc import Iterable
from enum import StrEnum


class Urgency(StrEnum):
    """How soon help is needed."""

    ROUTINE = "routine"
    URGENT = "urgent"
    CRITICAL = "critical"


class TaskState(StrEnum):
    """open → staffed → under_way → closed, or cancelled / expired."""

    OPEN = "open"
    STAFFED = "staffed"
    UNDER_WAY = "under_way"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def live(self) -> bool:
        """Whether the task still goes on."""
        return self in LIVE_STATES


LIVE_STATES = (TaskState.OPEN, TaskState.STAFFED, TaskState.UNDER_WAY)
MOST_SEATS = 200
"""In one task; more people are a job for several tasks."""


def live_state(seats: Iterable[str | None]) -> TaskState:
    """The state of a live task from its seats' engagements (None is an open seat).

    A seat whose member was released is done, not open.
    """
    states = list(seats)
    if not states or None in states:
        return TaskState.OPEN
    if any(state in ("en_route", "on_scene", "released") for state in states):
        return TaskState.UNDER_WAY
    return TaskState.STAFFED


def is_emergency(urgency: Urgency, area_in_emergency: bool) -> bool:
    """Whether the emergency rules apply: to critical tasks anywhere, to urgent ones in an area in emergency."""
    return urgency == Urgency.CRITICAL or (urgency == Urgency.URGENT and area_in_emergency)
