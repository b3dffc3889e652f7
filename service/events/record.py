"""Write down that something happened, in the transaction that did it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.events.models import Event


async def record(
    session: AsyncSession,
    kind: str,
    now: datetime,
    *,
    area_code: str | None = None,
    unit_codes: Sequence[str] = (),
    task_id: UUID | None = None,
    member_ids: Sequence[UUID | None] = (None,),
    data: dict[str, Any] | None = None,
) -> None:
    """One outbox row for each of `member_ids` (one alone when it concerns no member).

    `data` holds grids and minutes, never a member's coordinates.
    """
    if not member_ids:
        return
    await session.execute(
        insert(Event),
        [
            {
                "at": now,
                "kind": kind,
                "area_code": area_code,
                "unit_codes": list(unit_codes),
                "task_id": task_id,
                "member_id": member_id,
                "data": data or {},
            }
            for member_id in member_ids
        ],
    )
