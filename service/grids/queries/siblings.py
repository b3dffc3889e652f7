"""What is wrong between the children of one governance grid."""

import asyncio
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from service.geo.coverage import SiblingFault, sibling_faults
from service.geo.shapes import polygonal_from_wkb
from service.grids.models import Grid, GridVersion
from service.grids.rules import Layer


class FaultBetween(NamedTuple):
    """A fault, and the codes of the siblings that it is between, in its order."""

    codes: tuple[str, ...]
    fault: SiblingFault


async def sibling_faults_of(session: AsyncSession, parent_code: str) -> list[FaultBetween]:
    """Overlaps of the current children of a governance grid, and gaps between them that nobody can mean."""
    parent = aliased(Grid)
    rows = await session.execute(
        select(Grid.code, func.ST_AsBinary(GridVersion.geom))
        .join(parent, parent.id == Grid.parent_id)
        .join(GridVersion, GridVersion.grid_id == Grid.id)
        .where(parent.layer == Layer.GOVERNANCE, parent.code == parent_code, GridVersion.valid_to.is_(None))
        .order_by(Grid.code)
    )
    children = [(code, polygonal_from_wkb(shape)) for code, shape in rows]
    # Off the event loop: hundreds of shapes take a while.
    faults = await asyncio.to_thread(sibling_faults, [shape for _, shape in children])
    return [FaultBetween(tuple(children[each][0] for each in fault.siblings), fault) for fault in faults]
