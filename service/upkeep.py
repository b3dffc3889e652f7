"""What is forgotten by itself, hourly: kept answers, attempts, codes, sessions, progress of imports, all once over."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.access import commands as access
from service.imports.commands import job as imports
from service.timers.loop import Handler
from service.timers.schedule import schedule
from service.web import idempotency

FORGET = "upkeep.forget"
EVERY = timedelta(hours=1)
EVERYWHERE = ""
"""The area of timers that are no area's: a share of its own."""
CITY = UUID(int=0)
"""The subject of timers that are about no row but the whole city."""


async def forget(session: AsyncSession, subject_id: UUID, now: datetime) -> None:
    """Forget what is over, and set the timer for the next time."""
    await idempotency.forget_old(session, now)
    await access.forget_old(session, now)
    await imports.forget_old(session, now)
    await schedule(session, FORGET, CITY, now + EVERY, EVERYWHERE)


HANDLERS: Mapping[str, Handler] = {FORGET: forget}


async def start(session: AsyncSession, now: datetime) -> None:
    """Set the timer going: a worker does at its start, and several at once leave one timer."""
    await schedule(session, FORGET, CITY, now, EVERYWHERE)
