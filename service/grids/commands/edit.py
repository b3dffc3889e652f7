"""Changing some grids of either layer, and taking such a change back; what follows from it is kept in step.

Nothing is overwritten: an edit ends versions and begins others, and so does its undoing. All of it happens behind the
lock of the edition row, so that edits of the two layers, which derive the same overlay, cannot miss each other's pair.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.errors import Conflict
from service.events.record import record
from service.grids.commands.checks import (
    check_places,
    check_tree,
    check_units,
    children_left,
    parents_missing,
)
from service.grids.commands.crossings import derive_crossings
from service.grids.commands.editions import Turn, lock_edition, next_edition
from service.grids.commands.grids import Change, NewGrid, settle_leaves, write_versions
from service.grids.commands.ground import derive_ground
from service.grids.commands.links import settle_links
from service.grids.queries.versions import Content, GridKey, StoredGrid, grids_by_code, versions_by_id
from service.grids.rules import Layer, level_of


@dataclass(frozen=True, slots=True)
class Written:
    """One grid that an edit wrote: the ids of its version before (None: it was not on the map) and after (None: it is
    not any more). That a grid becomes a leaf, or ceases to be one, follows from its children and is not listed."""

    layer: Layer
    code: str
    before: UUID | None
    after: UUID | None


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit did."""

    edition: int | None = None
    """The map's new number; None where nothing differed, and so nothing was written."""
    written: tuple[Written, ...] = ()
    leaves: frozenset[UUID] = frozenset()
    """The leaf governance grids whose ground changed, came or went: whoever is in them is to be located again."""


async def edit_grids(
    session: AsyncSession, put: Sequence[NewGrid], close: Collection[GridKey], now: datetime
) -> Edited:
    """Make the map hold these grids as they are given, and not those that are closed.

    A grid that is not on the map is added (a closed one that comes back is the same grid), one whose name, English
    name, unit, shape or `invented` differs is changed, an equal one is left, and so is one to be closed that is not
    there. A governance grid's level and parent are its code's, and may be left out.

    Raises Invalid: "given-twice"; "grid-code" for a level or a parent that is not the code's; "grid-unit" for a party
    grid without a unit or a governance grid with one; "unknown-unit"; "unknown-parent"; "children-left" for a grid to
    be closed that others stay below; "link-end" where a link would end in no grid.
    """
    check_places(put, close)
    turn = await lock_edition(session, now)
    known = await grids_by_code(session, {*(grid.key for grid in put), *close})
    changes = [change for grid in put if (change := change_to(grid, known.get(grid.key)))]
    changes += [
        Change(layer, code, found.id, found.level, found.current, None)
        for (layer, code), found in sorted(known.items())
        if (layer, code) in close and found.current is not None
    ]
    if not changes:
        return Edited()
    await check_units(session, put)
    await check_tree(session, changes)
    return await write(session, changes, turn)


async def undo_edit(session: AsyncSession, written: Sequence[Written], now: datetime) -> Edited:
    """Put back what was before an edit, as a new edit: what the map was meanwhile stays on record.

    Raises Conflict("changed-since") with the codes of the grids that are not any more as the edit left them, of those
    that came below what it added, and of the parents that what it closed has no longer.
    """
    turn = await lock_edition(session, now)
    known = await grids_by_code(session, {(each.layer, each.code) for each in written})
    ids = {id for each in written for id in (each.before, each.after) if id is not None}
    versions = await versions_by_id(session, ids)
    changes, changed_since = [], set()
    for each in written:
        found = known[each.layer, each.code]
        before, after = (versions[id].content if id else None for id in (each.before, each.after))
        now_there = found.current.content if found.current else None
        if not same(now_there, after):
            changed_since.add(each.code)
        if not same(now_there, before):
            changes.append(Change(each.layer, each.code, found.id, found.level, found.current, before))
    governance = [change for change in changes if change.layer == Layer.GOVERNANCE]
    coming = {change.code for change in governance if change.comes}
    going = {change.code for change in governance if change.goes}
    changed_since |= await parents_missing(session, coming, going) | await children_left(session, going)
    if changed_since:
        raise Conflict("changed-since", codes=", ".join(sorted(changed_since)))
    return await write(session, changes, turn) if changes else Edited()


def change_to(grid: NewGrid, found: StoredGrid | None) -> Change | None:
    """What it takes to make a grid of the map the one that is given; None where it is."""
    before = found.current if found else None
    if before is not None and before.content.same_as(grid.content):
        return None
    return Change(
        grid.layer,
        grid.code,
        found.id if found else new_id(),
        level_of(grid.code) if grid.layer == Layer.GOVERNANCE else None,
        before,
        grid.content,
        new=found is None,
    )


def same(a: Content | None, b: Content | None) -> bool:
    """Whether both hold the same, or both nothing."""
    return a.same_as(b) if a and b else a is b


async def write(session: AsyncSession, changes: Sequence[Change], turn: Turn) -> Edited:
    """Write changes that were checked, and all that follows from them."""
    ids = await write_versions(session, changes, turn.at)
    turned = await settle_leaves(session, changes, turn.at)
    moved = [change for change in changes if change.moves_ground()]
    leaves = leaves_among(moved, turned)
    await derive_ground(session, ids_of(moved, Layer.GOVERNANCE), ids_of(moved, Layer.PARTY), leaves)
    await derive_crossings(session, leaves)
    await settle_links(session, leaves)
    number = await next_edition(session, turn.at)
    await record(session, "map.changed", turn.at, data={"edition": number})
    written = tuple(
        Written(change.layer, change.code, change.before.id if change.before else None, ids.get(change.key))
        for change in changes
    )
    return Edited(number, written, frozenset(leaves))


def ids_of(changes: Iterable[Change], layer: Layer) -> set[UUID]:
    """The grids of a layer that change."""
    return {change.grid_id for change in changes if change.layer == layer}


def leaves_among(moved: Iterable[Change], turned: set[UUID]) -> set[UUID]:
    """The governance grids that were leaves or are, and whose ground changed, came or went; `turned` are those that
    became leaves or ceased to be."""
    governance = [change for change in moved if change.layer == Layer.GOVERNANCE]
    were = {change.grid_id for change in governance if change.before and change.before.leaf}
    came = {change.grid_id for change in governance if change.comes}
    # Whoever came and turned came with children: it never was a leaf.
    return were | (came ^ turned)
