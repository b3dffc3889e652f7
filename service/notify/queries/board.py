"""What became of notifications: for administrators. Whom a message went to is a number or a username, nothing more."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.models import Account
from service.db.base import among
from service.notify.models import Contact, Delivery, Notification, NotifyPreference
from service.notify.rules import DeliveryState, State
from service.roster.models import Member


class Told(NamedTuple):
    """A notification, whom it is for, and its deliveries, the oldest first."""

    notification: Notification
    member_number: str | None
    username: str | None
    deliveries: list[Delivery]


class Count(NamedTuple):
    """What a channel has to do and has done."""

    due: int = 0
    dead: int = 0
    last_success: datetime | None = None


async def notifications(
    session: AsyncSession, after: UUID | None, limit: int, *, state: State | None = None
) -> list[Told]:
    """Up to `limit + 1`, the newest first, from the one behind `after` on.

    Dead are those that reached nobody, and those of which one channel failed while another did its work.
    """
    found = (
        select(Notification, Member.number, Account.username)
        .outerjoin(Member, Member.id == Notification.member_id)
        .outerjoin(Account, Account.id == Notification.account_id)
        .order_by(Notification.created_at.desc(), Notification.id.desc())
        .limit(limit + 1)
    )
    if state is State.DEAD:
        dead = select(Delivery.id).where(
            Delivery.notification_id == Notification.id, Delivery.state == DeliveryState.DEAD
        )
        found = found.where(or_(Notification.state == State.DEAD, dead.exists()))
    elif state is not None:
        found = found.where(Notification.state == state)
    if after is not None:
        last = select(Notification.created_at, Notification.id).where(Notification.id == after)
        found = found.where(tuple_(Notification.created_at, Notification.id) < last.scalar_subquery())
    return await with_deliveries(session, [(row[0], row[1], row[2]) for row in await session.execute(found)])


async def notification(session: AsyncSession, notification_id: UUID) -> Told | None:
    """One of them."""
    found = (
        select(Notification, Member.number, Account.username)
        .outerjoin(Member, Member.id == Notification.member_id)
        .outerjoin(Account, Account.id == Notification.account_id)
        .where(Notification.id == notification_id)
        .execution_options(populate_existing=True)
    )
    rows = [(row[0], row[1], row[2]) for row in await session.execute(found)]
    return next(iter(await with_deliveries(session, rows)), None)


async def with_deliveries(
    session: AsyncSession, rows: Sequence[tuple[Notification, str | None, str | None]]
) -> list[Told]:
    """The rows with their deliveries, read in one statement."""
    found = (
        select(Delivery)
        .where(among(Delivery.notification_id, [row[0].id for row in rows]))
        .order_by(Delivery.created_at, Delivery.id)
        .execution_options(populate_existing=True)
    )
    by_notification: dict[UUID, list[Delivery]] = {}
    for delivery in await session.scalars(found):
        by_notification.setdefault(delivery.notification_id, []).append(delivery)
    return [Told(*row, by_notification.get(row[0].id, [])) for row in rows]


async def counts(session: AsyncSession) -> dict[str, Count]:
    """By channel."""
    found = select(
        Delivery.channel,
        func.count().filter(Delivery.state == DeliveryState.DUE),
        func.count().filter(Delivery.state == DeliveryState.DEAD),
        func.max(Delivery.ended_at).filter(Delivery.state == DeliveryState.SENT),
    ).group_by(Delivery.channel)
    return {row[0]: Count(row[1], row[2], row[3]) for row in await session.execute(found)}


async def contacts_of(
    session: AsyncSession, member_id: UUID | None, account_id: UUID | None
) -> dict[str, str]:
    """Somebody's addresses by channel."""
    whose = Contact.member_id == member_id if member_id else Contact.account_id == account_id
    rows = await session.execute(select(Contact.channel, Contact.address).where(whose))
    return {channel: address for channel, address in rows}


async def preference_of(session: AsyncSession, member_id: UUID) -> NotifyPreference | None:
    """What a member wants, where they have said so."""
    return await session.get(NotifyPreference, member_id)
