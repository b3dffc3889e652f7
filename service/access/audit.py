"""The record of who did, failed at or was refused what."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.attempts import Limit
from service.access.models import AuditEntry
from service.access.rules import Caller
from service.db.base import new_id
from service.errors import Unauthenticated

DONE = "done"
REFUSED = "refused"
FAILED = "failed"

LOGIN = "login"
REFRESH = "refresh"
ENROL = "enrol"
KEY = "key"
"""What is done without being anybody yet; everything else is an `Action`."""


class LoginFailed(Unauthenticated):
    """A login that failed, with what the record needs. `reason` is for the record; the answer gives none.

    A username that nobody has is not recorded: it may be a password, typed in the wrong field.
    `limit` is counted against with the record, where the attempt has not been counted before.
    """

    def __init__(
        self,
        action: str,
        reason: str,
        *,
        slug: str = "login-failed",
        account_id: UUID | None = None,
        username: str | None = None,
        limit: Limit | None = None,
    ) -> None:
        super().__init__(slug)
        self.action = action
        self.reason = reason
        self.account_id = account_id
        self.username = username
        self.limit = limit


def write(
    session: AsyncSession,
    now: datetime,
    action: str,
    outcome: str,
    *,
    who: Caller | None = None,
    account_id: UUID | None = None,
    username: str | None = None,
    subject: str | None = None,
    request_id: str | None = None,
    detail: dict[str, Any] | None = None,
) -> AuditEntry:
    """One entry, inserted with the session's transaction; until then its `detail` may be replaced."""
    entry = AuditEntry(
        id=new_id(),
        at=now,
        account_id=who.account_id if who else account_id,
        username=who.username if who else username,
        action=action,
        outcome=outcome,
        subject=subject,
        request_id=request_id,
        detail=detail or {},
    )
    session.add(entry)
    return entry


async def forget_old(session: AsyncSession, now: datetime, kept: timedelta) -> None:
    """Drop entries that are older than that."""
    await session.execute(delete(AuditEntry).where(AuditEntry.at < now - kept))
