"""Deriving the whole map anew."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from service.events.record import record
from service.grids.commands.crossings import rebuild_crossings
from service.grids.commands.editions import next_edition
from service.grids.commands.ground import rebuild_ground


async def derive(session: AsyncSession, now: datetime) -> int:
    """After a change of the whole map: overlay, gaps, overlaps and crossings anew; gives the new edition number."""
    number = await next_edition(session, now)
    await rebuild_ground(session)
    await rebuild_crossings(session)
    await record(session, "map.changed", now, data={"edition": number})
    return number
