"""While a drill runs: answers to a muster, an exercise's tasks as they fall due, and its end."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.models import Account
from service.dispatch.commands import steer
from service.dispatch.commands.post import post_task
from service.dispatch.queries.ground import Ground
from service.drills.models import Drill, DrillTask, MusterCall
from service.drills.rules import MusterAnswer
from service.errors import Conflict, NotFound, Refused, ServiceError
from service.events.record import record
from service.roster.commands.presence import end_tracking, track
from service.tasks.commands.tasks import NewTask, SeatGroup
from service.tasks.models import Task
from service.tasks.rules import LIVE_STATES, Urgency


async def answer_muster(
    session: AsyncSession, drill_id: UUID, member_id: UUID, answer: MusterAnswer, now: datetime
) -> MusterCall:
    """Take a called member's answer; repeating it is harmless.

    Whoever is there may check in until the muster's end. Raises NotFound for somebody who was not called, Conflict
    for another answer than before, and for one after the end.
    """
    call = await session.get(MusterCall, (drill_id, member_id), with_for_update=True)
    if call is None:
        raise NotFound("drill")
    if call.answer == answer:
        return call
    if call.answer is not None:
        raise Conflict("muster-answered", answer=call.answer)
    drill = await session.get_one(Drill, drill_id)
    if drill.ended_at is not None or drill.until <= now:
        raise Conflict("drill-ended")
    call.answer, call.answered_at = answer, now
    await session.flush()
    if answer == MusterAnswer.HERE:
        await track(session, [member_id], drill.until)
    await record(
        session,
        "muster.answered",
        now,
        area_code=drill.area_code,
        member_ids=[member_id],
        data={"drill": str(drill_id), "answer": answer},
    )
    return call


async def end(session: AsyncSession, drill_id: UUID, *, by: UUID | None, now: datetime) -> Drill:
    """End a drill, with every task of it that still goes on; repeats are harmless. Raises NotFound.

    Locks: the drill, which whoever posts one of its tasks shares, then its tasks by id.
    """
    drill = await session.get(Drill, drill_id, with_for_update=True, populate_existing=True)
    if drill is None:
        raise NotFound("drill")
    if drill.ended_at is not None:
        return drill
    drill.ended_at, drill.ended_by = now, by
    await session.flush()
    there = select(MusterCall.member_id).where(
        MusterCall.drill_id == drill_id, MusterCall.answer == MusterAnswer.HERE
    )
    await end_tracking(session, (await session.scalars(there)).all(), drill.until)
    ids = await session.scalars(
        select(Task.id)
        .join(DrillTask, DrillTask.task_id == Task.id)
        .where(DrillTask.drill_id == drill_id, Task.state.in_(LIVE_STATES))
        .order_by(Task.id)
    )
    for task_id in ids.all():
        await steer.cancel(session, task_id, None, now=now)
    await record(
        session,
        "drill.ended",
        now,
        area_code=drill.area_code,
        data={"drill": str(drill.id), "kind": drill.kind},
    )
    return drill


async def end_due(session: AsyncSession, ground: Ground, drill_id: UUID, now: datetime) -> None:
    """A drill's time is up."""
    await end(session, drill_id, by=None, now=now)


async def task_due(session: AsyncSession, ground: Ground, drill_task_id: UUID, now: datetime) -> None:
    """Post a task of an exercise that still runs; one that cannot be posted says why, and the others go on."""
    planned = await session.get_one(DrillTask, drill_task_id)
    drill = await session.get_one(
        Drill, planned.drill_id, with_for_update={"read": True}, populate_existing=True
    )
    if drill.ended_at is not None or drill.until <= now or planned.task_id is not None:
        return
    areas = (await session.get_one(Account, drill.started_by)).areas

    def inside(code: str) -> None:
        if not code.startswith(drill.area_code):
            raise Refused("outside-your-area", code=code)

    try:
        async with session.begin_nested():
            story = await post_task(
                session,
                ground,
                new_task(planned),
                by=drill.started_by,
                may_post_at=inside,
                areas=areas,
                now=now,
            )
    except ServiceError as error:
        planned.problem = error.slug
    else:
        planned.task_id = story.board.task.id
    await session.flush()


def new_task(planned: DrillTask) -> NewTask:
    """The task as posting takes it: a drill."""
    what = planned.what
    return NewTask(
        category=what["category"],
        title=what["title"],
        urgency=Urgency(what["urgency"]),
        lon=what["lon"],
        lat=what["lat"],
        seats=[SeatGroup(skills, count) for skills, count in what["seats"]],
        drill=True,
    )
