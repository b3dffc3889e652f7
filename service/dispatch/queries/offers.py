"""A member's own offers, and who to ask about what they accepted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.models import Account
from service.dispatch.models import Engagement, Offer
from service.tasks.models import Message, Playbook, Task


class OwnOffer(NamedTuple):
    """An offer with what belongs to it."""

    offer: Offer
    task: Task
    playbook: Playbook
    engagement: Engagement | None
    dispatcher: str
    """The display name of whoever posted the task."""
    contact: str | None
    """How to reach them."""
    messages: int
    """From the dispatchers to those who are engaged in the task."""


def with_belongings() -> Select[Any]:
    """Offers with what belongs to each."""
    messages = select(func.count()).where(Message.task_id == Offer.task_id).scalar_subquery()
    return (
        select(Offer, Task, Playbook, Engagement, Account.display_name, Account.contact, messages)
        .join(Task, Task.id == Offer.task_id)
        .join(Playbook, Playbook.id == Task.playbook_id)
        .join(Account, Account.id == Task.created_by)
        .outerjoin(Engagement, Engagement.offer_id == Offer.id)
    )


async def own_offer(session: AsyncSession, offer_id: UUID) -> OwnOffer:
    """One offer that there is."""
    return OwnOffer(*(await session.execute(with_belongings().where(Offer.id == offer_id))).one())


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
    own = with_belongings().where(Offer.member_id == member_id)
    statement = own.order_by(Offer.created_at.desc(), Offer.id.desc())
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
