"""Reads of members' own limits."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.roster.models import MemberLimits
from service.roster.rules import InForce, Limits, Quiet
from service.settings import Settings


def city_limits(settings: Settings) -> InForce:
    """What holds for a member who has set nothing."""
    quiet = settings.quiet_minutes
    return InForce(settings.weekly_hours, Quiet(*quiet) if quiet else None)


async def limits_of(session: AsyncSession, member_id: UUID) -> Limits:
    """What a member has set; where they never did, the city's defaults."""
    row = await session.get(MemberLimits, member_id, populate_existing=True)
    if row is None:
        return Limits()
    quiet = None
    if row.quiet_from is not None and row.quiet_to is not None:
        quiet = Quiet(row.quiet_from, row.quiet_to)
    return Limits(row.weekly_hours, quiet, tuple(row.unwanted))
