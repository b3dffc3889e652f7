"""Storing what was checked: all of it, or nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.errors import Conflict
from service.grids.commands.edit import Edited, edit_grids
from service.grids.commands.grids import NewGrid
from service.grids.rules import Layer, parent_of
from service.imports.checks.grids import GridPlan, GridRow, KnownGrid
from service.imports.checks.links import LinkPlan
from service.imports.checks.units import UnitPlan
from service.imports.checks.values import Known, as_json, code_of
from service.imports.commands.apply import apply_links, apply_members, apply_units
from service.imports.commands.check import Checked, still_so
from service.imports.models import Import, ImportChange
from service.imports.queries import known
from service.imports.rules import Kind
from service.roster.commands.places import relocate

LAYERS = {Kind.GOVERNANCE_GRIDS: Layer.GOVERNANCE, Kind.PARTY_GRIDS: Layer.PARTY}
WRITE_TIMEOUT = "300s"
"""The statements of a whole city's map take longer than those of a request may."""


class ChangeRow(NamedTuple):
    """One thing as it was and as it is now: `ImportChange`."""

    code: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class By:
    """Who imports, when, under which id."""

    import_id: UUID
    account_id: UUID | None
    now: datetime


async def give_time(session: AsyncSession) -> None:
    """Let the transaction's statements take longer than a request's usually may."""
    for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
        await session.execute(
            text("SELECT set_config(:name, :value, true)"), {"name": name, "value": WRITE_TIMEOUT}
        )


async def store(session: AsyncSession, checked: Checked, by: By) -> Import:
    """Write a file that has no defects, and that it was imported.

    Raises Again when what it was checked against has changed, and Conflict when the id is another import's.
    """
    if await session.get(Import, by.import_id) is not None:
        raise Conflict("duplicate", field="id", value=str(by.import_id))
    await give_time(session)
    await still_so(session, checked, by.now)
    edition, changes = await write(session, checked, by.now)
    return await record_import(
        session,
        by,
        kind=checked.source.kind,
        file_name=checked.source.file_name,
        report=checked.report(),
        edition=edition,
        changes=changes,
    )


async def write(session: AsyncSession, checked: Checked, now: datetime) -> tuple[int | None, list[ChangeRow]]:
    """Make the plan true; gives the map's new edition, if it has one, and what was before and after."""
    plan = checked.plan
    if isinstance(plan, GridPlan):
        return await write_grids(session, checked, plan, now)
    before: Mapping[str, Known]
    if isinstance(plan, LinkPlan):
        before = await known.links(session)
        edition = await apply_links(session, plan.put, plan.close, now)
        changes = changes_between(before, plan.put) + [
            ChangeRow(code, as_json(before[code]), None) for code in plan.close
        ]
        return edition, changes
    if isinstance(plan, UnitPlan):
        before = checked.seen.roster
        await apply_units(session, plan.put, (), before, now)
        return None, changes_between(before, plan.put)
    before = checked.seen.roster.members
    await apply_members(session, plan.put, (), before, now)
    return None, changes_between(before, plan.put)


def changes_between(before: Mapping[str, Known], put: Sequence[Known]) -> list[ChangeRow]:
    """What was before, and what was put in its place."""
    return [ChangeRow(code_of(each), as_json(before.get(code_of(each))), as_json(each)) for each in put]


async def write_grids(
    session: AsyncSession, checked: Checked, plan: GridPlan, now: datetime
) -> tuple[int | None, list[ChangeRow]]:
    """Edit a layer of the map, and move to their new leaf grids those whose ground has changed."""
    layer = LAYERS[Kind(checked.source.kind)]
    current = {} if not plan.put else await names_of(session, layer)
    put = [new_grid(layer, each, current.get(each.code)) for each in plan.put]
    edited = await edit_grids(session, put, [(layer, code) for code in plan.close], now)
    await relocate(session, edited.leaves, now)
    return edited.edition, version_changes(edited)


async def names_of(session: AsyncSession, layer: Layer) -> dict[str, KnownGrid]:
    """The layer's grids without shapes: what a file does not say stays as it is."""
    rows = await session.execute(known.select_grids(layer, text("NULL")))
    return {row[0]: known.known_grid(row) for row in rows.all()}


def new_grid(layer: Layer, each: GridRow, before: KnownGrid | None) -> NewGrid:
    """A row as the map takes it."""
    return NewGrid(
        layer=layer,
        code=each.code,
        name=each.name,
        shape=each.shape,
        level=each.level,
        name_en=each.name_en or (before.name_en if before else None),
        parent_code=parent_of(each.code) if layer is Layer.GOVERNANCE else None,
        unit_code=each.unit_code,
        invented=False,
    )


def version_changes(edited: Edited) -> list[ChangeRow]:
    """The versions that an edit ended and began."""
    return [ChangeRow(each.code, version(each.before), version(each.after)) for each in edited.written]


def version(id: UUID | None) -> dict[str, str] | None:
    """How a change names a version of a grid."""
    return None if id is None else {"version": str(id)}


async def record_import(
    session: AsyncSession,
    by: By,
    *,
    kind: str,
    file_name: str,
    report: dict[str, Any],
    edition: int | None,
    changes: Sequence[ChangeRow],
    undoes: UUID | None = None,
) -> Import:
    """The import's row, and one for each thing that it changed."""
    row = Import(
        id=by.import_id,
        kind=kind,
        account_id=by.account_id,
        at=by.now,
        file_name=file_name,
        report=report,
        edition=edition,
        undoes=undoes,
    )
    session.add(row)
    await session.flush()
    if changes:
        await session.execute(
            insert(ImportChange),
            [
                {
                    "import_id": by.import_id,
                    "number": number,
                    "code": change.code,
                    "before": change.before,
                    "after": change.after,
                }
                for number, change in enumerate(changes, start=1)
            ],
        )
    return row
