"""Making what lets somebody in worthless: a device, an API key. Part of the commands."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.models import ApiKey, Device
from service.errors import NotFound

LetsIn = TypeVar("LetsIn", Device, ApiKey)
KINDS: dict[type[Device] | type[ApiKey], str] = {Device: "device", ApiKey: "key"}
"""What each is called where it is not found."""


async def revoke(
    session: AsyncSession, what: type[LetsIn], row_id: UUID, now: datetime, *, owner: UUID | None
) -> None:
    """Make one worthless, at once. Revoking it again changes nothing.

    `owner` is the account that it must belong to; None takes any. Raises NotFound.
    """
    row = await session.get(what, row_id)
    if row is None:
        raise NotFound(KINDS[what])
    if owner is not None and row.account_id != owner:
        raise NotFound(KINDS[what], hidden=True)
    if row.revoked_at is None:
        row.revoked_at = now
        await session.flush()


async def revoke_all(session: AsyncSession, account_id: UUID, now: datetime) -> None:
    """Revoke all devices and keys of an account."""
    for what in KINDS:
        await session.execute(
            update(what)
            .where(what.account_id == account_id, what.revoked_at.is_(None))
            .values(revoked_at=now)
        )
