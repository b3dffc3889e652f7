"""What is forgotten by itself, hourly: kept answers, attempts, codes, sessions, progress of imports, events, what
people were told of them, check-ins, calls for help, looks at positions, the audit, all once over. Positions of those
off duty are blurred every few minutes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.access import audit
from service.access import commands as access
from service.events import forget as events
from service.imports.commands import job as imports
from service.notify.commands import forget as notifications
from service.notify.commands import replies
from service.privacy.commands import looks
from service.reports.commands.sample import start_sampling
from service.roster.checkins.commands.coarsen import coarsen
from service.roster.checkins.commands.partitions import drop_old, make_partitions
from service.roster.commands import help
from service.roster.rules import LocalTime
from service.settings import Settings
from service.timers.loop import Handler
from service.timers.schedule import schedule
from service.web import idempotency

FORGET = "upkeep.forget"
PARTITIONS = "upkeep.partitions"
COARSEN = "upkeep.coarsen"
EVERY = timedelta(hours=1)
COARSEN_EVERY = timedelta(minutes=5)
EVERYWHERE = ""
"""The area of timers that are no area's: a share of its own."""
CITY = UUID(int=0)
"""The subject of timers that are about no row but the whole city."""


def handlers(settings: Settings) -> Mapping[str, Handler]:
    """What the timers of this room do."""

    async def forget(session: AsyncSession, subject_id: UUID, now: datetime) -> None:
        """Forget what is over, and set the timer for the next time."""
        await idempotency.forget_old(session, now)
        await access.forget_old(session, now)
        await imports.forget_old(session, now)
        await replies.forget_old(session, now)
        await notifications.forget_old(session, now, settings.event_days)
        await events.forget_old(session, now, settings.event_days)
        await help.forget_old(session, now, timedelta(days=settings.event_days))
        await looks.forget_old(session, now, timedelta(days=settings.look_days))
        await audit.forget_old(session, now, timedelta(days=settings.audit_days))
        await schedule(session, FORGET, CITY, now + EVERY, EVERYWHERE)

    async def partitions(session: AsyncSession, subject_id: UUID, now: datetime) -> None:
        """Make the days of check-ins to come, drop those that are over. A timer of its own, as its locks are heavy."""
        await make_partitions(session, now)
        await drop_old(session, now, settings.checkin_days)
        await schedule(session, PARTITIONS, CITY, now + EVERY, EVERYWHERE)

    async def blur(session: AsyncSession, subject_id: UUID, now: datetime) -> None:
        """Blur positions that are nobody's business any more."""
        await coarsen(session, LocalTime.of(now, settings.zone))
        await schedule(session, COARSEN, CITY, now + COARSEN_EVERY, EVERYWHERE)

    return {FORGET: forget, PARTITIONS: partitions, COARSEN: blur}


async def start(session: AsyncSession, now: datetime) -> None:
    """Set the timers going: a worker does at its start, and several at once leave one of each."""
    await events.settle_in(session)
    for kind in (FORGET, PARTITIONS, COARSEN):
        await schedule(session, kind, CITY, now, EVERYWHERE)
    await start_sampling(session, now)
