"""The one row that each change of the map locks first."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from service.grids.models import Edition


async def next_edition(session: AsyncSession, now: datetime) -> int:
    """Lock the edition row and move it on; editors of either layer pass here one after the other."""
    row = upsert(Edition).values(id=1, number=1, changed_at=now)
    number = await session.execute(
        row.on_conflict_do_update(
            index_elements=[Edition.id],
            set_={"number": Edition.number + 1, "changed_at": row.excluded.changed_at},
        ).returning(Edition.number)
    )
    return number.scalar_one()


async def set_notice(session: AsyncSession, notice: Mapping[str, str]) -> None:
    """Say, by language, what everybody should know of the map. The caller has passed `next_edition`."""
    await session.execute(update(Edition).values(notice=dict(notice)))
