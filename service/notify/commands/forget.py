"""What people were told is forgotten once it is old."""

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import among
from service.notify.models import Delivery, Notification
from service.notify.rules import DeliveryState, State


async def forget_old(session: AsyncSession, now: datetime, days: int) -> None:
    """Drop notifications that are older than so many days, with their deliveries, dead ones too; but none that somebody
    has still to be told."""
    due = exists().where(Delivery.notification_id == Notification.id, Delivery.state == DeliveryState.DUE)
    old = select(Notification.id).where(
        Notification.created_at < now - timedelta(days=days), Notification.state != State.WAITING, ~due
    )
    found = (await session.scalars(old.order_by(Notification.id).with_for_update(skip_locked=True))).all()
    await session.execute(delete(Delivery).where(among(Delivery.notification_id, found)))
    await session.execute(delete(Notification).where(among(Notification.id, found)))
