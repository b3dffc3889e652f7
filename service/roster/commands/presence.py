"""For how long positions are taken: values that whoever puts a member on duty, or sends them out, writes down here.

`presence.duty_until` and `presence.tracked_until` are all that a check-in reads. Rows of presence are locked last, by
member id, so whatever else a command locks comes before.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import among
from service.roster.models import Presence


async def track(session: AsyncSession, member_ids: Collection[UUID], until: datetime) -> None:
    """Positions of these members are taken until then, or longer where something else has it so, on duty or not: they
    are engaged, or in a drill."""
    if not member_ids:
        return
    row = upsert(Presence).values([{"member_id": id, "tracked_until": until} for id in sorted(member_ids)])
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[Presence.member_id],
            set_={"tracked_until": func.greatest(Presence.tracked_until, row.excluded.tracked_until)},
        )
    )


async def stop_tracking(session: AsyncSession, member_ids: Collection[UUID]) -> None:
    """From now on positions of these members are taken on duty alone."""
    await forget(session, member_ids, tracked_until=None)


async def end_tracking(session: AsyncSession, member_ids: Collection[UUID], until: datetime) -> None:
    """What these members were tracked for until then is over before; what they are tracked for longer goes on."""
    P = Presence
    locked = select(P.member_id).where(among(P.member_id, member_ids), P.tracked_until == until)
    found = await session.scalars(locked.order_by(P.member_id).with_for_update())
    await session.execute(update(P).where(among(P.member_id, found.all())).values(tracked_until=None))


async def say_how(session: AsyncSession, member_id: UUID, how: str, how_at: datetime) -> None:
    """Write down how a member says they are, unless they have said something newer."""
    row = upsert(Presence).values(member_id=member_id, how=how, how_at=how_at)
    await session.execute(
        row.on_conflict_do_update(
            index_elements=[Presence.member_id],
            set_={name: row.excluded[name] for name in ("how", "how_at")},
            where=or_(Presence.how_at.is_(None), Presence.how_at <= row.excluded.how_at),
        )
    )


async def forget_duty(session: AsyncSession, member_ids: Collection[UUID]) -> None:
    """What decides whether these members are on duty has changed: their next check-in looks anew."""
    await forget(session, member_ids, duty_until=None)


async def forget(session: AsyncSession, member_ids: Collection[UUID], **values: None) -> None:
    """Clear a value of these members' presence, locked by member id."""
    if not member_ids:
        return
    locked = select(Presence.member_id).where(among(Presence.member_id, member_ids))
    await session.execute(locked.order_by(Presence.member_id).with_for_update())
    await session.execute(update(Presence).where(among(Presence.member_id, member_ids)).values(**values))
