"""Putting on record that somebody looked at positions, in the transaction that shows them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, bindparam, delete, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.privacy.rules import SAME_LOOK, Precision
from service.roster.models import PositionLook

WRITE = text(
    """
    INSERT INTO position_look (id, at, account_id, member_id, precision, task_id)
    SELECT n.id, :now, :account_id, n.member_id, n.precision, n.task_id
    FROM unnest(:ids, :member_ids, :precisions, :task_ids) n (id, member_id, precision, task_id)
    WHERE NOT EXISTS (
        SELECT 1 FROM position_look l
        WHERE l.member_id = n.member_id AND l.at > :since AND l.account_id = :account_id
          AND l.precision = n.precision AND l.task_id IS NOT DISTINCT FROM n.task_id
    )
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("member_ids", type_=ARRAY(Uuid)),
    bindparam("precisions", type_=ARRAY(Text)),
    bindparam("task_ids", type_=ARRAY(Uuid)),
)


class Look(NamedTuple):
    """A position that is shown."""

    member_id: UUID
    precision: Precision
    task_id: UUID | None


async def write_looks(session: AsyncSession, account_id: UUID, looks: Sequence[Look], now: datetime) -> None:
    """One row a look, unless the account has looked so at the member within `SAME_LOOK`."""
    if not looks:
        return
    await session.execute(
        WRITE,
        {
            "now": now,
            "since": now - SAME_LOOK,
            "account_id": account_id,
            "ids": [new_id() for _ in looks],
            "member_ids": [look.member_id for look in looks],
            "precisions": [look.precision.value for look in looks],
            "task_ids": [look.task_id for look in looks],
        },
    )


async def forget_old(session: AsyncSession, now: datetime, kept: timedelta) -> None:
    """Drop looks that are older than that."""
    await session.execute(delete(PositionLook).where(PositionLook.at < now - kept))
