"""Forget old events, and put a city that was moved in order."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Text, cast, delete, func, literal, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.events.follow import ORDER, newest, place_of
from service.events.models import Event, Reader

NEXT_XACT = cast(cast(func.pg_snapshot_xmax(func.pg_current_snapshot()), Text), BigInteger)


async def forget_old(session: AsyncSession, now: datetime, days: int) -> None:
    """Drop events that are older than so many days, but none that a `Reader` has still to read, and never the newest:
    it is the row that the cursors of those who are up to date name.

    What is kept is one unbroken end of the order, so a cursor whose row is there has missed nothing.
    """
    kept = select(Event.xact, Event.id).where(Event.at >= now - timedelta(days=days))
    places = [tuple(row) for row in await session.execute(kept.order_by(Event.xact, Event.id).limit(1))]
    places.append(await newest(session))
    places += [place_of(cursor) for cursor in await session.scalars(select(Reader.cursor))]
    xact, number = min(places)
    before = tuple_(literal(xact, BigInteger), literal(number, BigInteger))
    await session.execute(delete(Event).where(before > ORDER))


async def settle_in(session: AsyncSession) -> int:
    """Renumber the events of a city that comes from another cluster, whose transactions were numbered further than
    this one's; gives how many were.

    A row that anybody can see is of a transaction that has ended here, unless it was written elsewhere. All rows, and
    all readers with them, are put before every transaction of this cluster, in the order in which they were.
    To be called before anything is written in the new place.
    """
    ahead = select(func.max(Event.xact)).having(func.max(Event.xact) >= NEXT_XACT)
    if await session.scalar(ahead) is None:
        return 0
    await session.execute(text("LOCK TABLE outbox IN SHARE ROW EXCLUSIVE MODE"))
    last = await session.scalar(ahead)
    if last is None:
        return 0
    shift = last + 1
    moved = await session.execute(
        update(Event).values(xact=Event.xact - shift).execution_options(synchronize_session=False)
    )
    for reader in await session.scalars(select(Reader)):
        place = place_of(reader.cursor)
        if place.id:
            reader.cursor = place._replace(xact=place.xact - shift).cursor
    await session.flush()
    return int(moved.rowcount)  # type: ignore[attr-defined]
