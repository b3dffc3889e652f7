"""For how long positions are taken: values that whoever puts a member on duty, or sends them out, writes down here.

`presence.duty_until` and `presence.tracked_until` are all that a check-in reads. Rows of presence are locked last, by
member id, so whatever else a command locks comes before.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import among
from service.roster.models import Member, Presence
from service.roster.queries.duty import duty_ends
from service.roster.rules import LocalTime

LONGEST_DUTY = timedelta(hours=24)
"""For so long at most a member is taken to be on duty without looking again."""
WRITE_DUTY = text("""
    INSERT INTO presence (member_id, duty_until)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:ends AS timestamptz[]))
    ON CONFLICT (member_id) DO UPDATE SET duty_until = excluded.duty_until
""")
"""One text however many they are: check-ins write it at the beginning of each shift."""


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


async def duty_known(
    session: AsyncSession, member_ids: Collection[UUID], zone: ZoneInfo, now: datetime
) -> dict[UUID, datetime]:
    """Look which of these members are on duty, and write down until when, for LONGEST_DUTY at most; a member without
    a presence gets one, without a place. Whoever is off duty, or not active, is not there and leaves nothing."""
    active = await session.scalars(select(Member.id).where(among(Member.id, member_ids), Member.active))
    ends = await duty_ends(session, active.all(), LocalTime.of(now, zone))
    known = {id: min(end, now + LONGEST_DUTY) for id, end in ends.items()}
    if known:
        ids = sorted(known)
        await session.execute(WRITE_DUTY, {"ids": ids, "ends": [known[id] for id in ids]})
    return known


async def forget(session: AsyncSession, member_ids: Collection[UUID], **values: None) -> None:
    """Clear a value of these members' presence, locked by member id."""
    if not member_ids:
        return
    locked = select(Presence.member_id).where(among(Presence.member_id, member_ids))
    await session.execute(locked.order_by(Presence.member_id).with_for_update())
    await session.execute(update(Presence).where(among(Presence.member_id, member_ids)).values(**values))
