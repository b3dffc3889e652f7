"""What dispatch's routes ask for at the door: the ground to plan on, and tasks that are the caller's to see."""

from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.rules import Action, Caller, Reach
from service.dispatch.queries.ground import Ground, ground_of
from service.dispatch.queries.help import Call, find_call
from service.dispatch.queries.messages import was_engaged
from service.errors import NotFound
from service.tasks.models import Task
from service.web.transaction import Tx


async def ground(request: Request, tx: Tx) -> Ground:
    """The ground as the request's transaction sees it."""
    return await ground_of(tx, request.app.state.graphs, request.app.state.settings)


async def zone(request: Request) -> ZoneInfo:
    """The city's time zone."""
    local: ZoneInfo = request.app.state.settings.zone
    return local


OnGround = Annotated[Ground, Depends(ground)]
InZone = Annotated[ZoneInfo, Depends(zone)]


async def task_for(session: AsyncSession, who: Caller, action: Action, task_id: UUID) -> Task:
    """A task that the caller may do this to. Raises NotFound, also where its existence is not theirs to know of."""
    task = await session.get(Task, task_id)
    if task is None:
        raise NotFound("task")
    if not who.may_see_area(action, task.grid_code):
        raise NotFound("task", hidden=True)
    return task


async def task_with_messages_for(session: AsyncSession, who: Caller, task_id: UUID) -> Task:
    """A task whose messages are the caller's to read: in their area, or one that they are or were engaged in.

    Raises NotFound.
    """
    own = who.member_id if Reach.OWN in who.reaches(Action.MESSAGE_READ) else None
    if own is not None and await was_engaged(session, task_id, own):
        return await session.get_one(Task, task_id)
    return await task_for(session, who, Action.MESSAGE_READ, task_id)


async def call_for(session: AsyncSession, who: Caller, call_id: UUID) -> Call:
    """A call for help that the caller may acknowledge: from their area, or of a task there. Raises NotFound."""
    found = await find_call(session, call_id)
    if found is None:
        raise NotFound("help_call")
    areas = (found.call.area_code, found.call.task_area)
    if not any(area is not None and who.may_see_area(Action.HELP_ACKNOWLEDGE, area) for area in areas):
        raise NotFound("help_call", hidden=True)
    return found
