"""What governance grids are called, and which one a code names."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.errors import Invalid
from service.grids.models import Grid, GridVersion
from service.grids.rules import Layer


class GridName(NamedTuple):
    """The name of a grid as it is now; few have an English one."""

    name: str
    name_en: str | None


class Area(NamedTuple):
    """A governance grid of any level, as it is now."""

    id: UUID
    code: str
    name: str


async def area_named(session: AsyncSession, code: str) -> Area:
    """The governance grid with that code. Raises Invalid("unknown-area")."""
    found = await session.execute(
        select(Grid.id, Grid.code, GridVersion.name)
        .join(GridVersion, GridVersion.grid_id == Grid.id)
        .where(Grid.layer == Layer.GOVERNANCE, Grid.code == code, GridVersion.valid_to.is_(None))
    )
    row = found.one_or_none()
    if row is None:
        raise Invalid("unknown-area", code=code)
    return Area(*row)


async def names_of(session: AsyncSession, codes: Collection[str]) -> dict[str, GridName]:
    """The names of governance grids by code; those that are not on the map are left out. Asks nothing for none."""
    if not codes:
        return {}
    rows = await session.execute(
        select(Grid.code, GridVersion.name, GridVersion.name_en)
        .join(GridVersion, GridVersion.grid_id == Grid.id)
        .where(Grid.layer == Layer.GOVERNANCE, Grid.code.in_(codes), GridVersion.valid_to.is_(None))
    )
    return {code: GridName(name, name_en) for code, name, name_en in rows}
