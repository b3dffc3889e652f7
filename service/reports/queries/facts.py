"""The tasks that a report is about, a row each: what it was, and what became of it.

A task's times run from the post: to the first yes, to the moment when all seats were first filled, to the first member
on the scene. A task falls short when it ended, other than by being cancelled, with a seat that nobody had served, or
when it is past the time by which it was needed and has one open.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    case,
    extract,
    func,
    literal,
    select,
    true,
)

from service.access.queries import seen
from service.access.rules import Action, Caller
from service.db.base import among
from service.dispatch.models import Engagement, Offer
from service.dispatch.rules import Answer, EngagementState, OfferState
from service.tasks.models import Seat, Task
from service.tasks.rules import LIVE_STATES, TaskState

SERVED = (
    EngagementState.ACCEPTED,
    EngagementState.EN_ROUTE,
    EngagementState.ON_SCENE,
    EngagementState.RELEASED,
)
"""Somebody took the seat and did not leave it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks a report is about: posted within [since, until), drills or the real thing, never both."""

    since: datetime
    until: datetime
    drill: bool = False
    area: str | None = None
    unit: str | None = None
    category: str | None = None
    mode: str | None = None
    tasks: Sequence[UUID] | None = None
    """These alone."""


def facts(who: Caller, wanted: Wanted, now: datetime) -> Select[*tuple[Any, ...]]:
    """One row a task: what it was, and what became of it."""
    seats = (
        select(
            func.count().label("seats"),
            func.count()
            .filter(
                ~select(literal(1))
                .where(Engagement.seat_id == Seat.id, Engagement.state.in_(SERVED))
                .exists()
            )
            .label("unserved"),
        )
        .where(Seat.task_id == Task.id, Seat.dropped_at.is_(None))
        .lateral()
    )
    reached = (
        select(
            func.min(Engagement.accepted_at).label("accepted_at"),
            func.min(Engagement.on_scene_at).label("on_scene_at"),
        )
        .where(Engagement.task_id == Task.id)
        .lateral()
    )
    asked = (
        select(
            func.count().label("offers"),
            func.count().filter(Offer.answer == Answer.YES).label("yes"),
            func.count().filter(Offer.answer == Answer.NO).label("no"),
            func.count()
            .filter(Offer.answer.is_(None), Offer.state == OfferState.EXPIRED)
            .label("unanswered"),
        )
        .where(Offer.task_id == Task.id)
        .lateral()
    )
    short = and_(
        seats.c.unserved > 0,
        case(
            (Task.state.in_(LIVE_STATES), func.coalesce(Task.needed_by < now, False)),
            else_=Task.state != TaskState.CANCELLED,
        ),
    )

    def seconds(moment: SQLColumnExpression[Any]) -> ColumnElement[Any]:
        return extract("epoch", moment - Task.created_at)

    return (
        select(
            Task.id,
            Task.grid_code,
            Task.category,
            Task.mode,
            Task.urgency,
            Task.responsible_units,
            Task.created_at,
            (Task.state == TaskState.CANCELLED).label("cancelled"),
            seats.c.seats,
            seats.c.unserved,
            short.label("short"),
            asked.c.offers,
            asked.c.yes,
            asked.c.no,
            asked.c.unanswered,
            seconds(reached.c.accepted_at).label("accepted"),
            seconds(Task.staffed_at).label("filled"),
            seconds(reached.c.on_scene_at).label("on_scene"),
        )
        .select_from(Task)
        .join(seats, true())
        .join(reached, true())
        .join(asked, true())
        .where(*conditions(who, wanted))
    )


def conditions(who: Caller, wanted: Wanted) -> list[ColumnElement[bool]]:
    """Which tasks: those asked about that the caller may see."""
    found = [
        Task.created_at >= wanted.since,
        Task.created_at < wanted.until,
        Task.drill == wanted.drill,
        in_reach(who),
    ]
    if wanted.area is not None:
        found.append(Task.grid_code.startswith(wanted.area, autoescape=True))
    if wanted.unit is not None:
        found.append(Task.responsible_units.contains([wanted.unit]))
    if wanted.category is not None:
        found.append(Task.category == wanted.category)
    if wanted.mode is not None:
        found.append(Task.mode == wanted.mode)
    if wanted.tasks is not None:
        found.append(among(Task.id, wanted.tasks))
    return found


def in_reach(who: Caller) -> ColumnElement[bool]:
    """By area, where the task is; by unit, tasks in the grids for which a unit of the caller's is responsible."""
    by_area = seen(who, Action.RESPONSE_READ, area=Task.grid_code)
    if not who.units:
        return by_area
    # `unit` is looked for in a list here, and not in a column.
    return by_area | and_(
        literal(bool(who.may_see_unit(Action.RESPONSE_READ, who.units[0]))),
        Task.responsible_units.overlap(list(who.units)),
    )
