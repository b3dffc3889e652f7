"""Rules of tasks and seats. Pure."""

from collections.abc import Collection, Iterable
from enum import StrEnum

from service.roster.rules import COMMUNITY_DIGITS


class Urgency(StrEnum):
    """How soon help is needed."""

    ROUTINE = "routine"
    URGENT = "urgent"
    CRITICAL = "critical"


class Level(StrEnum):
    """启动级别: I is the highest, IV the lowest."""

    I = "I"  # noqa: E741
    II = "II"
    III = "III"
    IV = "IV"

    @property
    def rank(self) -> int:
        """0 for IV, 3 for I."""
        return len(Level) - 1 - list(Level).index(self)


def highest(levels: Iterable[Level]) -> Level | None:
    """The highest of some levels; of none it is None, which is normal mode."""
    return max(levels, key=lambda level: level.rank, default=None)


def is_higher(level: str | None, before: str | None) -> bool:
    """Whether one level stands above another; None is normal mode, below them all."""
    return level is not None and (before is None or Level(level).rank > Level(before).rank)


CRITICAL_LEVEL = Level.II
"""A critical task is dispatched as at this level at least, whatever the mode of its place."""


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
COMMUNITY_SEATS = 5
"""In a task that a community's own dispatcher posts; more people are for the town to call."""


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


def level_of(urgency: Urgency, activated: Level | None) -> Level | None:
    """The level at which a task is dispatched, in a place where `activated` is the highest live activation.

    The emergency rules apply to critical tasks anywhere and to urgent ones in an area in emergency; to the others
    the normal ones: None.
    """
    if urgency == Urgency.CRITICAL:
        return highest([CRITICAL_LEVEL, activated or CRITICAL_LEVEL])
    return activated if urgency == Urgency.URGENT else None


def is_of_communities(areas: Collection[str]) -> bool:
    """Whether all of a dispatcher's areas are communities, or lie in one."""
    return bool(areas) and all(len(area) >= COMMUNITY_DIGITS for area in areas)


def residents_of(code: str, urgency: Urgency, areas: Collection[str], *, residents_only: bool) -> str | None:
    """The community whose residents alone are asked for a task in the grid `code`; None: everybody is.

    A community's own dispatcher (of those areas) asks its residents, whether they say so or not; only where lives
    depend on it they ask everybody.
    """
    if is_of_communities(areas):
        residents_only = urgency != Urgency.CRITICAL
    return code[:COMMUNITY_DIGITS] if residents_only else None


def is_for_the_town(seats: int, urgency: Urgency, areas: Collection[str]) -> bool:
    """Whether a task is too large for a community's own dispatcher (of those areas) to post."""
    return is_of_communities(areas) and urgency != Urgency.CRITICAL and seats > COMMUNITY_SEATS
