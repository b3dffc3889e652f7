"""A member's yes and no. A yes counts: it takes any open seat of the task that the member qualifies for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.dispatch.commands.engage import MOVE_DUE, TRACKED
from service.dispatch.commands.hold import pending_of
from service.dispatch.commands.plan import next_wave
from service.dispatch.commands.settle import end_engagements, end_offers, settle
from service.dispatch.engine.eligibility import engagement_holds, offer_holds
from service.dispatch.engine.problem import Precedence
from service.dispatch.engine.seating import fitting_seat, like_seat
from service.dispatch.models import Engagement, Offer
from service.dispatch.queries.board import FRESH, board
from service.dispatch.queries.ground import Ground
from service.dispatch.queries.playbooks import parameters
from service.dispatch.rules import (
    LIVE,
    Answer,
    CountedFor,
    EngagementState,
    OfferState,
    Trigger,
    in_office_hours,
    precedence,
)
from service.errors import Again, Conflict, NotFound
from service.events.record import record
from service.roster.commands.presence import track
from service.roster.models import MemberSkill
from service.tasks.models import Seat, Task
from service.tasks.queries.tasks import lock_tasks
from service.tasks.rules import TaskState
from service.timers.schedule import schedule
from service.web.client_time import done_at


@dataclass(frozen=True, slots=True)
class Answered:
    """An offer after its answer, its task, and the engagement that a yes led to."""

    offer: Offer
    task: Task
    engagement: Engagement | None


async def accept(
    session: AsyncSession,
    ground: Ground,
    offer_id: UUID,
    member_id: UUID,
    now: datetime,
    *,
    at: datetime | None = None,
) -> Answered:
    """Take a member's yes, also when it comes late; `at` is when they said it, by their own clock.

    With no open seat left that they qualify for, the offer is stood down and there is no engagement. A repeat
    answers the same again. Raises NotFound for an offer that is not the member's, Conflict when they said no
    before or are engaged elsewhere by something that does not give way, and Invalid for an `at` that is ahead.
    """
    offer, tasks = await lock_for_answer(session, offer_id, member_id)
    task = tasks[offer.task_id]
    if offer.answer == Answer.YES:
        return Answered(offer, task, await engagement_of(session, offer))
    if offer.answer == Answer.NO:
        raise Conflict("answer-contradicted", answer=Answer.NO)
    answered_at = done_at(at, now, since=offer.created_at)
    engaged = await live_engagement(session, member_id)
    if engaged is not None and engagement_holds(
        Precedence(engaged.precedence),
        precedence(task.mode, task.drill),
        on_scene=engaged.state == EngagementState.ON_SCENE,
    ):
        raise Conflict("already-engaged")
    offer.answer = Answer.YES
    offer.answered_at = answered_at
    seat = await open_seat_for(session, task, offer, now, ground.zone)
    if seat is None:
        offer.state = OfferState.STOOD_DOWN
        offer.ended_at = offer.ended_at or now
        await session.flush()
        await tell(session, "offer.late_yes", task, offer, now)
        return Answered(offer, task, None)
    if engaged is not None:
        await preempt(session, ground, tasks[engaged.task_id], engaged, now)
    # Service that was called off for this one ends now, so this one begins no earlier: no hour counts twice.
    accepted_at = answered_at if engaged is None else now
    engagement = await engage(session, task, offer, seat, accepted_at, now, ground.zone)
    await release_others(session, ground, tasks, offer, now)
    await settle(session, task, now)
    return Answered(offer, task, engagement)


async def decline(
    session: AsyncSession,
    ground: Ground,
    offer_id: UUID,
    member_id: UUID,
    reason: str | None,
    now: datetime,
    *,
    at: datetime | None = None,
) -> Answered:
    """Take a member's no, and ask the next best: in the same transaction in an emergency, else with the next batch.

    `at` is when they said it, by their own clock. A repeat answers the same again. Raises NotFound for an offer that
    is not the member's, Conflict when they said yes before (an engagement is left by withdrawing), and Invalid for an
    `at` that is ahead.
    """
    offer, tasks = await lock_for_answer(session, offer_id, member_id)
    task = tasks[offer.task_id]
    if offer.answer == Answer.NO:
        return Answered(offer, task, None)
    if offer.answer == Answer.YES:
        raise Conflict("answer-contradicted", answer=Answer.YES)
    was_pending = offer.state == OfferState.PENDING
    offer.answer = Answer.NO
    offer.answered_at = done_at(at, now, since=offer.created_at)
    offer.decline_reason = reason
    if offer.state in (OfferState.PENDING, OfferState.EXPIRED):
        offer.state = OfferState.DECLINED
        offer.ended_at = offer.ended_at or now
    await session.flush()
    await tell(session, "offer.declined", task, offer, now)
    if was_pending:
        await replace_in(session, ground, task, Trigger.DECLINED, now)
    return Answered(offer, task, None)


async def lock_for_answer(
    session: AsyncSession, offer_id: UUID, member_id: UUID
) -> tuple[Offer, dict[UUID, Task]]:
    """Lock the offer's task, those of the member's other pending offers and of their live engagement, by id, then
    the member; read again.

    Raises NotFound for an offer that is not the member's, Again when another offer came in between.
    """
    looked_at = await tasks_concerned(session, offer_id, member_id)
    tasks = await lock_tasks(session, looked_at)
    await session.execute(text("SELECT 1 FROM member WHERE id = :id FOR NO KEY UPDATE"), {"id": member_id})
    if not (await tasks_concerned(session, offer_id, member_id)) <= looked_at:
        raise Again
    offer = await session.get_one(Offer, offer_id, populate_existing=True)
    return offer, tasks


async def tasks_concerned(session: AsyncSession, offer_id: UUID, member_id: UUID) -> set[UUID]:
    """The tasks that an answer may touch."""
    rows = (
        await session.execute(
            select(Offer.id, Offer.task_id).where(
                Offer.member_id == member_id, or_(Offer.id == offer_id, Offer.state == OfferState.PENDING)
            )
        )
    ).all()
    if all(row.id != offer_id for row in rows):
        raise NotFound("offer")
    engaged = select(Engagement.task_id).where(Engagement.member_id == member_id, Engagement.state.in_(LIVE))
    return {row.task_id for row in rows} | set(await session.scalars(engaged))


async def engagement_of(session: AsyncSession, offer: Offer) -> Engagement | None:
    """The engagement that a yes to the offer led to, if it did."""
    found = await session.scalars(
        select(Engagement).where(Engagement.offer_id == offer.id).execution_options(**FRESH)
    )
    return found.one_or_none()


async def live_engagement(session: AsyncSession, member_id: UUID) -> Engagement | None:
    """The engagement that holds the member, if one does."""
    live = select(Engagement).where(Engagement.member_id == member_id, Engagement.state.in_(LIVE))
    return (await session.scalars(live.execution_options(**FRESH))).one_or_none()


async def preempt(
    session: AsyncSession, ground: Ground, task: Task, engagement: Engagement, now: datetime
) -> None:
    """End an engagement for something that goes before: its seat opens, its dispatcher is told, and others are
    sought, in the same transaction."""
    await end_engagements(session, task, [engagement], EngagementState.PREEMPTED, None, now)
    if TaskState(task.state).live:
        await settle(session, task, now)
        await next_wave(session, ground, task, Trigger.PREEMPTED, now)


async def open_seat_for(
    session: AsyncSession, task: Task, offer: Offer, now: datetime, zone: ZoneInfo
) -> Seat | None:
    """The seat that a yes takes: the one offered, else one that needs the same, else the most demanding one
    for which the member qualifies."""
    if not TaskState(task.state).live:
        return None
    seats: Sequence[Seat] = (await board(session, task)).open_seats
    offered = await session.get_one(Seat, offer.seat_id)
    like = like_seat(seats, offered)
    if like is not None:
        return like
    today = now.astimezone(zone).date()
    skills = set(
        await session.scalars(
            select(MemberSkill.skill_code).where(
                MemberSkill.member_id == offer.member_id,
                or_(MemberSkill.expires_on.is_(None), MemberSkill.expires_on >= today),
            )
        )
    )
    return fitting_seat(seats, skills)


async def engage(
    session: AsyncSession,
    task: Task,
    offer: Offer,
    seat: Seat,
    accepted_at: datetime,
    now: datetime,
    zone: ZoneInfo,
) -> Engagement:
    """Turn a yes into an engagement, with the timer that looks whether the member has moved."""
    section = (await parameters(session, task)).section
    engagement = Engagement(
        id=new_id(),
        task_id=task.id,
        seat_id=seat.id,
        member_id=offer.member_id,
        offer_id=offer.id,
        precedence=precedence(task.mode, task.drill),
        state=EngagementState.ACCEPTED,
        accepted_at=accepted_at,
        move_by=now + timedelta(minutes=section.move_minutes),
        counted_for=CountedFor.UNIT if in_office_hours(accepted_at, zone) else CountedFor.COMMUNITY,
    )
    offer.state = OfferState.ACCEPTED
    offer.ended_at = now
    session.add(engagement)
    await session.flush()
    await schedule(session, MOVE_DUE, engagement.id, engagement.move_by, task.grid_code)
    await tell(session, "offer.accepted", task, offer, now)
    await track(session, [offer.member_id], now + TRACKED)
    return engagement


async def release_others(
    session: AsyncSession, ground: Ground, tasks: dict[UUID, Task], taken: Offer, now: datetime
) -> None:
    """A member who said yes is asked only by what goes before it: other offers end, and those tasks ask the next
    best."""
    own = tasks[taken.task_id]
    for other in await pending_of(session, [taken.member_id]):
        if not offer_holds(precedence(own.mode, own.drill), Precedence(other.precedence)):
            continue
        task = tasks[other.task_id]
        await end_offers(session, task, [other], OfferState.SUPERSEDED, now)
        if task.id != taken.task_id:
            await replace_in(session, ground, task, Trigger.SUPERSEDED, now)


async def replace_in(
    session: AsyncSession, ground: Ground, task: Task, trigger: Trigger, now: datetime
) -> None:
    """Ask the next best for a task that lost somebody, if it still needs anybody."""
    if TaskState(task.state).live and (await board(session, task)).open_seats:
        await next_wave(session, ground, task, trigger, now)


async def tell(session: AsyncSession, kind: str, task: Task, offer: Offer, now: datetime) -> None:
    """Record what became of one offer."""
    await record(
        session,
        kind,
        now,
        area_code=task.grid_code,
        task_id=task.id,
        member_ids=[offer.member_id],
        data={"offer": str(offer.id), "category": task.category, "drill": task.drill},
    )
