"""Coverage as it was, hour by hour."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.queries import seen
from service.access.rules import Action, Caller
from service.reports.models import CoverageSample

MOST_SAMPLES = 10_000


async def samples(
    session: AsyncSession, who: Caller, area: str | None, since: datetime, until: datetime
) -> Sequence[CoverageSample]:
    """What was kept of the counties in the caller's areas, by time and code; of a long period the beginning."""
    found = select(CoverageSample).where(
        CoverageSample.at >= since,
        CoverageSample.at < until,
        seen(who, Action.COVERAGE_READ, area=CoverageSample.area_code),
    )
    if area is not None:
        found = found.where(CoverageSample.area_code.startswith(area, autoescape=True))
    ordered = found.order_by(CoverageSample.at, CoverageSample.area_code).limit(MOST_SAMPLES)
    return (await session.scalars(ordered)).all()
