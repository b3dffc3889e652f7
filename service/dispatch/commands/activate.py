"""平急调度: an activation, its end, and the tasks of the area that it turns.

An activation applies by its times, to whatever is planned or posted then; this only brings the tasks that are
under way along, and their next waves forward. One that was being posted meanwhile is not seen here: it is brought
along as its batch or its next wave is planned. Locks: the area, then the tasks by id.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.preview import Effects, effects
from service.dispatch.commands.seek import seek
from service.dispatch.commands.turn import turn
from service.dispatch.queries.board import board
from service.dispatch.queries.ground import Ground
from service.dispatch.rules import Trigger
from service.tasks.commands.activations import (
    NewActivation,
    check_activation,
    create_activation,
    end_activation,
    note_begin,
    note_end,
)
from service.tasks.models import Activation
from service.tasks.queries.activations import activation_by_id, live_tasks_in, lock_area
from service.tasks.queries.tasks import lock_tasks
from service.tasks.rules import TaskState, is_higher
from service.timers.schedule import schedule

ACTIVATION_BEGIN = "activation.begin"
ACTIVATION_END = "activation.end"


@dataclass(frozen=True, slots=True)
class Activated:
    """An activation, and what it does."""

    activation: Activation
    effects: Effects


async def activate(
    session: AsyncSession, ground: Ground, new: NewActivation, *, by: UUID, now: datetime
) -> Activated:
    """Put an area into emergency, now or later, in place of the activation that it replaces.

    Raises what `check_activation` raises.
    """
    await lock_area(session, new.area.id)
    replaced = await check_activation(session, new, now)
    found = await effects(session, ground, new, now)
    activation = await create_activation(session, new, replaced, by=by, now=now)
    code = activation.area_code
    if replaced is not None and replaced.ended_at is None:
        # It goes on until this one begins. Its timer is not due yet, so no worker holds it.
        await schedule(session, ACTIVATION_END, replaced.id, replaced.until, code)
    if new.from_at > now:
        await schedule(session, ACTIVATION_BEGIN, activation.id, new.from_at, code)
    await schedule(session, ACTIVATION_END, activation.id, new.until, code)
    await turn_all(session, code, now)
    return Activated(activation, found)


async def end(
    session: AsyncSession, activation_id: UUID, reason: str | None, *, by: UUID, now: datetime
) -> Activation:
    """End an activation now, before its time. Repeats are harmless.

    Raises NotFound, and Conflict when it has ended by itself.
    """
    activation = await locked(session, activation_id)
    await end_activation(session, activation, reason, by=by, now=now)
    await turn_all(session, activation.area_code, now)
    return activation


async def begin_due(session: AsyncSession, ground: Ground, activation_id: UUID, now: datetime) -> None:
    """A planned activation's time has come: its area is brought into its mode."""
    activation = await locked(session, activation_id)
    await note_begin(session, activation, now)
    await turn_all(session, activation.area_code, now)


async def end_due(session: AsyncSession, ground: Ground, activation_id: UUID, now: datetime) -> None:
    """An activation's time is up: its area goes back to the mode that it has without it."""
    activation = await locked(session, activation_id)
    await note_end(session, activation, now)
    await turn_all(session, activation.area_code, now)


async def locked(session: AsyncSession, activation_id: UUID) -> Activation:
    """An activation as it is now, with its area locked. Raises NotFound."""
    await lock_area(session, (await activation_by_id(session, activation_id)).grid_id)
    return await activation_by_id(session, activation_id)


async def turn_all(session: AsyncSession, area: str, now: datetime) -> None:
    """Bring every live task in an area into the mode and level of its place.

    Those that rose and have open seats get their next wave at once; the others go on as they are until theirs.
    """
    tasks = await lock_tasks(session, [task.id for task in await live_tasks_in(session, area)])
    for task in tasks.values():
        if not TaskState(task.state).live:
            continue
        before = task.level
        if not await turn(session, task, now) or not is_higher(task.level, before):
            continue
        if (await board(session, task)).open_seats:
            await seek(session, task, Trigger.ACTIVATED, now)
