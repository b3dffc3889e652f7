"""What governance grids are called."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.grids.models import Grid, GridVersion
from service.grids.rules import Layer


class GridName(NamedTuple):
    """The name of a grid as it is now; few have an English one."""

    name: str
    name_en: str | None


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
