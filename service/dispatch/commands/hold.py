"""Holding people until the commit, and taking them from what goes behind.

Members are locked without waiting (SKIP LOCKED): whoever another transaction holds at this moment counts as taken.
So are the tasks whose pending offers a higher precedence supersedes: tasks come before members in the order of
locks, and what comes late may not wait.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.seek import seek
from service.dispatch.commands.settle import end_offers
from service.dispatch.engine.eligibility import engagement_holds, offer_holds
from service.dispatch.engine.problem import Precedence
from service.dispatch.models import Engagement, Offer
from service.dispatch.queries.board import FRESH
from service.dispatch.rules import LIVE, EngagementState, OfferState, Trigger
from service.tasks.models import Task
from service.tasks.queries.tasks import lock_free_tasks


async def hold_members(session: AsyncSession, members: set[UUID], precedence: Precedence) -> set[UUID]:
    """Lock those of the members whom nobody else holds, by id, and say who may still be asked at `precedence`.

    Who has a pending offer of lower precedence may be, if its task could be locked too.
    """
    locked = await session.scalars(
        text(
            "SELECT id FROM member WHERE id = ANY(:members) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
        ).bindparams(bindparam("members", sorted(members), ARRAY(Uuid)))
    )
    mine = set(locked)
    # Statements of their own: they see what was committed before the locks were ours.
    for engagement in await session.execute(
        select(Engagement.member_id, Engagement.precedence, Engagement.state).where(
            Engagement.member_id.in_(mine), Engagement.state.in_(LIVE)
        )
    ):
        on_scene = engagement.state == EngagementState.ON_SCENE
        if engagement_holds(Precedence(engagement.precedence), precedence, on_scene=on_scene):
            mine.discard(engagement.member_id)
    lower = {
        offer.task_id
        for offer in await pending_of(session, mine)
        if not offer_holds(Precedence(offer.precedence), precedence)
    }
    free = await lock_free_tasks(session, lower)
    return mine - {
        offer.member_id
        for offer in await pending_of(session, mine)
        if offer_holds(Precedence(offer.precedence), precedence) or offer.task_id not in free
    }


async def pending_of(session: AsyncSession, members: Iterable[UUID]) -> Sequence[Offer]:
    """The pending offers of members, as they are now."""
    found = await session.scalars(
        select(Offer)
        .where(Offer.member_id.in_(members), Offer.state == OfferState.PENDING)
        .order_by(Offer.task_id, Offer.id)
        .execution_options(**FRESH)
    )
    return found.all()


async def supersede(session: AsyncSession, members: Iterable[UUID], now: datetime) -> None:
    """End the pending offers of members who are about to be asked by something that goes before.

    The caller holds the members and, through `hold_members`, those offers' tasks, which have others sought.
    """
    by_task: dict[UUID, list[Offer]] = {}
    for offer in await pending_of(session, members):
        by_task.setdefault(offer.task_id, []).append(offer)
    for task_id, ended in by_task.items():
        task = await session.get_one(Task, task_id, populate_existing=True)
        await end_offers(session, task, ended, OfferState.SUPERSEDED, now)
        await seek(session, task, Trigger.SUPERSEDED, now)
