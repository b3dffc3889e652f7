"""The ladder 纵横统筹: while an emergency's seats stay open, its units, then town, county and city are told.

It decides who is told, never who is near. One timer a task, which only its own handler moves on.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.access.queries import officers_of_area, officers_of_units
from service.db.base import new_id
from service.dispatch.engine.problem import Mode
from service.dispatch.models import Escalation
from service.dispatch.queries.board import board
from service.dispatch.queries.ground import Ground
from service.dispatch.queries.playbooks import parameters
from service.dispatch.rules import RUNG_LEVELS, Rung
from service.events.record import record
from service.grids.rules import lineage
from service.tasks.models import Playbook, Task
from service.tasks.queries.tasks import lock_task
from service.tasks.rules import TaskState
from service.timers.schedule import schedule

LADDER_DUE = "task.ladder"
LOOK_AGAIN = timedelta(minutes=1)
"""How soon a ladder that waits for seats to come open again looks whether they have."""


async def start_ladder(session: AsyncSession, task: Task) -> None:
    """Set the timer of a task's next rung, counted from when its seats came open."""
    due = next_rung_due(task, (await parameters(session, task)).playbook)
    if due is not None:
        await schedule(session, LADDER_DUE, task.id, due, task.grid_code)


def next_rung_due(task: Task, playbook: Playbook) -> datetime | None:
    """When a task's next rung is told; None: there is none."""
    if task.rung >= len(playbook.ladder):
        return None
    return task.open_since + timedelta(minutes=playbook.ladder[task.rung]["minutes"])


async def ladder_due(session: AsyncSession, ground: Ground, task_id: UUID, now: datetime) -> None:
    """Tell the next rung if seats have been open for its minutes, and set the timer of the one after it."""
    task = await lock_task(session, task_id)
    ladder = (await parameters(session, task)).playbook.ladder
    if not TaskState(task.state).live or task.mode == Mode.NORMAL or task.rung >= len(ladder):
        return
    if not (await board(session, task)).open_seats:
        await schedule(session, LADDER_DUE, task.id, now + LOOK_AGAIN, task.grid_code)
        return
    if task.open_since + timedelta(minutes=ladder[task.rung]["minutes"]) <= now:
        await tell_rung(session, task, Rung(ladder[task.rung]["rung"]), now)
        task.rung += 1
    await session.flush()
    await start_ladder(session, task)


async def tell_rung(session: AsyncSession, task: Task, rung: Rung, now: datetime) -> None:
    """Put on record that a rung is told, with its duty officers: whose own area or unit it is."""
    area, units = None, []
    if rung in RUNG_LEVELS:
        area = lineage(task.grid_code)[RUNG_LEVELS[rung]]
        officers = await officers_of_area(session, area)
    else:
        units = task.responsible_units if rung == Rung.UNITS else task.neighbour_units
        officers = await officers_of_units(session, units)
    session.add(
        Escalation(
            id=new_id(),
            task_id=task.id,
            number=task.rung + 1,
            rung=rung,
            area_code=area,
            unit_codes=units,
            officers=officers,
            at=now,
        )
    )
    await record(
        session,
        "task.escalated",
        now,
        area_code=area or task.grid_code,
        unit_codes=units,
        task_id=task.id,
        data={
            "rung": rung,
            "officers": [str(officer) for officer in officers],
            "open_since": task.open_since.isoformat(),
            "drill": task.drill,
        },
    )
