"""Reads of accounts, devices and the audit; the filters that keep reads within a caller's scope."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Row,
    Select,
    SQLColumnExpression,
    Uuid,
    any_,
    bindparam,
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
from service.db import driver
from service.errors import NotFound, Unauthenticated

member_table = table(
    "member", column("id"), column("number"), column("name"), column("active"), column("erased_at")
)
"""The roster is a room above, so its model is out of reach here. These columns are all that an account takes
from a member."""


OF_ACCOUNT = (Account.id, Account.username, Account.roles, Account.areas, Account.units, Account.member_id)
"""What a caller is made of."""


def live(now: datetime | ColumnElement[datetime]) -> tuple[SQLColumnExpression[bool], ...]:
    """The conditions on a device and its account for it to be good."""
    return (
        Account.active,
        Device.revoked_at.is_(None),
        or_(Device.expires_at.is_(None), Device.expires_at > now),
    )


AT_DEVICE = (
    select(*OF_ACCOUNT)
    .join(Device, Device.account_id == Account.id)
    .where(
        Device.id == bindparam("device_id", type_=Uuid()),
        *live(bindparam("now", type_=DateTime(timezone=True))),
    )
)
"""The account at a device, where both are good."""


AT_DEVICES = driver.compiled(
    select(Device.id.label("device_id"), *OF_ACCOUNT)
    .join(Account, Device.account_id == Account.id)
    .where(
        Device.id == any_(bindparam("devices", type_=ARRAY(Uuid()))),
        *live(bindparam("now", type_=DateTime(timezone=True))),
    )
)


async def still_there(
    session: AsyncSession, device_ids: Collection[UUID], now: datetime
) -> dict[UUID, Caller]:
    """Who is at each of these devices, in one statement; those where nobody may be any more are left out."""
    found = await driver.rows(session, AT_DEVICES, devices=list(device_ids), now=now)
    return {
        device_id: at_device(device_id, account_id, username, *map(tuple, lists), member_id)
        for device_id, account_id, username, *lists, member_id in found
    }


@lru_cache(maxsize=10_000)
def at_device(
    device_id: UUID,
    account_id: UUID,
    username: str,
    roles: tuple[str, ...],
    areas: tuple[str, ...],
    units: tuple[str, ...],
    member_id: UUID | None,
) -> Caller:
    """The caller of a device and its account's columns: made once for as long as they stay the same."""
    return Caller(account_id, username, roles_of(roles), areas, units, member_id, device_id)


class Known(NamedTuple):
    """Who calls, and the row that says so, with whatever was read beside."""

    who: Caller
    row: driver.Record


@cache
def with_beside(of: Select[Any], beside: Select[Any] | None) -> driver.Compiled:
    """A statement that finds a caller, and reads the one row of another, or its nulls, in the same breath.

    Its columns are called `beside_…`, lest one has the name of an account's.
    """
    if beside is not None:
        along = beside.subquery("beside")
        of = of.outerjoin(along, true()).add_columns(*(each.label(f"beside_{each.name}") for each in along.c))
    return driver.compiled(of)


async def caller(
    session: AsyncSession, device_id: UUID, subject: str, now: datetime, beside: Select[Any] | None = None
) -> Known:
    """Who is at a device, in one statement. Raises Unauthenticated when it or its account is not good."""
    row = await driver.first(session, with_beside(AT_DEVICE, beside), device_id=device_id, now=now)
    if row is None or str(row.id) != subject:
        raise Unauthenticated("token-revoked")
    return Known(as_caller(row, device_id=device_id), row)


def as_caller(account: Account | driver.Record | Row[*tuple[Any, ...]], **held: Any) -> Caller:
    """The caller that an account, or a row of its columns, is; `held` are the fields of the device or key."""
    return Caller(
        account_id=account.id,
        username=account.username,
        roles=roles_of(tuple(account.roles)),
        areas=tuple(account.areas),
        units=tuple(account.units),
        member_id=account.member_id,
        **held,
    )


@cache
def roles_of(names: tuple[str, ...]) -> frozenset[Role]:
    """The roles of those names; there are few combinations."""
    return frozenset(Role(name) for name in names)


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


async def is_erased(session: AsyncSession, member_id: UUID | None) -> bool:
    """Whether that is a member who was erased: their account is closed for good."""
    if member_id is None:
        return False
    erased = select(member_table.c.erased_at.is_not(None)).where(member_table.c.id == member_id)
    return bool(await session.scalar(erased))


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
