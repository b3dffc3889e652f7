"""Taking an import back, as one step: what it changed becomes what it was, if nothing of it has changed since."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from service.errors import Conflict
from service.grids.commands.edit import Written, undo_edit
from service.grids.commands.editions import lock_edition
from service.grids.queries.map import held_edition
from service.imports.checks.values import FROM_JSON, Known
from service.imports.commands.apply import MOST_NAMED, apply_links, apply_members, apply_units
from service.imports.commands.store import (
    LAYERS,
    By,
    ChangeRow,
    give_time,
    record_import,
    version_changes,
)
from service.imports.models import Import, ImportChange
from service.imports.queries import known
from service.imports.queries import roster as roster_queries
from service.imports.queries.imports import changes_of
from service.imports.rules import Kind
from service.roster.commands.places import relocate
from service.roster.queries.members import lock_members, member_ids
from service.roster.queries.units import lock_units


async def undo(session: AsyncSession, found: Row[Any], by: By) -> Import:
    """Take an import back; the undoing is an import itself, and may be undone.

    Raises Conflict("already-undone"), Conflict("changed-since") with the codes of what has changed since, and
    Conflict("still-referred-to") with those of added units or members to whom something refers by now.
    """
    await give_time(session)
    kind = Kind(found.kind)
    if kind in (Kind.UNITS, Kind.MEMBERS):
        await held_edition(session)
    else:
        await lock_edition(session, by.now)
    if found.undone_by is not None:
        raise Conflict("already-undone", id=str(found.undone_by))
    changes = await changes_of(session, found.id)
    edition, undone = await take_back(session, kind, changes, by)
    return await record_import(
        session,
        by,
        kind=kind,
        file_name=found.file_name,
        report=turned(found.report),
        edition=edition,
        changes=undone,
        undoes=found.id,
    )


async def take_back(
    session: AsyncSession, kind: Kind, changes: Sequence[ImportChange], by: By
) -> tuple[int | None, list[ChangeRow]]:
    """Make it as it was; gives the map's new edition, if it has one, and the changes the other way round."""
    if layer := LAYERS.get(kind):
        written = [Written(layer, each.code, version(each.before), version(each.after)) for each in changes]
        edited = await undo_edit(session, written, by.now)
        await relocate(session, edited.leaves, by.now)
        return edited.edition, version_changes(edited)
    await refuse_changed(kind, changes, await current(session, kind, [each.code for each in changes]))
    from_json = FROM_JSON[kind]
    put: list[Any] = [from_json(each.before) for each in changes if each.before is not None]
    remove = [each.code for each in changes if each.before is None]
    undone = [ChangeRow(each.code, each.after, each.before) for each in changes]
    if kind is Kind.LINKS:
        return await apply_links(session, put, remove, by.now), undone
    apply = apply_units if kind is Kind.UNITS else apply_members
    seen = {each.code for each in changes if each.after is not None}
    await apply(session, put, remove, seen, by.now)
    return None, undone


def version(values: Mapping[str, str] | None) -> UUID | None:
    """The version of a grid that a change names."""
    return None if values is None else UUID(values["version"])


async def current(session: AsyncSession, kind: Kind, codes: Sequence[str]) -> Mapping[str, Known]:
    """What there is now, locked."""
    if kind is Kind.LINKS:
        return await known.links(session)
    if kind is Kind.UNITS:
        await lock_units(session, codes)
        return await roster_queries.units(session)
    await lock_members(session, await member_ids(session, codes))
    return await roster_queries.members(session)


async def refuse_changed(kind: Kind, changes: Sequence[ImportChange], there: Mapping[str, Known]) -> None:
    """Raises Conflict with the codes of what is not any more as the import left it."""
    from_json = FROM_JSON[kind]
    moved = [
        each.code
        for each in changes
        if there.get(each.code) != (None if each.after is None else from_json(each.after))
    ]
    if moved:
        raise Conflict("changed-since", codes=", ".join(sorted(moved)[:MOST_NAMED]))


def turned(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report of an undoing: what had been added is closed, and what had been closed is there again."""
    added, closed = report["added"], report["closed"]
    return {**report, "added": closed, "closed": added, "defects": none(), "notes": none()}


def none() -> dict[str, Any]:
    """No remarks."""
    return {"count": 0, "by_reason": {}, "items": []}
