"""Reads of imports, kept within what the caller may see."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from service.access.models import Account
from service.access.rules import Action, Caller, Reach
from service.imports.models import Import, ImportChange, ImportProgress

UNDOING = aliased(Import, name="undoing")


def seen(who: Caller, action: Action, account_id: Any) -> ColumnElement[bool]:
    """The WHERE condition of what an action of the caller reaches: their own, or all."""
    if Reach.ALL in who.reaches(action):
        return true()
    own: ColumnElement[bool] = account_id == who.account_id
    return own


def select_imports() -> Select[*tuple[Any, ...]]:
    """Imports, with who made each and which import took it back."""
    return (
        select(
            Import.id,
            Import.kind,
            Import.account_id,
            Account.username,
            Import.at,
            Import.file_name,
            Import.report,
            Import.edition,
            Import.undoes,
            UNDOING.id.label("undone_by"),
        )
        .outerjoin(Account, Account.id == Import.account_id)
        .outerjoin(UNDOING, UNDOING.undoes == Import.id)
    )


async def imports(
    session: AsyncSession, who: Caller, after: UUID | None, limit: int, *, kind: str | None = None
) -> Sequence[Row[Any]]:
    """Up to `limit + 1` imports that the caller may see, the newest first, from the one behind `after` on."""
    found = select_imports().where(seen(who, Action.IMPORT_READ, Import.account_id))
    if kind:
        found = found.where(Import.kind == kind)
    if after:
        last = select(Import.at, Import.id).where(Import.id == after).scalar_subquery()
        found = found.where(tuple_(Import.at, Import.id) < last)
    return (await session.execute(found.order_by(Import.at.desc(), Import.id.desc()).limit(limit + 1))).all()


async def import_by_id(session: AsyncSession, import_id: UUID) -> Row[Any] | None:
    """One import, as `imports` gives it."""
    return (await session.execute(select_imports().where(Import.id == import_id))).one_or_none()


async def changes_of(session: AsyncSession, import_id: UUID) -> Sequence[ImportChange]:
    """What an import changed, in its order."""
    found = select(ImportChange).where(ImportChange.import_id == import_id).order_by(ImportChange.number)
    return (await session.scalars(found)).all()


async def progress_of(session: AsyncSession, import_id: UUID) -> ImportProgress | None:
    """How far an import is that runs now."""
    return await session.get(ImportProgress, import_id, populate_existing=True)
