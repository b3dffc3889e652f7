"""The partitions of check-ins, one a day (UTC) of `at`: made well ahead, and dropped when their time is over.

What comes for a day without a partition goes to `checkin_default`, and from there into the day's when that is made.
"""

import re
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

NAME = re.compile(r"checkin_(\d{8})", re.ASCII)
DAYS_AHEAD = 7
LONGEST_WAIT = "2s"
"""For a lock: whoever waits for one on a partition holds up all check-ins meanwhile. The timer tries again."""

CHILDREN = """
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'checkin'::regclass
"""


def day_start(day: date) -> datetime:
    """Where a day's partition begins."""
    return datetime.combine(day, time(), UTC)


async def make_partitions(session: AsyncSession, now: datetime) -> list[date]:
    """Make the partitions of yesterday to a week ahead that are not there, and give their days."""
    today = now.astimezone(UTC).date()
    there = await days_there(session)
    wanted = [today + timedelta(days=number) for number in range(-1, DAYS_AHEAD + 1)]
    made = [day for day in wanted if day not in there]
    if made:
        await session.execute(text(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'"))
    for day in made:
        await make(session, day)
    return made


async def make(session: AsyncSession, day: date) -> None:
    """Make a day's partition, with what the default one holds of that day.

    It is attached, not made as a part: so reads and writes of other days go on.
    """
    name = f"checkin_{day:%Y%m%d}"
    begin, end = day_start(day).isoformat(), day_start(day + timedelta(days=1)).isoformat()
    within = f"at >= '{begin}' AND at < '{end}'"
    await session.execute(text(f"CREATE TABLE {name} (LIKE checkin INCLUDING ALL)"))
    await session.execute(text("LOCK TABLE checkin_default IN ACCESS EXCLUSIVE MODE"))
    await session.execute(
        text(
            f"WITH moved AS (DELETE FROM checkin_default WHERE {within} RETURNING *)"
            f" INSERT INTO {name} SELECT * FROM moved"
        )
    )
    await session.execute(
        text(f"ALTER TABLE checkin ATTACH PARTITION {name} FOR VALUES FROM ('{begin}') TO ('{end}')")
    )


async def drop_old(session: AsyncSession, now: datetime, keep_days: int) -> list[date]:
    """Drop the partitions that begin more than `keep_days` ago, and give their days: no check-in is kept for longer.

    What the default partition holds of such times is deleted.
    """
    before = now - timedelta(days=keep_days)
    old = [day for day in sorted(await days_there(session)) if day_start(day) < before]
    if old:
        await session.execute(text(f"SET LOCAL lock_timeout = '{LONGEST_WAIT}'"))
    for day in old:
        await session.execute(text(f"DROP TABLE checkin_{day:%Y%m%d}"))
    await session.execute(text("DELETE FROM checkin_default WHERE at < :before"), {"before": before})
    return old


async def days_there(session: AsyncSession) -> set[date]:
    """The days that have a partition."""
    names = await session.scalars(text(CHILDREN))
    found = (NAME.fullmatch(name) for name in names)
    return {datetime.strptime(match[1], "%Y%m%d").replace(tzinfo=UTC).date() for match in found if match}
