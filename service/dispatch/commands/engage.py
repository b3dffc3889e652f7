"""From the yes to the scene and back: en route, on scene, released; withdrawn or not shown up."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.plan import next_wave
from service.dispatch.commands.settle import rest_after, settle
from service.dispatch.models import Engagement
from service.dispatch.queries.ground import Ground
from service.dispatch.rules import MOVES, EngagementState, Trigger
from service.errors import Conflict, NotFound
from service.events.record import record
from service.tasks.queries.tasks import lock_task
from service.tasks.rules import TaskState

MOVE_DUE = "engagement.move_due"
REFILL = {EngagementState.WITHDRAWN: Trigger.WITHDRAWN, EngagementState.NO_SHOW: Trigger.NO_SHOW}
"""The moves that open a seat again, and why its next wave is planned."""


async def move(
    session: AsyncSession,
    ground: Ground,
    engagement_id: UUID,
    to: EngagementState,
    now: datetime,
    *,
    member_id: UUID | None = None,
    reason: str | None = None,
) -> Engagement:
    """Move an engagement on; a move that has been made is answered again.

    With `member_id`, only that member's own. A withdrawal or no-show opens the seat and asks the next best at
    once. Raises NotFound, and Conflict when the state does not allow it.
    """
    engagement = await session.get(Engagement, engagement_id)
    if engagement is None or (member_id is not None and engagement.member_id != member_id):
        raise NotFound("engagement")
    task = await lock_task(session, engagement.task_id)
    await session.refresh(engagement)
    if engagement.state == to:
        return engagement
    if engagement.state not in MOVES[to]:
        raise Conflict("wrong-state", state=engagement.state, wanted=to)
    engagement.state = to
    if to == EngagementState.EN_ROUTE:
        engagement.en_route_at = now
    elif to == EngagementState.ON_SCENE:
        engagement.on_scene_at = now
    else:
        engagement.ended_at = now
        engagement.end_reason = reason
        engagement.rest_until = await rest_after(session, task, engagement, now)
    await session.flush()
    await record(
        session,
        f"engagement.{to}",
        now,
        area_code=task.grid_code,
        task_id=task.id,
        member_ids=[engagement.member_id],
        data={"engagement": str(engagement.id), "drill": task.drill},
    )
    if TaskState(task.state).live:
        await settle(session, task, now)
        if to in REFILL:
            await next_wave(session, ground, task, REFILL[to], now)
    return engagement


async def move_due(session: AsyncSession, ground: Ground, engagement_id: UUID, now: datetime) -> None:
    """Somebody who accepted has not moved in the playbook's time: the dispatcher is told of a likely no-show."""
    engagement = await session.get_one(Engagement, engagement_id)
    task = await lock_task(session, engagement.task_id)
    await session.refresh(engagement)
    if engagement.state == EngagementState.ACCEPTED and TaskState(task.state).live:
        await record(
            session,
            "engagement.likely_no_show",
            now,
            area_code=task.grid_code,
            task_id=task.id,
            data={"engagement": str(engagement.id), "member_id": str(engagement.member_id)},
        )


def is_likely_no_show(engagement: Engagement, now: datetime) -> bool:
    """Whether somebody accepted and has not moved in the playbook's time."""
    return engagement.state == EngagementState.ACCEPTED and engagement.move_by <= now
