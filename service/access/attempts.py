"""Attempts at passwords and codes, limited by username and by address.

An attempt is counted, and that committed, before it is tried, and given back when it succeeds: so a thousand
guesses sent at once are no more than ten.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import case, delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.models import Attempts
from service.errors import TooMany

WINDOW = timedelta(minutes=15)
MOST_BY_USERNAME = 10
MOST_BY_ADDRESS = 50


class Limit(NamedTuple):
    """How many failures a subject may have in a window."""

    subject: str
    most: int


def by_username(username: str) -> Limit:
    """Guesses at one person's password."""
    return Limit(f"username:{username}", MOST_BY_USERNAME)


def by_address(kind: str, address: str) -> Limit:
    """Failures of one kind (login, enrol, refresh) from one address, behind which may be a whole office."""
    return Limit(f"address:{kind}:{address}", MOST_BY_ADDRESS)


async def count(session: AsyncSession, limits: Sequence[Limit], now: datetime) -> None:
    """Count one attempt against each limit. Raises TooMany at the first that is used up; roll back then."""
    row = insert(Attempts).values(
        # One order for all, lest two that share both subjects wait for each other.
        [{"subject": each.subject, "failures": 1, "window_until": now + WINDOW} for each in sorted(limits)]
    )
    running = Attempts.window_until > now
    counted = await session.execute(
        row.on_conflict_do_update(
            index_elements=[Attempts.subject],
            set_={
                "failures": case(
                    (running, Attempts.failures + row.excluded.failures), else_=row.excluded.failures
                ),
                "window_until": case((running, Attempts.window_until), else_=row.excluded.window_until),
            },
        ).returning(Attempts.subject, Attempts.failures, Attempts.window_until)
    )
    most = dict(limits)
    for subject, failures, until in counted:
        if failures > most[subject]:
            raise TooMany(retry_after=math.ceil((until - now).total_seconds()))


async def give_back(session: AsyncSession, limit: Limit) -> None:
    """The attempt succeeded: it is no failure."""
    await session.execute(
        update(Attempts)
        .where(Attempts.subject == limit.subject)
        .values(failures=func.greatest(Attempts.failures - 1, 0))
    )


async def reset(session: AsyncSession, limit: Limit) -> None:
    """The person has shown who they are: their earlier failures are forgotten."""
    await session.execute(delete(Attempts).where(Attempts.subject == limit.subject))


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Drop counts whose window is over."""
    await session.execute(delete(Attempts).where(Attempts.window_until <= now))
