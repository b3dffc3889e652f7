"""Writes of accounts, devices and enrolment codes. Each takes the session first and never commits."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from service.access import attempts, keys, queries
from service.access.models import Account, Device, EnrolmentCode
from service.access.passwords import hash_password
from service.access.revocation import revoke_all
from service.access.rules import Role
from service.access.secrets import hash_code, hash_token, new_code, new_token
from service.db.base import new_id
from service.errors import Conflict, NotFound

CODE_LIFETIME = timedelta(hours=24)
PHONE = "phone"
SESSION = "session"
"""The kinds of device, as the model says."""


class NewCode(NamedTuple):
    """A one-time enrolment code in clear, for the person who hands it on; it cannot be shown again."""

    code: str
    expires_at: datetime


class AccountChanges(NamedTuple):
    """What to change of an account; None leaves it."""

    display_name: str | None = None
    contact: str | None = None
    roles: Sequence[Role] | None = None
    areas: Sequence[str] | None = None
    units: Sequence[str] | None = None
    active: bool | None = None
    password: str | None = None


async def create_account(
    session: AsyncSession,
    *,
    username: str,
    display_name: str,
    roles: Iterable[Role],
    now: datetime,
    contact: str | None = None,
    password: str | None = None,
    areas: Iterable[str] = (),
    units: Iterable[str] = (),
    member_id: UUID | None = None,
) -> Account:
    """A new account; without a password it is only reached by enrolled phones.

    The username is kept in lower case. Raises Conflict when it is taken.
    """
    username = username.lower()
    if await queries.account_named(session, username):
        raise Conflict("username-taken", username=username)
    account = Account(
        id=new_id(),
        username=username,
        password_hash=await hash_password(password) if password is not None else None,
        display_name=display_name,
        contact=contact,
        roles=sorted(set(roles)),
        areas=sorted(set(areas)),
        units=sorted(set(units)),
        member_id=member_id,
        active=True,
        created_at=now,
    )
    session.add(account)
    await session.flush()
    return account


async def member_account(
    session: AsyncSession, member_id: UUID, now: datetime, *, password: str | None = None
) -> Account:
    """The member's account, made when there is none: the member's number in lower case is its username.

    `password` counts only when it is made. Raises NotFound when there is no such active member, Conflict when
    another account has that username.
    """
    account = await queries.account_of_member(session, member_id)
    if account is not None:
        return account
    member = await queries.member_to_enrol(session, member_id)
    if member is None or not member.active:
        raise NotFound("member")
    return await create_account(
        session,
        username=member.number,
        display_name=member.name,
        roles=[Role.MEMBER],
        now=now,
        password=password,
        member_id=member_id,
    )


async def update_account(
    session: AsyncSession, account_id: UUID, changes: AccountChanges, now: datetime
) -> Account:
    """Change an account. Deactivating it or setting its password revokes its devices and API keys.

    Raises NotFound, and Conflict for the account of a member who was erased, and when nobody active would be left to
    administer the accounts.
    """
    # Locked first and in one order: two administrators who demote each other must not both succeed.
    admins = await session.scalars(
        select(Account.id)
        .where(Account.active, Account.roles.contains([Role.ADMIN]))
        .order_by(Account.id)
        .with_for_update()
    )
    others = set(admins) - {account_id}
    account = await queries.account_by_id(session, account_id)
    if await queries.is_erased(session, account.member_id):
        raise Conflict("member-erased")
    was_admin = account.active and Role.ADMIN in account.roles
    if changes.display_name is not None:
        account.display_name = changes.display_name
    if changes.contact is not None:
        account.contact = changes.contact
    if changes.roles is not None:
        account.roles = sorted(set(changes.roles))
    if changes.areas is not None:
        account.areas = sorted(set(changes.areas))
    if changes.units is not None:
        account.units = sorted(set(changes.units))
    if changes.active is not None:
        account.active = changes.active
    if changes.password is not None:
        account.password_hash = await hash_password(changes.password)
    if was_admin and not others and not (account.active and Role.ADMIN in account.roles):
        raise Conflict("last-admin")
    if changes.active is False or changes.password is not None:
        await revoke_all(session, account_id, now)
    await session.flush()
    return account


async def set_contact(session: AsyncSession, account_id: UUID, contact: str | None) -> Account:
    """Say how one is reached by those whom one sends out; None: not at all. Raises NotFound."""
    account = await queries.account_by_id(session, account_id)
    account.contact = contact
    await session.flush()
    return account


async def open_device(
    session: AsyncSession, account_id: UUID, kind: str, name: str, now: datetime, expires_at: datetime | None
) -> tuple[UUID, str]:
    """A new device of an account: its id and its token in clear, which cannot be had again.

    `kind` is PHONE or SESSION.
    """
    token = new_token()
    device = Device(
        id=new_id(),
        account_id=account_id,
        kind=kind,
        name=name,
        token_hash=hash_token(token),
        created_at=now,
        expires_at=expires_at,
        last_used_at=now,
        revoked_at=None,
    )
    session.add(device)
    await session.flush()
    return device.id, token


async def make_enrolment_code(session: AsyncSession, member_id: UUID, by: UUID, now: datetime) -> NewCode:
    """A code for a member that exists, made by the account `by`; the member's earlier codes stop working."""
    await session.execute(
        update(EnrolmentCode)
        .where(
            EnrolmentCode.member_id == member_id,
            EnrolmentCode.used_at.is_(None),
            EnrolmentCode.expires_at > now,
        )
        .values(expires_at=now)
    )
    code = new_code()
    expires_at = now + CODE_LIFETIME
    session.add(
        EnrolmentCode(
            id=new_id(),
            member_id=member_id,
            code_hash=hash_code(code),
            created_by=by,
            created_at=now,
            expires_at=expires_at,
            used_at=None,
        )
    )
    await session.flush()
    return NewCode(code, expires_at)


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Drop attempts out of their window, and codes, sessions and API keys a month after their end."""
    await attempts.forget_old(session, now)
    long_ago = now - timedelta(days=30)
    await keys.forget_old(session, long_ago)
    await session.execute(delete(EnrolmentCode).where(EnrolmentCode.expires_at < long_ago))
    await session.execute(
        delete(Device).where(or_(Device.expires_at < long_ago, Device.revoked_at < long_ago))
    )
