"""Reading activations."""

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.grids.rules import lineage
from service.tasks.models import Activation
from service.tasks.rules import Level


def live_at(now: datetime) -> ColumnElement[bool]:
    """Whether an activation applies at that time, whoever has said so."""
    return (Activation.ended_at.is_(None)) & (Activation.from_at <= now) & (Activation.until > now)


async def level_at(session: AsyncSession, code: str, now: datetime) -> Level | None:
    """The highest live activation of the place with that division or grid code; None is normal."""
    levels = await session.scalars(
        select(Activation.level).where(Activation.area_code.in_(lineage(code)), live_at(now))
    )
    return max((Level(level) for level in levels), key=lambda level: level.rank, default=None)
