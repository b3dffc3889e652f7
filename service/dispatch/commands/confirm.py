"""The safety timer: on the scene a member is asked to say that they are well, at the playbook's interval.

Not said in time, they are shown as overdue; not said in as long again, the dispatcher and the duty officers are told. A
check-in that says so counts too. Timers are never cancelled: the handler looks. Drills are no exception.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.queries import officers_of_area, officers_of_units
from service.dispatch.models import Engagement
from service.dispatch.queries.ground import Ground
from service.dispatch.queries.playbooks import parameters
from service.dispatch.rules import LIVE, RUNG_LEVELS, EngagementState
from service.errors import Conflict, NotFound
from service.events.record import record
from service.grids.rules import lineage
from service.roster.checkins.rules import How
from service.roster.commands.help import Job, call_for_help
from service.roster.commands.presence import say_how
from service.roster.models import Presence
from service.roster.queries.duty import area_and_unit
from service.tasks.models import Task
from service.tasks.queries.tasks import lock_task
from service.timers.schedule import schedule
from service.web.client_time import done_at

CONFIRM_DUE = "engagement.confirm_due"


async def confirm(
    session: AsyncSession,
    engagement_id: UUID,
    member_id: UUID,
    how: How,
    now: datetime,
    *,
    at: datetime | None = None,
) -> Engagement:
    """Take a member's word on how they are, said at `at` by their own clock.

    That they are well is asked again an interval later. That they need help is told at once, and leaves what is due
    as it is. Raises NotFound for an engagement that is not theirs, Conflict when it has ended, and Invalid for an
    `at` that is ahead.
    """
    engagement = await session.get(Engagement, engagement_id)
    if engagement is None or engagement.member_id != member_id:
        raise NotFound("engagement")
    task = await lock_task(session, engagement.task_id)
    await session.refresh(engagement)
    if engagement.state not in LIVE:
        raise Conflict("wrong-state", state=engagement.state, wanted=how)
    said_at = done_at(at, now, since=engagement.on_scene_at or engagement.accepted_at)
    if how is How.SAFE:
        await take_as_well(session, task, engagement, said_at)
        await tell(session, "engagement.confirmed", task, engagement, now)
    await session.flush()
    await say_how(session, member_id, how, said_at)
    if how is How.NEED_HELP:
        job = Job(task.id, task.grid_code, task.drill)
        data = {
            "engagement": str(engagement.id),
            "member_id": str(engagement.member_id),
            "category": task.category,
        }
        await call_for_help(session, member_id, task.grid_code, now, job, data=data)
    return engagement


async def take_as_well(session: AsyncSession, task: Task, engagement: Engagement, said_at: datetime) -> None:
    """The member was well at a time: ask again an interval later, unless they have said so since."""
    if engagement.confirmed_at is not None and engagement.confirmed_at >= said_at:
        return
    engagement.confirmed_at = said_at
    if engagement.state == EngagementState.ON_SCENE:
        await ask_again(session, task, engagement, said_at)


async def ask_again(session: AsyncSession, task: Task, engagement: Engagement, since: datetime) -> None:
    """Have the member asked an interval after `since`, if the playbook wants it."""
    minutes = (await parameters(session, task)).section.confirm_minutes
    engagement.confirm_by = since + timedelta(minutes=minutes) if minutes else None
    if engagement.confirm_by is not None:
        await schedule(session, CONFIRM_DUE, engagement.id, engagement.confirm_by, task.grid_code)


async def confirm_due(session: AsyncSession, ground: Ground, engagement_id: UUID, now: datetime) -> None:
    """Somebody on the scene is to say that they are well: ask them; after a second interval tell the officers."""
    engagement = await session.get_one(Engagement, engagement_id)
    task = await lock_task(session, engagement.task_id)
    await session.refresh(engagement)
    if engagement.state != EngagementState.ON_SCENE or engagement.confirm_by is None:
        return
    said_at = await said_well_at(session, engagement)
    if said_at is not None:
        await take_as_well(session, task, engagement, min(said_at, now))
    minutes = (await parameters(session, task)).section.confirm_minutes
    if not minutes or engagement.confirm_by is None:
        return
    if engagement.confirm_by > now:
        await schedule(session, CONFIRM_DUE, engagement.id, engagement.confirm_by, task.grid_code)
        return
    due = {"confirm_by": engagement.confirm_by.isoformat()}
    escalate_at = engagement.confirm_by + timedelta(minutes=minutes)
    if escalate_at > now:
        await tell(session, "engagement.confirm_due", task, engagement, now, **due)
        await schedule(session, CONFIRM_DUE, engagement.id, escalate_at, task.grid_code)
        return
    officers = await officers_for(session, task, engagement)
    told = [str(each) for each in officers]
    await tell(session, "engagement.unconfirmed", task, engagement, now, officers=told, **due)


async def said_well_at(session: AsyncSession, engagement: Engagement) -> datetime | None:
    """When the member last said so with a check-in, if that is their last word and they were on the scene."""
    found = select(Presence.how_at).where(
        Presence.member_id == engagement.member_id,
        Presence.how == How.SAFE,
        Presence.how_at >= engagement.on_scene_at,
    )
    return await session.scalar(found)


async def officers_for(session: AsyncSession, task: Task, engagement: Engagement) -> list[UUID]:
    """Who is told of somebody who does not answer: the task's dispatcher, the duty officers of the nearest area that
    has some, and those of the member's unit."""
    of_area: list[UUID] = []
    for level in sorted(RUNG_LEVELS.values(), reverse=True):
        of_area = of_area or await officers_of_area(session, lineage(task.grid_code)[level])
    _, unit = await area_and_unit(session, engagement.member_id)
    return list(dict.fromkeys([task.created_by, *of_area, *await officers_of_units(session, [unit])]))


async def tell(
    session: AsyncSession, kind: str, task: Task, engagement: Engagement, now: datetime, **more: object
) -> None:
    """Put on record what concerns an engagement, its member and its dispatcher."""
    await record(
        session,
        kind,
        now,
        area_code=task.grid_code,
        task_id=task.id,
        member_ids=[engagement.member_id],
        data={
            "engagement": str(engagement.id),
            "member_id": str(engagement.member_id),
            "category": task.category,
            "drill": task.drill,
            **more,
        },
    )


def is_overdue(engagement: Engagement, now: datetime) -> bool:
    """Whether somebody on the scene has not said in time that they are well."""
    on_scene = engagement.state == EngagementState.ON_SCENE
    return on_scene and engagement.confirm_by is not None and engagement.confirm_by <= now
