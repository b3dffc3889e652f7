"""Vector tiles that PostGIS writes from the published views, and what a tile of them depends on."""

from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Integer,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    null,
    or_,
    select,
    table,
    true,
)
from sqlalchemy import column as named
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.rules import Caller
from service.db import driver
from service.db.base import SRID
from service.grids.models import Edition
from service.grids.rules import LEVELS
from service.ogc.collection import GEOMETRY, Collection
from service.ogc.collections import COLLECTIONS, LEVEL
from service.ogc.queries.features import value_of
from service.ogc.queries.views import areas_of, feature_id, in_areas, view_of
from service.ogc.tiling import BUFFER, EXTENT, Tile, level_at

MERCATOR = 3857
EXTENT_SQL: ColumnElement[int] = literal_column(str(EXTENT))
MOST_FEATURES = 20_000
"""So many features one tile holds at most, the first in the order of their pages."""
FOLLOW_THE_MAP = frozenset(
    {"governance_grids", "party_grids", "grid_versions", "overlay", "gaps", "overlaps", "links"}
)
"""The collections whose rows change only with the map's edition, beside the names of units. Coverage counts people, and
tasks come and go, at any time."""
LEVEL_BY_ZOOM = frozenset({"governance_grids", "grid_versions"})
"""The collections that show one level of the tree at a time: all of them at once would lie on each other."""
LEAF = "leaf"
"""Asked for in place of a level: whatever has nothing below it, of whichever level."""
unit_table = table("unit", named("code"), named("name"), named("name_en"))


def has_levels(collection: Collection) -> bool:
    """Whether its features are of levels of the governance grids."""
    return LEVEL in collection.properties


def follows_map(collection: Collection) -> bool:
    """Whether its tiles stay the same while the map does."""
    return collection.id in FOLLOW_THE_MAP


def stamp_of(row: driver.Record) -> str:
    """What moves on whenever a collection's features have changed, from a row with `stamp_statement` beside.

    An edition's number alone would be met again in another database, or after the city was loaded anew.
    """
    if row.beside_number is None:
        return "0"
    return f"{row.beside_number}.{row.beside_changed_at.timestamp():.6f}.{row.beside_units or 0}"


@cache
def stamp_statement(collection: Collection) -> Select[Any]:
    """The edition, and, where units' names are shown, a number made of all of them: they are no part of the map.

    For a collection that `follows_map`; it is read beside who asks.
    """
    if "unit_name" not in collection.by_name:
        units: ColumnElement[Any] = null()
    else:
        text = func.concat_ws("|", unit_table.c.code, unit_table.c.name, unit_table.c.name_en)
        hashed = func.sum(func.hashtextextended(text, literal_column("0", BigInteger)))
        units = select(hashed).select_from(unit_table).scalar_subquery()
    return select(Edition.number, Edition.changed_at, units.label("units"))


async def tile(
    session: AsyncSession, collection: Collection, who: Caller, at: Tile, level: str | None
) -> bytes:
    """The features of a tile that are the caller's to see, in one layer, as a Mapbox Vector Tile 2.1.

    Empty, which is a tile without layers, where there are none. `level` is one of LEVELS or LEAF, where there are any.
    """
    statement = compiled_tile(collection, areas_of(collection, who), level, level_at(at.z))
    row = await driver.first(session, statement, **place_of(at))
    return bytes((row and row[0]) or b"")


@lru_cache(maxsize=256)
def compiled_tile(
    collection: Collection, areas: tuple[str, ...] | None, level: str | None, suits: str
) -> driver.Compiled:
    """`tile_statement`, compiled: as long as the same people look at the same map, there are few."""
    return driver.compiled(tile_statement(collection, areas, level, suits))


def place_of(at: Tile) -> dict[str, float]:
    """The parameters of `tile_statement`."""
    west, south, east, north = at.box()
    return {
        "z": at.z, "col": at.col, "row": at.row,
        "west": west, "south": south, "east": east, "north": north,
    }  # fmt: skip


def tile_statement(
    collection: Collection, areas: tuple[str, ...] | None, level: str | None, suits: str
) -> Select[Any]:
    """The one statement that makes a tile of what `areas_of` lets somebody see; its place is `place_of`'s.

    `suits` is the level that suits the zoom, for where no `level` is asked for.
    """
    view = view_of(collection)
    ground = func.ST_TileEnvelope(
        *(bindparam(name, type_=Integer(), required=False) for name in ("z", "col", "row"))
    )
    projected = func.ST_Transform(view.c[GEOMETRY], literal_column(str(MERCATOR)))
    columns = [value_of(view, each).label(each.name) for each in collection.properties]
    if "id" not in collection.by_name:
        columns.insert(0, feature_id(collection, view).label("id"))
    shown = (
        select(
            func.ST_AsMVTGeom(projected, ground, EXTENT_SQL, literal_column(str(BUFFER))).label(GEOMETRY),
            *columns,
        )
        .where(in_areas(collection, areas, view), near(collection), of_level(collection, level, suits))
        .order_by(*(view.c[name] for name in collection.paged_by))
        .limit(literal_column(str(MOST_FEATURES)))
        .subquery("shown")
    )
    layer: ColumnElement[str] = literal_column(f"'{collection.id}'")
    written = func.ST_AsMVT(shown.table_valued(), layer, EXTENT_SQL, literal_column(f"'{GEOMETRY}'"))
    return select(written).where(shown.c[GEOMETRY].is_not(None))


def near(collection: Collection) -> ColumnElement[bool]:
    """Whether a feature's own box meets the tile's: by an index, where there is one."""
    view = view_of(collection)
    edges: list[ColumnElement[float]] = [
        bindparam(name, type_=Double(), required=False) for name in ("west", "south", "east", "north")
    ]
    bound = func.ST_MakeEnvelope(*edges, literal_column(str(SRID)))
    meets: ColumnElement[bool] = view.c[GEOMETRY].bool_op("&&")(bound)
    if collection.stands_for is None:
        return meets
    grids = view_of(COLLECTIONS["grid_versions"]).alias("place")
    codes = select(grids.c.code).where(grids.c[GEOMETRY].bool_op("&&")(bound))
    return and_(view.c[collection.stands_for].in_(codes), meets)


def of_level(collection: Collection, level: str | None, suits: str) -> ColumnElement[bool]:
    """Whether a feature is of a level; without one, of the level that suits the zoom."""
    view = view_of(collection)
    if level == LEAF:
        return view.c.leaf.is_(True) if LEAF in collection.by_name else true()
    if level is not None:
        return view.c[LEVEL.name] == level
    if collection.id in LEVEL_BY_ZOOM:
        # A grid with nothing below it stands for what it does not have: the ground stays covered. A party grid has no
        # level, and is shown at all.
        ends = and_(view.c.leaf, view.c[LEVEL.name].in_(LEVELS[: LEVELS.index(suits)]))
        return or_(view.c[LEVEL.name] == suits, ends, view.c[LEVEL.name].is_(None))
    return view.c.leaf.is_(True) if collection.id == "overlay" else true()
