"""Reads around check-ins, by the driver itself: presences under lock, ids that were used before, doubts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.db.driver import Record
from service.roster.checkins.rules import FAST
from service.web.client_time import MOST_AHEAD, OLDEST

PRESENCE = """
    member_id, at, ST_X(location) AS lon, ST_Y(location) AS lat, accuracy_m, grid_id, crs, coarse, marks, how, how_at,
    duty_until, tracked_until
"""
"""A presence's columns, as `take` reads them."""
LOCK = f"""
    SELECT {PRESENCE}, (SELECT number FROM edition) AS edition
    FROM presence WHERE member_id = ANY($1::uuid[]) ORDER BY member_id FOR UPDATE
"""

# Each item is looked up in the indexes of two or three days' partitions; OFFSET 0 keeps it so: the planner would hash
# whole partitions that it has no statistics of. The second part finds ids that are other members' at the very same
# time, which the primary key does not allow.
SEEN = """
    SELECT i.member_id, c.* FROM unnest($1::uuid[], $2::uuid[]) AS i (member_id, id) CROSS JOIN LATERAL (
        SELECT c.member_id AS whose, c.id, c.at, c.lon, c.lat, c.accuracy_m, c.how FROM checkin c
        WHERE c.member_id = i.member_id AND c.id = i.id AND c.at >= $4 AND c.at <= $5 OFFSET 0) c
    UNION ALL
    SELECT i.member_id, c.* FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS i (member_id, id, at)
    CROSS JOIN LATERAL (
        SELECT c.member_id AS whose, c.id, c.at, c.lon, c.lat, c.accuracy_m, c.how FROM checkin c
        WHERE c.at = i.at AND c.id = i.id AND c.member_id <> i.member_id AND c.at >= $4 AND c.at <= $5
        OFFSET 0) c
"""

# By the index of members in each day's partition, and by no other: the planner would read a day from its end, in the
# order of time, until the member comes up; it does not where something is added to the time.
DOUBTS = """
    SELECT c.* FROM unnest($1::uuid[], $2::timestamptz[]) AS i (member_id, at) CROSS JOIN LATERAL (
        SELECT c.member_id, c.at, c.received_at, c.lon, c.lat, c.accuracy_m, c.grid_id FROM checkin c
        WHERE c.member_id = i.member_id AND c.at + INTERVAL '0' > i.at AND c.marks && $3::text[]
        ORDER BY c.at + INTERVAL '0' DESC LIMIT 1) c
"""


def days(now: datetime) -> tuple[datetime, datetime]:
    """Within which times a check-in can lie that has to do with those of now. A minute more, for those that were taken
    by a process whose clock differs."""
    return now - OLDEST - timedelta(minutes=1), now + MOST_AHEAD + timedelta(minutes=1)


async def lock_presences(session: AsyncSession, members: Sequence[UUID]) -> list[Record]:
    """The presences of members that have one, locked by member id; each with the map's edition."""
    return await driver.within(session, LOCK, members)


async def seen(
    session: AsyncSession, used: Sequence[tuple[UUID, UUID, datetime]], now: datetime
) -> list[Record]:
    """The check-ins that have ids (member, id, time) which members used before; `whose` they are."""
    members, ids, times = zip(*used, strict=True)
    return await driver.fetch(session, SEEN, members, ids, times, *days(now))


async def doubts(session: AsyncSession, after: Sequence[tuple[UUID, datetime]]) -> list[Record]:
    """The newest check-in of each member later than their presence that was too fast to be trusted."""
    members, times = zip(*after, strict=True)
    return await driver.fetch(session, DOUBTS, members, times, sorted(FAST))
