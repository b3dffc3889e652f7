"""Writing tasks and their seats."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.db.base import new_id, point_wkt
from service.errors import Conflict, Invalid
from service.grids.queries.at import At
from service.roster.models import Skill
from service.tasks.models import Playbook, Seat, Task
from service.tasks.rules import MOST_SEATS, Level, TaskState, Urgency


@dataclass(frozen=True, slots=True)
class SeatGroup:
    """So many seats that need the same skills."""

    skills: Sequence[str]
    count: int


@dataclass(frozen=True, slots=True)
class NewTask:
    """What a dispatcher asks for; the place is in CGCS2000 degrees."""

    category: str
    title: str
    urgency: Urgency
    lon: float
    lat: float
    seats: Sequence[SeatGroup]
    needed_by: datetime | None = None
    instructions: str | None = None
    drill: bool = False
    residents_only: bool = False
    """Whether only those who live in the place's community are to be asked."""


class Created(NamedTuple):
    """A task that has just been made, and the rows of its seats by number, which are still to be written."""

    task: Task
    seats: list[dict[str, Any]]


async def check_skills(session: AsyncSession, groups: Sequence[SeatGroup]) -> None:
    """Raises Invalid("unknown-skill") with those that there are, when a seat needs one that is not."""
    wanted = {skill for group in groups for skill in group.skills}
    if not wanted:
        return
    known = set(await session.scalars(select(Skill.code)))
    if unknown := sorted(wanted - known):
        raise Invalid("unknown-skill", skills=", ".join(unknown), known=", ".join(sorted(known)))


async def create_task(
    session: AsyncSession,
    new: NewTask,
    *,
    at: At,
    playbook: Playbook,
    neighbour_units: Sequence[str],
    mode: str,
    level: Level | None,
    residents_of: str | None,
    by: UUID,
    now: datetime,
) -> Created:
    """Store a task in state open, and number its seats from 1.

    Raises Invalid for a time in the past, an unknown skill, and more seats than are allowed.
    """
    if new.needed_by is not None and new.needed_by <= now:
        raise Invalid("time-in-past", field="needed_by")
    await check_skills(session, new.seats)
    task_id = new_id()
    seats = seat_rows(task_id, new.seats, numbered_from=1, standing=0)
    task = Task(
        id=task_id,
        category=new.category,
        title=new.title,
        instructions=new.instructions,
        urgency=new.urgency,
        mode=mode,
        level=level,
        drill=new.drill,
        state=TaskState.OPEN,
        queued_for=None,
        open_since=now,
        rung=0,
        location=point_wkt(new.lon, new.lat),
        lon=new.lon,
        lat=new.lat,
        grid_id=at.leaf.id,
        grid_code=at.leaf.code,
        grid_name=at.leaf.name,
        snapped_m=at.snapped_m,
        responsible_units=at.responsible_units,
        neighbour_units=list(neighbour_units),
        residents_of=residents_of,
        playbook_id=playbook.id,
        step=0,
        needed_by=new.needed_by,
        created_by=by,
        created_at=now,
    )
    session.add(task)
    await session.flush()
    return Created(task, seats)


async def add_seats(session: AsyncSession, task_id: UUID, groups: Sequence[SeatGroup]) -> None:
    """Add seats, numbered on. Raises Invalid for a skill that does not exist, and for more seats than are allowed."""
    await check_skills(session, groups)
    last, standing = (
        await session.execute(
            select(
                func.coalesce(func.max(Seat.number), 0), func.count().filter(Seat.dropped_at.is_(None))
            ).where(Seat.task_id == task_id)
        )
    ).one()
    await driver.insert(session, Seat, seat_rows(task_id, groups, numbered_from=last + 1, standing=standing))


def seat_rows(
    task_id: UUID, groups: Sequence[SeatGroup], *, numbered_from: int, standing: int
) -> list[dict[str, Any]]:
    """Seats beside the `standing` ones, by number. Raises Invalid for more than are allowed."""
    if standing + sum(group.count for group in groups) > MOST_SEATS:
        raise Invalid("invalid-seats", fields="seats")
    needs = [sorted(set(group.skills)) for group in groups for _ in range(group.count)]
    return [
        {"id": new_id(), "task_id": task_id, "number": number, "skills": skills}
        for number, skills in enumerate(needs, numbered_from)
    ]


async def drop_seats(session: AsyncSession, seats: Collection[Seat], now: datetime) -> None:
    """Drop open seats."""
    for seat in seats:
        seat.dropped_at = now
    await session.flush()


def end_task(task: Task, state: TaskState, reason: str | None, now: datetime) -> None:
    """End a live task. Raises Conflict when it has ended another way."""
    if not TaskState(task.state).live:
        raise Conflict("task-ended", state=task.state)
    task.state = state
    task.ended_at = now
    task.end_reason = reason
    task.queued_for = None
