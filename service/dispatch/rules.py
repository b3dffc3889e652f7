"""Rules of offers and engagements. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from service.dispatch.engine.problem import Mode, Precedence, Section
from service.tasks.rules import Level


class OfferState(StrEnum):
    """What became of asking one member."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    STOOD_DOWN = "stood_down"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class Answer(StrEnum):
    """A member's own word, which is never contradicted."""

    YES = "yes"
    NO = "no"


class EngagementState(StrEnum):
    """accepted → en_route → on_scene → released, or ended another way."""

    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    NO_SHOW = "no_show"
    PREEMPTED = "preempted"
    CANCELLED = "cancelled"


LIVE = (EngagementState.ACCEPTED, EngagementState.EN_ROUTE, EngagementState.ON_SCENE)

MOVES: dict[EngagementState, tuple[EngagementState, ...]] = {
    EngagementState.EN_ROUTE: (EngagementState.ACCEPTED,),
    EngagementState.ON_SCENE: (EngagementState.ACCEPTED, EngagementState.EN_ROUTE),
    EngagementState.RELEASED: (EngagementState.ON_SCENE,),
    EngagementState.WITHDRAWN: LIVE,
    EngagementState.NO_SHOW: (EngagementState.ACCEPTED, EngagementState.EN_ROUTE),
}
"""Which state may be entered from which."""


class CountedFor(StrEnum):
    """双报到: for whom an engagement's hours count, once: the unit when it began in working hours, else the
    community where the member lives."""

    UNIT = "unit"
    COMMUNITY = "community"


class Trigger(StrEnum):
    """Why a wave was planned."""

    POSTED = "posted"
    UNANSWERED = "unanswered"
    DECLINED = "declined"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    NO_SHOW = "no_show"
    WIDENED = "widened"
    CHOSEN = "chosen"
    SEATS_ADDED = "seats_added"
    PREEMPTED = "preempted"
    ACTIVATED = "activated"


ASK_AGAIN_AFTER = timedelta(minutes=30)
"""Somebody who let an offer pass may be asked for the same task again after this long."""

LEAST_PAUSE = timedelta(minutes=1)
"""However short the playbook lets an offer stand."""

OFFICE_HOURS = (time(8, 30), time(17, 30))
"""Local time, Monday to Friday: the hours in which a member's duty place is their unit's office."""


def answer_time(section: Section) -> timedelta:
    """How long an offer stands."""
    return timedelta(minutes=section.answer_minutes)


def pause(section: Section) -> timedelta:
    """How long a search that found nobody waits before it is made again."""
    return max(LEAST_PAUSE, answer_time(section))


def precedence(mode: str, drill: bool) -> Precedence:
    """What a task's offers and engagements hold a member for."""
    if drill:
        return Precedence.DRILL
    return Precedence(mode)


def in_office_hours(now: datetime, zone: ZoneInfo) -> bool:
    """Whether a member without a fresh presence is taken to be at their unit's office, rather than at home."""
    local = now.astimezone(zone)
    return local.weekday() < 5 and OFFICE_HOURS[0] <= local.time() < OFFICE_HOURS[1]


def mode_of(level: Level | None) -> Mode:
    """The mode that a task dispatched at that level is in."""
    return Mode.NORMAL if level is None else Mode.EMERGENCY


def section_of(
    sections: Mapping[str, Mapping[str, Any]], levels: Mapping[str, Mapping[str, Any]], level: Level | None
) -> Section:
    """A playbook's parameters at a level, as the engine takes them: the emergency section with what the level
    sets otherwise; None is normal mode."""
    fields = dict(sections[mode_of(level)])
    if level is not None:
        fields |= levels.get(level, {})
    prior = tuple((hour, probability) for hour, probability in fields["acceptance_prior"])
    return Section(**fields | {"reach_minutes": tuple(fields["reach_minutes"]), "acceptance_prior": prior})


class Rung(StrEnum):
    """纵横统筹: who is told, from the nearest on. The first two are horizontal, the others vertical."""

    UNITS = "units"
    """The units responsible for the grid."""
    NEIGHBOURS = "neighbours"
    """The units responsible for the neighbouring grids."""
    TOWN = "town"
    COUNTY = "county"
    CITY = "city"


RUNG_LEVELS = {Rung.CITY: 0, Rung.COUNTY: 1, Rung.TOWN: 2}
"""The vertical rungs: their place in a grid's lineage, from the city down."""


FIRST_RING_MINUTES = 2.0


def rings(steps: tuple[float, ...], step: int) -> Iterator[tuple[int, float]]:
    """The search outwards: (index of the step of reach, minutes to search within), from step `step` on.

    Each ring doubles the last, so that the cost follows the neighbourhood and their number stays small; each
    step of reach ends with a ring at its edge.
    """
    minutes, edge = FIRST_RING_MINUTES, 0.0
    for index in range(step, len(steps)):
        while minutes < steps[index]:
            if minutes > edge:
                yield index, minutes
            minutes *= 2
        yield index, steps[index]
        edge = steps[index]
