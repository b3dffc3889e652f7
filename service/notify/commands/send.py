"""Taking what is due, and noting what became of it. Between the two, outside of any transaction, it is sent."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import among
from service.dispatch.models import Offer
from service.notify.channels import Channel, Channels
from service.notify.commands.ladder import next_rungs
from service.notify.commands.replies import make_digits, make_link
from service.notify.gateway import Letter, Outcome
from service.notify.models import Delivery, Notification
from service.notify.queries.whom import Wishes, addresses, wishes
from service.notify.rules import ASKING, DeliveryState, Kind, State, pause
from service.notify.wording import Answering, write
from service.tasks.models import Message

MARGIN = timedelta(seconds=20)
"""How much longer than its channel's time an attempt has to be noted, before another process may make the next one."""


class Attempt(NamedTuple):
    """One delivery that is to be sent now, and by this process alone."""

    delivery_id: UUID
    channel: str
    number: int
    letter: Letter


class Desk(NamedTuple):
    """What sending needs of the settings."""

    channels: Channels
    zone: ZoneInfo
    public_url: str
    """Links lead here; when it is empty, messages have none."""


async def claim(session: AsyncSession, desk: Desk, room: Mapping[str, int], now: datetime) -> list[Attempt]:
    """Take up to `room` due deliveries of each channel, in a transaction that is over before anything is sent.

    Each is counted as an attempt and moved on by a lease: whoever dies with it leaves it to others, after that time.
    """
    found: list[Delivery] = []
    for code, most in room.items():
        if most > 0:
            due = (
                select(Delivery)
                .where(Delivery.state == DeliveryState.DUE, Delivery.channel == code, Delivery.next_at <= now)
                .order_by(Delivery.next_at)
                .limit(most)
                .with_for_update(skip_locked=True)
            )
            found += await session.scalars(due)
    if not found:
        return []
    notifications = {
        each.id: each
        for each in await session.scalars(
            select(Notification).where(among(Notification.id, [each.notification_id for each in found]))
        )
    }
    has = await addresses(session, list(notifications.values()))
    wanted = await wishes(session, [each.member_id for each in notifications.values()])
    attempts = []
    for delivery in found:
        notification = notifications[delivery.notification_id]
        channel = desk.channels.by_code[delivery.channel]
        address = has[notification.id].get(channel.code)
        if address is None:
            # Taken away since it was put here: not by this channel then.
            delivery.state, delivery.ended_at = DeliveryState.DEAD, now
            delivery.last_error = "the address was taken away"
            await session.flush()
            await next_rungs(session, [notification.id], now)
            continue
        delivery.attempts += 1
        delivery.next_at = now + timedelta(seconds=channel.timeout_seconds) + MARGIN
        language = wanted.get(notification.member_id, Wishes()).language
        answering = await ways_to_answer(session, desk, notification, channel, now)
        params = notification.params | {"said": await said(session, notification)}
        title, text = write(notification.template, params, language, channel.kind, desk.zone, answering)
        letter = Letter(address, title, text, str(delivery.id))
        attempts.append(Attempt(delivery.id, channel.code, delivery.attempts, letter))
    await session.flush()
    return attempts


async def ways_to_answer(
    session: AsyncSession, desk: Desk, notification: Notification, channel: Channel, now: datetime
) -> Answering:
    """A fresh link and fresh digits, of an offer: only their hashes are kept, so each attempt has its own."""
    if notification.template not in ASKING or notification.offer_id is None:
        return Answering()
    offer = await session.get_one(Offer, notification.offer_id)
    digits = None
    if channel.kind is Kind.SMS and channel.reply_secret is not None:
        digits = await make_digits(session, offer, now)
    link = f"{desk.public_url}/r/{await make_link(session, offer, now)}" if desk.public_url else None
    return Answering(link, digits)


async def said(session: AsyncSession, notification: Notification) -> str:
    """What a dispatcher has written to those who are engaged: it is read when it is sent, and kept in one place."""
    if "message" not in notification.params:
        return ""
    message = await session.get(Message, UUID(notification.params["message"]))
    return message.text if message else ""


async def note(
    session: AsyncSession,
    channels: Channels,
    attempt: Attempt,
    outcome: Outcome,
    now: datetime,
    chance: float,
) -> None:
    """Write down what became of an attempt. Of one that was given to somebody else meanwhile, only a success counts."""
    delivery = await session.get(Delivery, attempt.delivery_id, with_for_update=True)
    if delivery is None or delivery.state == DeliveryState.SENT:
        return
    if outcome.sent:
        delivery.state, delivery.ended_at, delivery.last_error = DeliveryState.SENT, now, None
        await session.flush()
        await session.execute(
            update(Notification)
            .where(
                Notification.id == delivery.notification_id,
                Notification.state == State.WAITING,
                Notification.next_at.is_(None),
            )
            .values(state=State.DONE, ended_at=now)
        )
        return
    if delivery.state != DeliveryState.DUE or delivery.attempts != attempt.number:
        return
    delivery.last_error = outcome.error
    if outcome.final or delivery.attempts >= channels.by_code[attempt.channel].attempts:
        delivery.state, delivery.ended_at = DeliveryState.DEAD, now
        await session.flush()
        await next_rungs(session, [delivery.notification_id], now)
        return
    delivery.next_at = now + pause(delivery.attempts, chance)
    await session.flush()


async def replay(session: AsyncSession, notification: Notification, now: datetime) -> int:
    """Put the dead deliveries of a notification back; gives how many there were.

    What is about an offer that is over by now is not sent all the same.
    """
    again = (
        update(Delivery)
        .where(Delivery.notification_id == notification.id, Delivery.state == DeliveryState.DEAD)
        .values(state=DeliveryState.DUE, attempts=0, next_at=now, ended_at=None)
        .returning(Delivery.id)
    )
    count = len(list(await session.scalars(again)))
    if count and notification.state == State.DEAD:
        notification.state, notification.next_at, notification.ended_at = State.WAITING, None, None
        await session.flush()
    return count
