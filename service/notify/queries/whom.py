"""The people that a notification is for: duty officers of an area, and everybody's addresses and wishes."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.models import Account
from service.access.queries import officers_of_area
from service.access.rules import Role
from service.db.base import among
from service.grids.models import Grid, GridVersion
from service.grids.rules import Layer, lineage
from service.notify.models import Contact, Notification, NotifyPreference
from service.texts import Language


class Wishes(NamedTuple):
    """What a person wants of their notifications."""

    language: Language = Language.ZH
    ladders: Mapping[str, list[str]] = {}


async def duty_officers(session: AsyncSession, area: str) -> list[UUID]:
    """The accounts of those whose own area is the nearest one around a place that has any."""
    for code in reversed(lineage(area)):
        if found := await officers_of_area(session, code):
            return found
    return []


async def duty_officers_within(session: AsyncSession, area: str) -> list[UUID]:
    """The same, and the dispatchers of everything below an area."""
    code = func.unnest(Account.areas).column_valued("code")
    below = select(Account.id).where(
        Account.active,
        Account.roles.contains([Role.DISPATCHER]),
        select(code).where(func.starts_with(code, area)).exists(),
    )
    return sorted({*await duty_officers(session, area), *await session.scalars(below)})


async def active_accounts(session: AsyncSession, ids: Iterable[str]) -> list[UUID]:
    """Those of the accounts that are active."""
    wanted = [UUID(each) for each in ids]
    return list(await session.scalars(select(Account.id).where(among(Account.id, wanted), Account.active)))


async def area_name(session: AsyncSession, code: str) -> str:
    """What a governance grid is called today; its code where there is none."""
    found = (
        select(GridVersion.name)
        .join(Grid, Grid.id == GridVersion.grid_id)
        .where(Grid.layer == Layer.GOVERNANCE, Grid.code == code, GridVersion.valid_to.is_(None))
    )
    return await session.scalar(found) or code


async def addresses(
    session: AsyncSession, notifications: Collection[Notification]
) -> dict[UUID, dict[str, str]]:
    """By notification, the person's addresses by channel. An account that is a member's has the member's as well."""
    accounts = [each.account_id for each in notifications if each.account_id is not None]
    linked = select(Account.id, Account.member_id).where(among(Account.id, accounts))
    own = {account_id: member_id for account_id, member_id in await session.execute(linked)}
    members = [each.member_id for each in notifications if each.member_id is not None]
    members += [member_id for member_id in own.values() if member_id is not None]
    rows: dict[UUID | None, dict[str, str]] = {}
    found = select(Contact).where(or_(among(Contact.account_id, accounts), among(Contact.member_id, members)))
    for contact in await session.scalars(found):
        rows.setdefault(contact.member_id or contact.account_id, {})[contact.channel] = contact.address

    def of(each: Notification) -> dict[str, str]:
        if each.account_id is None:
            return rows.get(each.member_id, {})
        linked_member = own.get(each.account_id)
        return rows.get(linked_member, {}) | rows.get(each.account_id, {})

    return {each.id: of(each) for each in notifications}


async def wishes(session: AsyncSession, members: Collection[UUID | None]) -> dict[UUID | None, Wishes]:
    """By member what they want; those who have said nothing are left out."""
    wanted = [each for each in members if each is not None]
    rows: Any = await session.scalars(
        select(NotifyPreference).where(among(NotifyPreference.member_id, wanted))
    )
    return {row.member_id: Wishes(Language(row.language), row.ladders) for row in rows}
