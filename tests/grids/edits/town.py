"""A made-up town near 110.3° E, 21.2° N, drawn in metres from its south-west corner, and what is derived from it."""

from typing import Any, NamedTuple

import numpy as np
import pytest
import shapely
from pyproj import Geod
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.geo.geodesy import Plane
from service.grids.commands.crossings import rebuild_crossings
from service.grids.commands.edit import Edited, edit_grids
from service.grids.commands.grids import NewGrid
from service.grids.commands.ground import rebuild_ground
from service.grids.rules import Layer
from tests.conftest import NOON

CITY, COUNTY, TOWN = "4408", "440802", "440802001"
SIZE_M = 6000.0
UNITS = ("U1", "U2", "U3")
PLANE = Plane(110.3, 21.2)
GEOD = Geod(ellps="GRS80")
box = shapely.box


def in_degrees(shape: Any) -> Any:
    """A shape in metres, in degrees."""
    return shapely.transform(shape, lambda xy: np.column_stack(PLANE.lonlat(xy[:, 0], xy[:, 1])))


def place(x: float, y: float) -> tuple[float, float]:
    """A point in metres, in degrees."""
    return PLANE.lonlat(x, y)


def community(number: int) -> str:
    """The code of one of the town's communities."""
    return f"{TOWN}{number:03}"


def governance(code: str, shape: Any, name: str | None = None) -> NewGrid:
    """A governance grid; its shape in metres."""
    return NewGrid(Layer.GOVERNANCE, code, name or f"片区{code}", in_degrees(shape))


def party(code: str, shape: Any, unit: str = "U1") -> NewGrid:
    """A party grid; its shape in metres."""
    return NewGrid(Layer.PARTY, code, f"责任区{code}", in_degrees(shape), unit_code=unit)


def closed(*codes: str) -> list[tuple[Layer, str]]:
    """Grids to be closed; the codes of party grids begin with P."""
    return [(Layer.PARTY if code.startswith("P") else Layer.GOVERNANCE, code) for code in codes]


async def found_town(session: AsyncSession, communities: dict[str, Any], now=NOON) -> Edited:
    """City, county and town, each of them the whole square, communities (metres), and three units."""
    whole = box(0, 0, SIZE_M, SIZE_M)
    edited = await edit_grids(
        session,
        [
            *(governance(code, whole) for code in (CITY, COUNTY, TOWN)),
            *(governance(code, shape) for code, shape in communities.items()),
        ],
        [],
        now,
    )
    grid = await session.scalar(text("SELECT id FROM grid WHERE code = :code"), {"code": TOWN})
    lon, lat = place(10, 10)
    for code in UNITS:
        await session.execute(
            text(
                "INSERT INTO unit (id, code, name, kind, office, office_grid_id, invented)"
                " VALUES (:id, :code, :code, '机关', ST_SetSRID(ST_MakePoint(:lon, :lat), 4490), :grid, true)"
            ),
            {"id": new_id(), "code": code, "lon": lon, "lat": lat, "grid": grid},
        )
    return edited


class Derived(NamedTuple):
    """What follows from the map, by codes: shapes with area and shares, and the points of crossings."""

    overlay: dict[tuple[str, str], tuple[Any, ...]]
    gap: dict[str, tuple[Any, ...]]
    party_overlap: dict[tuple[str, str], tuple[Any, ...]]
    crossing: list[tuple[str, str, float, float]]


OVERLAY = """
    SELECT g.code, p.code, ST_AsBinary(o.geom), o.area_m2, o.governance_share, o.party_share
    FROM overlay o JOIN grid g ON g.id = o.governance_grid_id JOIN grid p ON p.id = o.party_grid_id
"""
GAP = """
    SELECT g.code, ST_AsBinary(o.geom), o.area_m2, o.share, o.width_m
    FROM gap o JOIN grid g ON g.id = o.governance_grid_id
"""
PARTY_OVERLAP = """
    SELECT a.code, b.code, ST_AsBinary(o.geom), o.area_m2, o.share_a, o.share_b, o.width_m
    FROM party_overlap o JOIN grid a ON a.id = o.party_grid_a_id JOIN grid b ON b.id = o.party_grid_b_id
"""
CROSSING = """
    SELECT a.code, b.code, ST_X(c.location), ST_Y(c.location)
    FROM crossing c JOIN grid a ON a.id = c.grid_a_id JOIN grid b ON b.id = c.grid_b_id ORDER BY 1, 2, 3, 4
"""


def shape_of(wkb: Any) -> Any:
    """A stored shape, in degrees."""
    return shapely.from_wkb(bytes(wkb))


async def derived(session: AsyncSession) -> Derived:
    """What is stored now."""
    pairs = {
        sql: {
            (first, second): (shape_of(shape), *numbers)
            for first, second, shape, *numbers in await session.execute(text(sql))
        }
        for sql in (OVERLAY, PARTY_OVERLAP)
    }
    gaps = {code: (shape_of(shape), *numbers) for code, shape, *numbers in await session.execute(text(GAP))}
    crossings = [tuple(row) for row in await session.execute(text(CROSSING))]
    return Derived(pairs[OVERLAY], gaps, pairs[PARTY_OVERLAP], crossings)


async def rebuilt(session: AsyncSession) -> Derived:
    """The same, derived from nothing."""
    await rebuild_ground(session)
    await rebuild_crossings(session)
    return await derived(session)


def geodesic_m2(shape: Any) -> float:
    """Square metres of a shape in degrees, by pyproj."""
    return abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(shape))[0])


def assert_same(a: Derived, b: Derived) -> None:
    """The same rows; shapes to a hundredth of a square metre, points to a tenth of a millimetre."""
    for name in ("overlay", "gap", "party_overlap"):
        ours, theirs = getattr(a, name), getattr(b, name)
        assert ours.keys() == theirs.keys(), name
        for key, (shape, *numbers) in ours.items():
            other, *others = theirs[key]
            assert numbers == [*map(nearly, others)], (name, key)
            apart = shapely.symmetric_difference(shape, other).area * 1.15e10
            assert apart < 0.01 + 1e-6 * numbers[0], (name, key)
    assert [row[:2] for row in a.crossing] == [row[:2] for row in b.crossing]
    ours, theirs = (np.array([row[2:] for row in each.crossing]) for each in (a, b))
    assert np.allclose(ours, theirs, rtol=0, atol=1e-9)


def nearly(number: float) -> Any:
    """Sums of the same pieces in another order."""
    return pytest.approx(number, rel=1e-6, abs=1e-6)


LEAVES = """
    SELECT g.code, ST_AsBinary(v.geom), v.area_m2 FROM grid_version v JOIN grid g ON g.id = v.grid_id
    WHERE v.leaf AND v.valid_to IS NULL
"""
CHILDLESS = """
    SELECT g.code FROM grid_version v JOIN grid g ON g.id = v.grid_id
    WHERE v.valid_to IS NULL AND g.layer = 'governance' AND g.id NOT IN (
        SELECT c.parent_id FROM grid c JOIN grid_version cv ON cv.grid_id = c.id
        WHERE cv.valid_to IS NULL AND c.parent_id IS NOT NULL
    )
"""


async def assert_adds_up(session: AsyncSession, found: Derived) -> None:
    """Of each leaf, its pieces with overlaps counted once and its gap are the whole, by pyproj, within 0.02 %; a gap of
    less than a square metre is not kept."""
    leaves = (await session.execute(text(LEAVES))).all()
    assert {code for code, *_ in leaves} == set(await session.scalars(text(CHILDLESS)))
    assert set(found.gap) <= {code for code, *_ in leaves}
    for code, wkb, area_m2 in leaves:
        whole = geodesic_m2(shape_of(wkb))
        assert abs(area_m2 - whole) <= 1e-6 * whole
        pieces = [row[0] for (leaf, _), row in found.overlay.items() if leaf == code]
        covered = geodesic_m2(shapely.union_all(pieces)) if pieces else 0.0
        gap = found.gap[code][1] if code in found.gap else 0.0
        assert abs(covered + gap - whole) <= 0.0002 * whole + 1.0, code
