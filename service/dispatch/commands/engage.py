"""From the yes to the scene and back: en route, on scene, released; withdrawn or not shown up."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.confirm import ask_again
from service.dispatch.commands.plan import next_wave
from service.dispatch.commands.settle import rest_after, settle
from service.dispatch.models import Engagement
from service.dispatch.queries.ground import Ground
from service.dispatch.rules import LIVE, MOVES, EngagementState, Trigger
from service.errors import Conflict, NotFound
from service.events.record import record
from service.roster.commands.presence import stop_tracking, track
from service.tasks.queries.tasks import lock_task
from service.tasks.rules import TaskState
from service.web.client_time import done_at

MOVE_DUE = "engagement.move_due"
TRACKED = timedelta(hours=48)
"""For so long positions of somebody engaged are taken after they last moved on; until then at most."""
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
    at: datetime | None = None,
) -> Engagement:
    """Move an engagement on; a move that has been made is answered again.

    With `member_id`, only that member's own. `at` is when they did it, by their own clock. A withdrawal or no-show
    opens the seat and asks the next best at once. Raises NotFound, Conflict when the state does not allow it, and
    Invalid for an `at` that is ahead.
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
    before = engagement.on_scene_at or engagement.en_route_at or engagement.accepted_at
    moved_at = done_at(at, now, since=before)
    engagement.state = to
    if to == EngagementState.EN_ROUTE:
        engagement.en_route_at = moved_at
    elif to == EngagementState.ON_SCENE:
        engagement.on_scene_at = moved_at
        await ask_again(session, task, engagement, moved_at)
    else:
        engagement.ended_at = moved_at
        engagement.end_reason = reason
        engagement.rest_until = await rest_after(session, task, engagement, moved_at)
    await session.flush()
    if to in LIVE:
        await track(session, [engagement.member_id], now + TRACKED)
    else:
        await stop_tracking(session, [engagement.member_id])
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
