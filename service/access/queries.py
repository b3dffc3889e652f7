"""Reads of accounts, devices and the audit; the filters that keep reads within a caller's scope."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    SQLColumnExpression,
    column,
    false,
    or_,
    select,
    table,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.models import Account, AuditEntry, Device
from service.access.rules import Action, Caller, Reach, Role
from service.errors import NotFound, Unauthenticated

member_table = table("member", column("id"), column("number"), column("name"), column("active"))
"""The roster is a room above, so its model is out of reach here. These columns are all that an account takes
from a member."""


async def caller(session: AsyncSession, device_id: UUID, subject: str, now: datetime) -> Caller:
    """Who is at a device, in one statement. Raises Unauthenticated when it or its account is not good."""
    row = (
        await session.execute(
            select(
                Account.id,
                Account.username,
                Account.roles,
                Account.areas,
                Account.units,
                Account.member_id,
            )
            .join(Device, Device.account_id == Account.id)
            .where(Device.id == device_id, *live(now))
        )
    ).one_or_none()
    if row is None or str(row.id) != subject:
        raise Unauthenticated("token-revoked")
    return as_caller(row, device_id=device_id)


def as_caller(account: Account | Row[*tuple[Any, ...]], **held: Any) -> Caller:
    """The caller that an account, or a row of its columns, is; `held` are the fields of the device or key."""
    return Caller(
        account_id=account.id,
        username=account.username,
        roles=frozenset(Role(role) for role in account.roles),
        areas=tuple(account.areas),
        units=tuple(account.units),
        member_id=account.member_id,
        **held,
    )


def live(now: datetime) -> tuple[SQLColumnExpression[bool], ...]:
    """The conditions on a device and its account for it to be good."""
    return (
        Account.active,
        Device.revoked_at.is_(None),
        or_(Device.expires_at.is_(None), Device.expires_at > now),
    )


async def account_named(session: AsyncSession, username: str) -> Account | None:
    """The account of that username, in lower case."""
    return (await session.execute(select(Account).where(Account.username == username))).scalar_one_or_none()


async def account_of_member(session: AsyncSession, member_id: UUID) -> Account | None:
    """The member's account, if it has one."""
    return (await session.execute(select(Account).where(Account.member_id == member_id))).scalar_one_or_none()


async def account_by_id(session: AsyncSession, account_id: UUID) -> Account:
    """The account. Raises NotFound."""
    account = await session.get(Account, account_id)
    if account is None:
        raise NotFound("account")
    return account


async def officers_of_area(session: AsyncSession, code: str) -> list[UUID]:
    """The duty officers of an area: the active dispatchers' accounts whose own area it is, not one around it."""
    return await officers(session, Role.DISPATCHER, Account.areas.contains([code]))


async def officers_of_units(session: AsyncSession, codes: Sequence[str]) -> list[UUID]:
    """The duty officers of units: their active managers' accounts."""
    return await officers(session, Role.UNIT_MANAGER, Account.units.overlap(codes))


async def officers(session: AsyncSession, role: Role, of: ColumnElement[bool]) -> list[UUID]:
    """The active accounts with a role, by username."""
    found = select(Account.id).where(Account.active, Account.roles.contains([role]), of)
    return list(await session.scalars(found.order_by(Account.username)))


async def member_to_enrol(session: AsyncSession, member_id: UUID) -> Row[Any] | None:
    """A member's id, number, name and whether they are active."""
    return (await session.execute(select(member_table).where(member_table.c.id == member_id))).one_or_none()


async def accounts(session: AsyncSession, after: UUID | None, limit: int) -> Sequence[Account]:
    """Up to `limit + 1` accounts by username, from the one behind `after` on."""
    found = select(Account).order_by(Account.username).limit(limit + 1)
    if after:
        found = found.where(
            Account.username > select(Account.username).where(Account.id == after).scalar_subquery()
        )
    return (await session.execute(found)).scalars().all()


async def devices(session: AsyncSession, account_id: UUID) -> Sequence[Device]:
    """An account's devices that have not been revoked, the newest first."""
    found = select(Device).where(Device.account_id == account_id, Device.revoked_at.is_(None))
    return (await session.execute(found.order_by(Device.created_at.desc(), Device.id))).scalars().all()


async def audit_entries(
    session: AsyncSession,
    after: UUID | None,
    limit: int,
    *,
    action: str | None = None,
    outcome: str | None = None,
    account_id: UUID | None = None,
) -> Sequence[AuditEntry]:
    """Up to `limit + 1` entries, the newest first, from the one behind `after` on."""
    found = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit + 1)
    if action:
        found = found.where(AuditEntry.action == action)
    if outcome:
        found = found.where(AuditEntry.outcome == outcome)
    if account_id:
        found = found.where(AuditEntry.account_id == account_id)
    if after:
        last = select(AuditEntry.at, AuditEntry.id).where(AuditEntry.id == after).scalar_subquery()
        found = found.where(tuple_(AuditEntry.at, AuditEntry.id) < last)
    return (await session.execute(found)).scalars().all()


def within_areas(code: SQLColumnExpression[str], areas: Sequence[str]) -> ColumnElement[bool]:
    """Whether a code column lies in one of the areas."""
    return or_(false(), *(code.startswith(area, autoescape=True) for area in areas))


def seen(
    who: Caller,
    action: Action,
    *,
    area: SQLColumnExpression[str] | None = None,
    unit: SQLColumnExpression[str] | None = None,
    member_id: SQLColumnExpression[UUID] | None = None,
) -> ColumnElement[bool]:
    """The WHERE condition of what an action of the caller reaches.

    Name the columns that say where a row lies: its grid or division code, its unit's code, its member. Where
    one is not named, nothing is in reach by it.
    """
    reaches = who.reaches(action)
    if Reach.ALL in reaches:
        return true()
    conditions: list[ColumnElement[bool]] = [false()]
    if Reach.AREA in reaches and area is not None:
        conditions.append(within_areas(area, who.areas))
    if Reach.UNIT in reaches and unit is not None:
        conditions.append(unit.in_(who.units))
    if Reach.OWN in reaches and member_id is not None and who.member_id is not None:
        conditions.append(member_id == who.member_id)
    return or_(*conditions)
