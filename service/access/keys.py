"""API keys, with which programs read for an account: made, shown once, and let in by. Part of the commands.

A key speaks for its account's roles and scopes as they are at each request, held to the key's own read actions.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import LargeBinary, Select, bindparam, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.access import attempts, audit
from service.access.models import Account, ApiKey
from service.access.queries import OF_ACCOUNT, Known, as_caller, with_beside
from service.access.rules import READ_ACTIONS, Action, Caller
from service.access.secrets import hash_token, new_token
from service.db import driver
from service.db.base import new_id
from service.errors import Invalid

BEGINNING = "vgk_"
"""What every key begins with, so that it is told from a token, and found where it has leaked."""
PREFIX_LENGTH = len(BEGINNING) + 6
USE_INTERVAL = timedelta(minutes=1)
"""The last use is not written more often."""
OF_KEY = (
    select(
        *OF_ACCOUNT,
        Account.active,
        ApiKey.id.label("key_id"),
        ApiKey.actions,
        ApiKey.expires_at,
        ApiKey.revoked_at,
        ApiKey.last_used_at,
    )
    .join(ApiKey, ApiKey.account_id == Account.id)
    .where(ApiKey.key_hash == bindparam("key_hash", type_=LargeBinary()))
)
"""A key and its account, good or not."""


class NewKey(NamedTuple):
    """A key that was made, and its text in clear, which cannot be had again."""

    row: ApiKey
    key: str


async def make(
    session: AsyncSession,
    who: Caller,
    name: str,
    actions: Iterable[Action],
    expires_at: datetime | None,
    now: datetime,
) -> NewKey:
    """A key of the caller's account; with no actions it reads the map.

    Raises Invalid for an action that changes something or that the caller may not do, and for an end in the past.
    """
    wanted = set(actions) or {Action.GRID_READ}
    beyond = sorted(each for each in wanted if each not in READ_ACTIONS or who.reach(each) is None)
    if beyond:
        faults = [{"field": "actions", "reason": f"{each} cannot be given to a key"} for each in beyond]
        raise Invalid("key-actions", actions=", ".join(beyond), errors=faults)
    if expires_at is not None and expires_at <= now:
        fault = {"field": "expires_at", "reason": "must be in the future"}
        raise Invalid("time-in-past", field="expires_at", errors=[fault])
    key = BEGINNING + new_token()
    row = ApiKey(
        id=new_id(),
        account_id=who.account_id,
        name=name,
        key_hash=hash_token(key),
        prefix=key[:PREFIX_LENGTH],
        actions=sorted(wanted),
        created_at=now,
        expires_at=expires_at,
        last_used_at=None,
        revoked_at=None,
    )
    session.add(row)
    await session.flush()
    return NewKey(row, key)


async def of_account(session: AsyncSession, account_id: UUID) -> Sequence[ApiKey]:
    """An account's keys that have not been revoked, the newest first."""
    found = select(ApiKey).where(ApiKey.account_id == account_id, ApiKey.revoked_at.is_(None))
    return (await session.scalars(found.order_by(ApiKey.created_at.desc(), ApiKey.id))).all()


async def caller(
    session: AsyncSession,
    key: str,
    username: str | None,
    address: str,
    now: datetime,
    beside: Select[Any] | None = None,
) -> Known:
    """Who a key speaks for, in one statement; `username`, where one is given, must be its account's.

    Raises LoginFailed. Failures alone are counted, and afterwards, as for refresh tokens: 256 random bits cannot
    be guessed, and one client with an old key must not keep a whole office from the map.
    """
    row = await driver.first(session, with_beside(OF_KEY, beside), key_hash=hash_token(key))
    limit = attempts.by_address("key", address)
    if row is None:
        raise audit.LoginFailed(audit.KEY, "unknown-key", slug="key-refused", limit=limit)
    if reason := fault(row, username, now):
        raise audit.LoginFailed(
            audit.KEY,
            reason,
            slug="key-refused",
            account_id=row.id,
            username=row.username,
            limit=limit,
        )
    who = as_caller(
        row,
        actions=READ_ACTIONS.intersection(row.actions),
        key_id=row.key_id,
        key_used_at=row.last_used_at,
    )
    return Known(who, row)


def fault(held: driver.Record, username: str | None, now: datetime) -> str | None:
    """Why a key that is there is not good, for the record; None when it is."""
    if username is not None and username.lower() != held.username:
        return "wrong-username"
    if held.revoked_at is not None:
        return "revoked"
    if held.expires_at is not None and held.expires_at <= now:
        return "expired"
    return None if held.active else "inactive"


def use_is_due(who: Caller, now: datetime) -> bool:
    """Whether the caller's key was last used so long ago that its use has to be written."""
    return who.key_id is not None and (who.key_used_at is None or who.key_used_at <= now - USE_INTERVAL)


async def write_use(session: AsyncSession, key_id: UUID, now: datetime) -> None:
    """Write a key's last use, unless somebody else has just done so or is about to: it waits for nobody."""
    due = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now - USE_INTERVAL)
    free = select(ApiKey.id).where(ApiKey.id == key_id, due).with_for_update(skip_locked=True)
    await session.execute(update(ApiKey).where(ApiKey.id == free.scalar_subquery()).values(last_used_at=now))


async def forget_old(session: AsyncSession, long_ago: datetime) -> None:
    """Drop keys that ended before `long_ago`."""
    await session.execute(
        delete(ApiKey).where(or_(ApiKey.expires_at < long_ago, ApiKey.revoked_at < long_ago))
    )
