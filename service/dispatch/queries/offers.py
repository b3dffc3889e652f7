"""A member's own offers."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.models import Engagement, Offer
from service.tasks.models import Playbook, Task


class OwnOffer(NamedTuple):
    """An offer with what belongs to it."""

    offer: Offer
    task: Task
    playbook: Playbook
    engagement: Engagement | None


async def own_offers(
    session: AsyncSession,
    member_id: UUID,
    limit: int,
    after: UUID | None,
    *,
    state: str | None,
    now: datetime,
) -> Sequence[OwnOffer]:
    """Up to `limit` + 1 of a member's offers, newest first, from behind the one with the id `after`.

    An offer whose time is up is not pending, even before the worker has said so.
    """
    statement = (
        select(Offer, Task, Playbook, Engagement)
        .join(Task, Task.id == Offer.task_id)
        .join(Playbook, Playbook.id == Task.playbook_id)
        .outerjoin(Engagement, Engagement.offer_id == Offer.id)
        .where(Offer.member_id == member_id)
        .order_by(Offer.created_at.desc(), Offer.id.desc())
    )
    if state is not None:
        statement = statement.where(Offer.state == state)
        if state == "pending":
            statement = statement.where(Offer.expires_at > now)
    if after is not None:
        last = (
            select(Offer.created_at).where(Offer.id == after, Offer.member_id == member_id).scalar_subquery()
        )
        statement = statement.where(
            (Offer.created_at < last) | ((Offer.created_at == last) & (Offer.id < after))
        )
    rows = await session.execute(statement.limit(limit + 1))
    return [OwnOffer(*row) for row in rows]
