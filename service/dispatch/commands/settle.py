"""After something happened to a task's seats: its state, the surplus of its offers, and who is told."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.engine.problem import Mode
from service.dispatch.engine.seating import refit
from service.dispatch.models import Engagement, Offer
from service.dispatch.queries.board import Board, board, live_engagements, pending_offers
from service.dispatch.queries.playbooks import parameters
from service.dispatch.rules import EngagementState, OfferState
from service.events.record import record
from service.roster.commands.presence import stop_tracking
from service.roster.models import MemberSkill
from service.tasks.models import Seat, Task
from service.tasks.rules import TaskState, live_state


async def settle(session: AsyncSession, task: Task, now: datetime) -> Board:
    """Bring a live task's state in line with its seats, and stand down whom no open seat is left for."""
    seats = await board(session, task)
    before, task.state = task.state, live_state(seats.states)
    if seats.open_seats and before != TaskState.OPEN:
        task.open_since = now
    if not seats.open_seats and task.staffed_at is None:
        task.staffed_at = now
    await stand_down_surplus(session, task, seats.open_seats, now)
    await session.flush()
    if task.state != before:
        await record(
            session,
            "task.state",
            now,
            area_code=task.grid_code,
            task_id=task.id,
            data={"from": before, "to": task.state},
        )
    return seats


async def stand_down_surplus(
    session: AsyncSession, task: Task, open_seats: Sequence[Seat], now: datetime
) -> None:
    """Stand down the pending offers of members who qualify for none of the open seats; in normal mode, where a seat
    has one offer, for none that nobody else is asked for."""
    pending = await pending_offers(session, task.id)
    still_open = {seat.id for seat in open_seats}
    doubtful = [offer.member_id for offer in pending if offer.seat_id not in still_open]
    if not doubtful:
        return
    skills = await skills_of(session, doubtful) if open_seats else {}
    found = refit(pending, open_seats, skills, one_each=task.mode == Mode.NORMAL)
    for offer, seat in found.moved:
        offer.seat_id = seat.id
    await end_offers(session, task, found.surplus, OfferState.STOOD_DOWN, now)


async def skills_of(session: AsyncSession, members: Sequence[UUID]) -> dict[UUID, set[str]]:
    """The skills of members who have an offer: none of them had expired when it was made."""
    rows = await session.execute(
        select(MemberSkill.member_id, MemberSkill.skill_code).where(MemberSkill.member_id.in_(members))
    )
    found: dict[UUID, set[str]] = {}
    for member_id, code in rows:
        found.setdefault(member_id, set()).add(code)
    return found


async def end_offers(
    session: AsyncSession, task: Task, offers: Sequence[Offer], state: OfferState, now: datetime
) -> None:
    """End pending offers and tell those people."""
    for offer in offers:
        offer.state = state
        offer.ended_at = now
    await session.flush()
    await record(
        session,
        f"offer.{state}",
        now,
        area_code=task.grid_code,
        task_id=task.id,
        member_ids=[offer.member_id for offer in offers],
        data={"category": task.category, "drill": task.drill},
    )


async def end_engagements(
    session: AsyncSession,
    task: Task,
    engagements: Sequence[Engagement],
    state: EngagementState,
    reason: str | None,
    now: datetime,
) -> None:
    """End live engagements and tell those people; whoever was on the scene rests."""
    for engagement in engagements:
        engagement.rest_until = await rest_after(session, task, engagement, now)
        engagement.state = state
        engagement.ended_at = now
        engagement.end_reason = reason
    await session.flush()
    await record(
        session,
        f"engagement.{state}",
        now,
        area_code=task.grid_code,
        task_id=task.id,
        member_ids=[engagement.member_id for engagement in engagements],
        data={"category": task.category, "drill": task.drill, "reason": reason},
    )
    await stop_tracking(session, [engagement.member_id for engagement in engagements])


async def rest_after(
    session: AsyncSession, task: Task, engagement: Engagement, ended_at: datetime
) -> datetime | None:
    """Until when a member is not asked again after an engagement that ends: by the playbook, if they were on the
    scene. A drill makes nobody rest: it must not keep them from the real thing."""
    if engagement.on_scene_at is None or task.drill:
        return None
    section = (await parameters(session, task)).section
    return ended_at + timedelta(minutes=section.rest_minutes)


async def end_all(
    session: AsyncSession,
    task: Task,
    offers_to: OfferState,
    engagements_to: EngagementState,
    reason: str | None,
    now: datetime,
) -> None:
    """End everything that a task still has under way."""
    await end_offers(session, task, await pending_offers(session, task.id), offers_to, now)
    live = await live_engagements(session, task.id)
    await end_engagements(session, task, live, engagements_to, reason, now)
