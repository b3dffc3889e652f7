"""Who looked at a member's position, as the member may know it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.models import Account
from service.roster.models import PositionLook


async def looks_at(
    session: AsyncSession, member_id: UUID, after: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Up to `limit + 1` looks, the newest first, from behind the one with the id `after`."""
    found = (
        select(
            PositionLook.id,
            PositionLook.at,
            PositionLook.precision,
            PositionLook.task_id,
            Account.display_name.label("by"),
            Account.roles,
        )
        .join(Account, Account.id == PositionLook.account_id)
        .where(PositionLook.member_id == member_id)
        .order_by(PositionLook.at.desc(), PositionLook.id.desc())
    )
    if after is not None:
        last = select(PositionLook.at, PositionLook.id).where(
            PositionLook.id == after, PositionLook.member_id == member_id
        )
        found = found.where(tuple_(PositionLook.at, PositionLook.id) < last.scalar_subquery())
    return [*await session.execute(found.limit(limit + 1))]
