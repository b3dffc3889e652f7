"""Whether positions are taken, looked up anew at the beginning of each shift."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.db.driver import Record
from service.roster.checkins.queries import PRESENCE
from service.roster.queries.duty import duty_ends
from service.roster.rules import LocalTime

LONGEST_DUTY = timedelta(hours=24)
"""For so long at most a member is taken to be on duty without looking again."""
WRITE = f"""
    INSERT INTO presence (member_id, duty_until)
    SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) AS n (member_id, duty_until) ORDER BY member_id
    ON CONFLICT (member_id) DO UPDATE SET duty_until = excluded.duty_until RETURNING {PRESENCE}
"""


async def duty_known(
    session: AsyncSession, member_ids: Collection[UUID], zone: ZoneInfo, now: datetime
) -> list[Record]:
    """Look which of these members are on duty, and write down until when, for LONGEST_DUTY at most: two statements,
    however many they are. Gives their presences, locked; a member without one gets one, without a place. Whoever is off
    duty, or not active, is not there and leaves nothing."""
    ends = await duty_ends(session, member_ids, LocalTime.of(now, zone))
    if not ends:
        return []
    until = [min(end, now + LONGEST_DUTY) for end in ends.values()]
    return await driver.within(session, WRITE, list(ends), until)
