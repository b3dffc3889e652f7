"""What an edit of grids must be: each code in its place, each unit there, nobody left without a parent."""

from collections import Counter
from collections.abc import Collection, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.errors import Invalid
from service.grids.commands.grids import Change, NewGrid
from service.grids.queries.versions import GridKey, children_of, current_codes
from service.grids.rules import Layer, level_of, parent_of


def check_places(put: Sequence[NewGrid], close: Collection[GridKey]) -> None:
    """By the edit alone. Raises Invalid("given-twice"), ("grid-code"), ("grid-unit")."""
    keys = Counter(grid.key for grid in put) + Counter(set(close))
    if twice := sorted(code for (_, code), times in keys.items() if times > 1):
        raise Invalid("given-twice", codes=", ".join(twice))
    for grid in put:
        governance = grid.layer == Layer.GOVERNANCE
        if governance and not in_place(grid):
            raise Invalid(
                "grid-code",
                code=grid.code,
                level=grid.level or "—",
                parent=grid.parent_code or "—",
                due_level=level_of(grid.code) or "—",
                due_parent=parent_of(grid.code) or "—",
            )
        if governance == (grid.unit_code is not None):
            raise Invalid("grid-unit", code=grid.code)


def in_place(grid: NewGrid) -> bool:
    """Whether a governance grid's code is a division code, and its level and parent are its code's; either may be left
    to the code."""
    return (
        level_of(grid.code) is not None
        and grid.level in (None, level_of(grid.code))
        and grid.parent_code in (None, parent_of(grid.code))
    )


async def check_tree(session: AsyncSession, changes: Sequence[Change]) -> None:
    """By the map. Raises Invalid("unknown-parent") and ("children-left")."""
    governance = [change for change in changes if change.layer == Layer.GOVERNANCE]
    coming = {change.code for change in governance if change.comes}
    going = {change.code for change in governance if change.goes}
    if unknown := await parents_missing(session, coming, going):
        raise Invalid("unknown-parent", codes=", ".join(sorted(unknown)))
    if left := await children_left(session, going):
        raise Invalid("children-left", codes=", ".join(sorted(left)))


async def parents_missing(session: AsyncSession, coming: Collection[str], going: Collection[str]) -> set[str]:
    """The parents of the grids that come which will not be on the map."""
    parents = {parent for code in coming if (parent := parent_of(code)) and parent not in coming}
    return parents - (await current_codes(session, parents) - set(going))


async def children_left(session: AsyncSession, going: Collection[str]) -> set[str]:
    """The grids on the map whose parent goes and which stay."""
    return await children_of(session, going) - set(going)


async def check_units(session: AsyncSession, put: Sequence[NewGrid]) -> None:
    """Raises Invalid("unknown-unit")."""
    codes = {grid.unit_code for grid in put if grid.unit_code is not None}
    if not codes:
        return
    # By SQL: the roster's tables belong to a room above this one.
    known = await session.scalars(
        text("SELECT code FROM unit WHERE code = ANY(:codes)"), {"codes": list(codes)}
    )
    if unknown := sorted(codes - set(known)):
        raise Invalid("unknown-unit", code=", ".join(unknown))
