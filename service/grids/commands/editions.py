"""The one row that each change of the map locks first."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from service.grids.models import Edition

LEAST_STEP = timedelta(microseconds=1)
"""What PostgreSQL's timestamps tell apart."""


class Turn(NamedTuple):
    """An editor's turn: the number of the map as it is, and when their change will have happened."""

    number: int
    at: datetime


async def lock_edition(session: AsyncSession, now: datetime) -> Turn:
    """Lock the edition row and leave its number; editors of either layer pass here one after the other.

    The change happens at `now`, or just after the last one where the clock says that it came first or at the very same
    time: versions of a grid follow each other, and none is of no time. A map of which nothing was changed yet is
    number 0.
    """
    row = upsert(Edition).values(id=1, number=0, changed_at=now)
    found = await session.execute(
        row.on_conflict_do_update(index_elements=[Edition.id], set_={"number": Edition.number}).returning(
            Edition.number, Edition.changed_at
        )
    )
    number, changed_at = found.one()
    return Turn(number, now if number == 0 else max(now, changed_at + LEAST_STEP))


async def next_edition(session: AsyncSession, now: datetime) -> int:
    """Lock the edition row and move it on; its time never goes back."""
    row = upsert(Edition).values(id=1, number=1, changed_at=now)
    number = await session.execute(
        row.on_conflict_do_update(
            index_elements=[Edition.id],
            set_={
                "number": Edition.number + 1,
                "changed_at": func.greatest(Edition.changed_at, row.excluded.changed_at),
            },
        ).returning(Edition.number)
    )
    return number.scalar_one()


async def set_notice(session: AsyncSession, notice: Mapping[str, str]) -> None:
    """Say, by language, what everybody should know of the map. The caller has passed `next_edition`."""
    await session.execute(update(Edition).values(notice=dict(notice)))
