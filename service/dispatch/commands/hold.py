"""Holding people until the commit, and taking them from what goes behind.

Members are locked without waiting (SKIP LOCKED): whoever another transaction holds at this moment counts as taken.
So are the tasks whose pending offers a higher precedence supersedes: tasks come before members in the order of
locks, and what comes late may not wait.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.dispatch.commands.seek import seek
from service.dispatch.commands.settle import end_offers
from service.dispatch.engine.eligibility import engagement_holds, offer_holds
from service.dispatch.engine.problem import Precedence
from service.dispatch.models import Offer
from service.dispatch.queries.board import FRESH
from service.dispatch.rules import EngagementState, OfferState, Trigger
from service.tasks.models import Task
from service.tasks.queries.tasks import lock_free_tasks

LOCK = "SELECT id FROM member WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED"
HOLDERS = """
    SELECT member_id, precedence, state, NULL::uuid AS offered_for FROM engagement
    WHERE member_id = ANY($1::uuid[]) AND state IN ('accepted', 'en_route', 'on_scene')
    UNION ALL
    SELECT member_id, precedence, state, task_id FROM offer WHERE member_id = ANY($1::uuid[]) AND state = 'pending'
"""


class Held(NamedTuple):
    """Members who are ours until the commit."""

    free: set[UUID]
    """Who may be asked."""
    lower: set[UUID]
    """Those of them who have a pending offer that goes behind, and is to be superseded."""


async def hold_members(session: AsyncSession, members: set[UUID], precedence: Precedence) -> Held:
    """Lock those of the members whom nobody else holds, by id, and say who may still be asked at `precedence`.

    Who has a pending offer of lower precedence may be, if its task could be locked too.
    """
    mine = {row.id for row in await driver.within(session, LOCK, sorted(members))}
    # A statement of its own: it sees what was committed before the locks were ours.
    behind = {}
    for row in await driver.within(session, HOLDERS, list(mine)):
        theirs = Precedence(row.precedence)
        if row.offered_for is None:
            on_scene = row.state == EngagementState.ON_SCENE
            holds = engagement_holds(theirs, precedence, on_scene=on_scene)
        else:
            holds = offer_holds(theirs, precedence)
            if not holds:
                behind[row.member_id] = row.offered_for
        if holds:
            mine.discard(row.member_id)
    lower = {task_id for member_id, task_id in behind.items() if member_id in mine}
    if not lower:
        return Held(mine, set())
    free = await lock_free_tasks(session, lower)
    asked = await pending_of(session, mine)
    mine -= {
        offer.member_id
        for offer in asked
        if offer_holds(Precedence(offer.precedence), precedence) or offer.task_id not in free
    }
    return Held(mine, {offer.member_id for offer in asked} & mine)


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
