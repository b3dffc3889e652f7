"""Becoming somebody: by a password, a refresh token, or a one-time code. Part of the commands."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.access import attempts, audit, queries
from service.access.attempts import Limit
from service.access.commands import PHONE, SESSION, member_account, open_device
from service.access.models import Account, Device, EnrolmentCode
from service.access.passwords import verify_password
from service.access.secrets import hash_code, hash_token, new_token
from service.errors import NotFound


class Grant(NamedTuple):
    """A login that succeeded: who, on which device, and the token that renews it."""

    account_id: UUID
    device_id: UUID
    refresh_token: str


class Enrolled(NamedTuple):
    """A phone that was enrolled."""

    account_id: UUID
    member_id: UUID
    device_token: str


def login_limits(username: str, address: str) -> tuple[Limit, Limit]:
    """What a login with a password is counted against, before it is tried."""
    return attempts.by_username(username.lower()), attempts.by_address("login", address)


def enrol_limits(address: str) -> tuple[Limit]:
    """What an enrolment is counted against, before it is tried."""
    return (attempts.by_address("enrol", address),)


async def log_in(
    session: AsyncSession,
    username: str,
    password: str,
    address: str,
    name: str,
    now: datetime,
    until: datetime,
) -> Grant:
    """Open a session that lasts until `until` at most, on a device of that name. Raises LoginFailed."""
    account = await queries.account_named(session, username.lower())
    right = await verify_password(password, account.password_hash if account else None)
    if account is None:
        raise audit.LoginFailed(audit.LOGIN, "unknown-username")
    if not right or not account.active:
        reason = "inactive" if right else "wrong-password"
        raise audit.LoginFailed(audit.LOGIN, reason, account_id=account.id, username=account.username)
    by_username, by_address = login_limits(username, address)
    await attempts.give_back(session, by_address)
    await attempts.reset(session, by_username)
    device_id, token = await open_device(session, account.id, SESSION, name, now, until)
    return Grant(account.id, device_id, token)


async def refresh(session: AsyncSession, token: str, address: str, now: datetime) -> Grant:
    """Renew a session, whose token changes and whose old one is dead, or a phone's, whose token stays.

    Raises LoginFailed. Failures alone are counted, and afterwards: 256 random bits cannot be guessed, and one
    confused phone must not keep a whole office out.
    """
    failed = audit.LoginFailed(audit.REFRESH, "unknown-token", limit=attempts.by_address("refresh", address))
    row = (
        await session.execute(
            select(Device.id, Device.kind, Device.account_id)
            .join(Account, Account.id == Device.account_id)
            .where(Device.token_hash == hash_token(token), *queries.live(now))
        )
    ).one_or_none()
    if row is None:
        raise failed
    renewed = new_token() if row.kind == SESSION else token
    # The old token is a condition of the write: of two that use it at once, one finds it gone.
    written = await session.execute(
        update(Device)
        .where(Device.id == row.id, Device.token_hash == hash_token(token), Device.revoked_at.is_(None))
        .values(token_hash=hash_token(renewed), last_used_at=now)
        .returning(Device.id)
    )
    if written.scalar() is None:
        raise failed
    return Grant(row.account_id, row.id, renewed)


async def enrol(session: AsyncSession, code: str, address: str, name: str, now: datetime) -> Enrolled:
    """Turn a one-time code into a member's phone, and make the member's account if there is none yet.

    Raises LoginFailed when the code is unknown, used or out of date, or the member or the account inactive.
    """
    member_id = await session.scalar(
        update(EnrolmentCode)
        .where(
            EnrolmentCode.code_hash == hash_code(code),
            EnrolmentCode.used_at.is_(None),
            EnrolmentCode.expires_at > now,
        )
        .values(used_at=now)
        .returning(EnrolmentCode.member_id)
    )
    if member_id is None:
        raise audit.LoginFailed(audit.ENROL, "unknown-code", slug="enrolment-failed")
    try:
        account = await member_account(session, member_id, now)
    except NotFound as error:
        raise audit.LoginFailed(audit.ENROL, "inactive-member", slug="enrolment-failed") from error
    if not account.active:
        raise audit.LoginFailed(
            audit.ENROL, "inactive", slug="enrolment-failed", account_id=account.id, username=account.username
        )
    await attempts.give_back(session, *enrol_limits(address))
    _, token = await open_device(session, account.id, PHONE, name, now, None)
    return Enrolled(account.id, member_id, token)
