"""Dispatch's timers: what happens by itself."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.activate import ACTIVATION_BEGIN, ACTIVATION_END, begin_due, end_due
from service.dispatch.commands.batch import match_due, seek_due
from service.dispatch.commands.confirm import CONFIRM_DUE, confirm_due
from service.dispatch.commands.engage import MOVE_DUE, move_due
from service.dispatch.commands.escalate import LADDER_DUE, ladder_due
from service.dispatch.commands.expire import TASK_DUE, task_due, wave_due
from service.dispatch.commands.ledger import WAVE_DUE
from service.dispatch.commands.seek import MATCH_DUE, SEEK_DUE
from service.dispatch.queries.ground import Ground, ground_of
from service.grids.store import GraphStore
from service.settings import Settings
from service.timers.loop import Handler

Effect = Callable[[AsyncSession, Ground, UUID, datetime], Awaitable[None]]

EFFECTS: Mapping[str, Effect] = {
    WAVE_DUE: wave_due,
    TASK_DUE: task_due,
    MOVE_DUE: move_due,
    CONFIRM_DUE: confirm_due,
    MATCH_DUE: match_due,
    SEEK_DUE: seek_due,
    LADDER_DUE: ladder_due,
    ACTIVATION_BEGIN: begin_due,
    ACTIVATION_END: end_due,
}


def handlers(
    settings: Settings, graphs: GraphStore, effects: Mapping[str, Effect] = EFFECTS
) -> Mapping[str, Handler]:
    """The handler of each kind of timer, over the worker's own copy of the grid graph."""
    return {kind: partial(with_ground, graphs, settings, effect) for kind, effect in effects.items()}


async def with_ground(
    graphs: GraphStore,
    settings: Settings,
    effect: Effect,
    session: AsyncSession,
    subject_id: UUID,
    now: datetime,
) -> None:
    """Run an effect on the map as the transaction sees it."""
    await effect(session, await ground_of(session, graphs, settings), subject_id, now)
