"""Changing the map. Each change first locks the city's edition row, and derives what follows in its transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import SRID, new_id, point_wkt
from service.errors import NotFound
from service.events.record import record
from service.geo.geodesy import Plane, area_m2
from service.geo.shapes import Polygonal, crossings, polygonal_from_wkb
from service.grids.models import Crossing, Edition, Grid, GridVersion, Link, Overlay
from service.grids.rules import LEAST_OVERLAY_M2, Layer


@dataclass(frozen=True, slots=True)
class NewGrid:
    """A grid to be stored: its shape in CGCS2000 degrees, its parent by code, its unit if it is a party grid."""

    layer: Layer
    code: str
    name: str
    shape: Polygonal
    level: str | None = None
    name_en: str | None = None
    parent_code: str | None = None
    unit_code: str | None = None
    invented: bool = False


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to be stored; the ends lie in the leaf grids named by code."""

    code: str
    name: str
    name_en: str
    kind: str
    code_a: str
    code_b: str
    end_a: tuple[float, float]
    end_b: tuple[float, float]
    length_m: float
    minutes: float
    wait_minutes: float
    invented: bool = False


async def next_edition(session: AsyncSession, now: datetime) -> int:
    """Lock the edition row and move it on; editors of either layer pass here one after the other."""
    row = upsert(Edition).values(id=1, number=1, changed_at=now)
    number = await session.execute(
        row.on_conflict_do_update(
            index_elements=[Edition.id],
            set_={"number": Edition.number + 1, "changed_at": row.excluded.changed_at},
        ).returning(Edition.number)
    )
    return number.scalar_one()


async def set_notice(session: AsyncSession, notice: Mapping[str, str]) -> None:
    """Say, by language, what everybody should know of the map. The caller has passed `next_edition`."""
    await session.execute(update(Edition).values(notice=dict(notice)))


async def add_grids(session: AsyncSession, grids: Sequence[NewGrid], now: datetime) -> dict[str, UUID]:
    """Store new grids, parents before children, and give their ids by code.

    The caller derives overlay and crossings when all are in: `derive`.
    """
    ids = {grid.code: new_id() for grid in grids}
    parents = {grid.parent_code for grid in grids if grid.layer == Layer.GOVERNANCE}
    await session.execute(
        insert(Grid),
        [
            {
                "id": ids[grid.code],
                "layer": grid.layer,
                "code": grid.code,
                "level": grid.level,
                "parent_id": ids[grid.parent_code] if grid.parent_code else None,
            }
            for grid in sorted(grids, key=lambda grid: len(grid.code))
        ],
    )
    await session.execute(
        insert(GridVersion),
        [
            {
                "id": new_id(),
                "grid_id": ids[grid.code],
                "valid_from": now,
                "valid_to": None,
                "name": grid.name,
                "name_en": grid.name_en,
                "unit_code": grid.unit_code,
                "leaf": grid.layer == Layer.GOVERNANCE and grid.code not in parents,
                "geom": from_shape(as_multipolygon(grid.shape), srid=SRID),
                "area_m2": area_m2(grid.shape),
                "invented": grid.invented,
            }
            for grid in grids
        ],
    )
    return ids


def as_multipolygon(shape: Polygonal) -> shapely.MultiPolygon:
    """The one geometry type that is stored."""
    return shapely.MultiPolygon([shape]) if isinstance(shape, shapely.Polygon) else shape


async def add_links(session: AsyncSession, links: Sequence[NewLink], ids: Mapping[str, UUID]) -> None:
    """Store links between leaf grids whose ids are given by code."""
    await session.execute(
        insert(Link),
        [
            {
                "id": new_id(),
                "code": link.code,
                "name": link.name,
                "name_en": link.name_en,
                "kind": link.kind,
                "grid_a_id": ids[link.code_a],
                "grid_b_id": ids[link.code_b],
                "end_a": point_wkt(*link.end_a),
                "end_b": point_wkt(*link.end_b),
                "length_m": link.length_m,
                "minutes": link.minutes,
                "wait_minutes": link.wait_minutes,
                "open": True,
                "invented": link.invented,
            }
            for link in links
        ],
    )


async def switch_link(session: AsyncSession, code: str, *, open: bool, now: datetime) -> None:
    """Open or close a link; running tasks travel by the new map from their next wave. A repeat changes nothing.

    Raises NotFound.
    """
    link = await session.scalar(select(Link).where(Link.code == code))
    if link is None:
        raise NotFound("link")
    if link.open == open:
        return
    number = await next_edition(session, now)
    await session.refresh(link)
    link.open = open
    await session.flush()
    await record(session, "map.changed", now, data={"edition": number, "link": code, "open": open})


async def rebuild_overlay(session: AsyncSession) -> None:
    """Derive the overlay of the current map from nothing: each pair that shares ground, in geodesic m²."""
    await session.execute(delete(Overlay))
    # MATERIALIZED: inlined, the intersection would be computed again for each use.
    await session.execute(
        text(
            """
            INSERT INTO overlay (governance_grid_id, party_grid_id, area_m2, governance_share, party_share)
            WITH pairs AS MATERIALIZED (
                SELECT g.grid_id AS governance_id, p.grid_id AS party_id, g.area_m2 AS g_m2, p.area_m2 AS p_m2,
                       ST_Area(ST_CollectionExtract(ST_Intersection(g.geom, p.geom), 3)::geography) AS area_m2
                FROM grid_version p
                JOIN grid pg ON pg.id = p.grid_id AND pg.layer = 'party'
                JOIN grid_version g ON g.geom && p.geom AND ST_Intersects(g.geom, p.geom)
                JOIN grid gg ON gg.id = g.grid_id AND gg.layer = 'governance'
                WHERE p.valid_to IS NULL AND g.valid_to IS NULL
            )
            SELECT governance_id, party_id, area_m2, least(area_m2 / g_m2, 1), least(area_m2 / p_m2, 1)
            FROM pairs WHERE area_m2 >= :least
            """
        ),
        {"least": LEAST_OVERLAY_M2},
    )


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


async def derive(session: AsyncSession, now: datetime) -> int:
    """After a change of the whole map: overlay and crossings anew; gives the new edition number."""
    number = await next_edition(session, now)
    await rebuild_overlay(session)
    await rebuild_crossings(session)
    await record(session, "map.changed", now, data={"edition": number})
    return number
