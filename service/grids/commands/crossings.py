"""Where one crosses between leaf grids, derived from their shapes."""

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id, point_wkt
from service.geo.geodesy import Plane
from service.geo.shapes import crossings, polygonal_from_wkb
from service.grids.models import Crossing, Grid, GridVersion


async def rebuild_crossings(session: AsyncSession) -> None:
    """Derive the points where one crosses between leaf grids from the current shapes."""
    rows = (
        await session.execute(
            select(Grid.id, func.ST_AsBinary(GridVersion.geom))
            .join(GridVersion, GridVersion.grid_id == Grid.id)
            .where(GridVersion.leaf, GridVersion.valid_to.is_(None))
            .order_by(Grid.code)
        )
    ).all()
    await session.execute(delete(Crossing))
    if not rows:
        return
    shapes = [polygonal_from_wkb(shape) for _, shape in rows]
    plane = Plane.around(shapes)
    found = crossings([plane.project(shape) for shape in shapes])
    if not len(found.i):
        return
    lons, lats = plane.lonlat(found.x, found.y)
    await session.execute(
        insert(Crossing),
        [
            {
                "id": new_id(),
                "grid_a_id": rows[i][0],
                "grid_b_id": rows[j][0],
                "location": point_wkt(float(lon), float(lat)),
            }
            for i, j, lon, lat in zip(found.i, found.j, lons, lats, strict=True)
        ],
    )
