"""Up the ladder: the next rung when the one before has failed, or when an offer is still unanswered."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import and_, func, not_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import among, new_id
from service.dispatch.models import Offer
from service.dispatch.rules import OfferState
from service.notify.channels import Channels
from service.notify.models import Delivery, Notification
from service.notify.queries.whom import Wishes, addresses, duty_officers, wishes
from service.notify.rules import ASKING, Climb, DeliveryState, State, Template, climb, own_ladder
from service.tasks.models import Task

AT_A_TIME = 100
NOT_AGAIN_WITHIN = timedelta(minutes=30)
"""Duty officers are told once that a task's offers are unanswered, however many of them are."""
UNKNOWN_CHANNEL = "the channel is not in the settings any more"


async def stop_answered(session: AsyncSession, now: datetime) -> None:
    """Send nothing more about offers that are answered or over."""
    over = select(Offer.id).where(
        Offer.id == Notification.offer_id,
        not_(and_(Offer.state == OfferState.PENDING, Offer.expires_at > now)),
    )
    waiting = (
        select(Notification.id)
        .where(Notification.state == State.WAITING, over.exists())
        .order_by(Notification.id)
        .with_for_update(skip_locked=True)
    )
    await session.execute(
        update(Notification)
        .where(Notification.id.in_(waiting))
        .values(state=State.CANCELLED, next_at=None, ended_at=now)
    )
    due = (
        select(Delivery.id)
        .join(Notification, Notification.id == Delivery.notification_id)
        .where(Delivery.state == DeliveryState.DUE, Delivery.next_at <= now, over.exists())
        .order_by(Delivery.id)
        .with_for_update(skip_locked=True, of=Delivery)
    )
    await session.execute(
        update(Delivery).where(Delivery.id.in_(due)).values(state=DeliveryState.CANCELLED, ended_at=now)
    )


async def bury_unknown(session: AsyncSession, channels: Channels, now: datetime) -> None:
    """What was to go by a channel that was taken out of the settings is dead, and the next rung has its turn."""
    lost = (
        select(Delivery.id, Delivery.notification_id)
        .where(
            Delivery.state == DeliveryState.DUE,
            Delivery.next_at <= now,
            not_(among(Delivery.channel, list(channels.by_code))),
        )
        .with_for_update(skip_locked=True)
    )
    rows = (await session.execute(lost)).all()
    if rows:
        await session.execute(
            update(Delivery)
            .where(among(Delivery.id, [row.id for row in rows]))
            .values(state=DeliveryState.DEAD, last_error=UNKNOWN_CHANNEL, ended_at=now)
        )
        await next_rungs(session, [row.notification_id for row in rows], now)


async def next_rungs(session: AsyncSession, notifications: list[UUID], now: datetime) -> None:
    """A delivery of each of them is dead: it is the next rung's turn. One whose ladder has ended is dead as well when
    nothing of it was sent or is still being tried."""
    alive = select(Delivery.id).where(
        Delivery.notification_id == Notification.id,
        Delivery.state.in_([DeliveryState.DUE, DeliveryState.SENT]),
    )
    mine = among(Notification.id, notifications)
    await session.execute(
        update(Notification).where(mine, Notification.state == State.WAITING).values(next_at=now)
    )
    await session.execute(
        update(Notification)
        .where(mine, Notification.state == State.DONE, not_(alive.exists()))
        .values(state=State.DEAD)
    )


async def climb_on(session: AsyncSession, channels: Channels, now: datetime) -> int:
    """Climb the next rung of the notifications whose time has come; gives how many there were."""
    due = (
        select(Notification)
        .where(Notification.state == State.WAITING, Notification.next_at <= now)
        .order_by(Notification.next_at)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)
    )
    notifications = list(await session.scalars(due))
    if not notifications:
        return 0
    has = await addresses(session, notifications)
    wanted = await wishes(session, [each.member_id for each in notifications])
    states = await delivery_states(session, notifications)
    for each in notifications:
        tried = states.get(each.id, {})
        asks = each.template in ASKING
        wish = wanted.get(each.member_id, Wishes()).ladders.get(each.urgency)
        found = climb(
            own_ladder(channels.ladder(each.urgency), wish, each.urgency),
            each.step,
            has[each.id].keys() & channels.by_code.keys(),
            asks=asks,
            failed=bool(tried) and set(tried) == {DeliveryState.DEAD},
            created_at=each.created_at,
            now=now,
        )
        await take(session, each, found, tried, now)
    await session.flush()
    return len(notifications)


async def take(
    session: AsyncSession, each: Notification, found: Climb, tried: dict[str, int], now: datetime
) -> None:
    """Do what a climb has found."""
    each.step, each.next_at = found.step, found.next_at
    if found.send is not None:
        session.add(
            Delivery(
                id=new_id(),
                notification_id=each.id,
                channel=found.send,
                state=DeliveryState.DUE,
                attempts=0,
                next_at=now,
                last_error=None,
                created_at=now,
                ended_at=None,
            )
        )
    if found.officers:
        await tell_officers(session, each, now)
    if found.over:
        dead = bool(tried) and set(tried) == {DeliveryState.DEAD}
        each.state, each.ended_at = (State.DEAD if dead else State.DONE), now


async def tell_officers(session: AsyncSession, unanswered: Notification, now: datetime) -> None:
    """A person takes over: the task's duty officers are told, once in a while, that nobody answers."""
    if unanswered.task_id is None:
        return
    task = await session.get_one(Task, unanswered.task_id)
    told = set(
        await session.scalars(
            select(Notification.account_id).where(
                Notification.task_id == task.id,
                Notification.template == Template.OFFER_UNANSWERED,
                Notification.created_at > now - NOT_AGAIN_WITHIN,
            )
        )
    )
    rows = [
        {
            "id": new_id(),
            "event_id": unanswered.event_id,
            "member_id": None,
            "account_id": account_id,
            "template": Template.OFFER_UNANSWERED,
            "params": {name: unanswered.params[name] for name in ("drill", "zh", "en", "place")},
            "urgency": unanswered.urgency,
            "task_id": task.id,
            "offer_id": None,
            "state": State.WAITING,
            "step": 0,
            "next_at": now,
            "created_at": now,
        }
        for account_id in await duty_officers(session, task.grid_code)
        if account_id not in told
    ]
    if rows:
        await session.execute(insert(Notification).on_conflict_do_nothing(), rows)


async def delivery_states(
    session: AsyncSession, notifications: list[Notification]
) -> dict[UUID, dict[str, int]]:
    """By notification, how many of its deliveries are in which state."""
    counted = (
        select(Delivery.notification_id, Delivery.state, func.count())
        .where(among(Delivery.notification_id, [each.id for each in notifications]))
        .group_by(Delivery.notification_id, Delivery.state)
    )
    states: dict[UUID, dict[str, int]] = {}
    for notification_id, state, count in await session.execute(counted):
        states.setdefault(notification_id, {})[state] = count
    return states
