"""Vector tiles that PostGIS writes from the published views, and what a tile of them depends on."""

from collections.abc import Hashable
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    LargeBinary,
    Select,
    Text,
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

from service.access.rules import Caller, Reach
from service.db.base import SRID
from service.grids.models import Edition
from service.grids.rules import LEVELS
from service.ogc.collection import GEOMETRY, Collection
from service.ogc.collections import COLLECTIONS, LEVEL
from service.ogc.queries.features import value_of
from service.ogc.queries.views import feature_id, scope, view_of
from service.ogc.tiling import BUFFER, EXTENT, Box, Tile, level_at

MERCATOR = 3857
EXTENT_SQL: ColumnElement[int] = literal_column(str(EXTENT))
MOST_FEATURES = 20_000
"""So many features one tile holds at most, the first in the order of their pages."""
FOLLOW_THE_MAP = frozenset(
    {"governance_grids", "party_grids", "grid_versions", "overlay", "gaps", "overlaps", "links"}
)
"""The collections whose rows change only with the map's edition, beside the names of units. Coverage counts people, and
tasks come and go, at any time."""
unit_table = table("unit", named("code"), named("name"), named("name_en"))


def has_levels(collection: Collection) -> bool:
    """Whether its features are of levels of the governance grids."""
    return LEVEL in collection.properties


def follows_map(collection: Collection) -> bool:
    """Whether its tiles stay the same while the map does."""
    return collection.id in FOLLOW_THE_MAP


async def stamp(session: AsyncSession, collection: Collection) -> str:
    """What moves on whenever the collection's features have changed, in one statement; `follows_map` holds.

    An edition's number alone would be met again in another database, or after the city was loaded anew.
    """
    row = (await session.execute(stamp_statement(collection))).one_or_none()
    return "0" if row is None else f"{row.number}.{row.changed_at.timestamp():.6f}.{row.units or 0}"


@cache
def stamp_statement(collection: Collection) -> Select[Any]:
    """The edition, and, where units' names are shown, a number made of all of them: they are no part of the map."""
    if "unit_name" not in collection.by_name:
        units: ColumnElement[Any] = null()
    else:
        text = func.concat_ws("|", unit_table.c.code, unit_table.c.name, unit_table.c.name_en)
        hashed = func.sum(func.hashtextextended(text, literal_column("0", BigInteger)))
        units = select(hashed).select_from(unit_table).scalar_subquery()
    return select(Edition.number, Edition.changed_at, units.label("units"))


def scope_key(collection: Collection, who: Caller) -> Hashable:
    """What `scope` makes of a caller: those with the same key see the same rows."""
    reaches = who.reaches(collection.action)
    if Reach.ALL in reaches:
        return "all"
    return tuple(sorted(set(who.areas))) if Reach.AREA in reaches else "nothing"


async def tile(
    session: AsyncSession, collection: Collection, who: Caller, at: Tile, level: str | None
) -> bytes:
    """The features of a tile that are the caller's to see, in one layer, as a Mapbox Vector Tile 2.1.

    Empty, which is a tile without layers, where there are none. `level` is one of LEVELS, where there are levels.
    """
    found = (await session.execute(tile_statement(collection, who, at, level))).scalar()
    return bytes(found or b"")


def tile_statement(collection: Collection, who: Caller, at: Tile, level: str | None) -> Select[Any]:
    """The one statement that makes a tile."""
    view = view_of(collection)
    ground = func.ST_TileEnvelope(*(bindparam(None, each, Integer) for each in (at.z, at.col, at.row)))
    projected = func.ST_Transform(view.c[GEOMETRY], literal_column(str(MERCATOR)))
    columns = [value_of(view, each).label(each.name) for each in collection.properties]
    if "id" not in collection.by_name:
        columns.insert(0, feature_id(collection, view).label("id"))
    shown = (
        select(
            func.ST_AsMVTGeom(projected, ground, EXTENT_SQL, literal_column(str(BUFFER))).label(GEOMETRY),
            *columns,
        )
        .where(scope(collection, who, view), near(collection, at.box()), of_level(collection, at, level))
        .order_by(*(view.c[name] for name in collection.paged_by))
        .limit(literal_column(str(MOST_FEATURES)))
        .subquery("shown")
    )
    layer = bindparam(None, collection.id, Text)
    written = func.ST_AsMVT(
        shown.table_valued(),
        layer,
        EXTENT_SQL,
        literal_column(f"'{GEOMETRY}'"),
        type_=LargeBinary,
    )
    return select(written).where(shown.c[GEOMETRY].is_not(None))


def near(collection: Collection, box: Box) -> ColumnElement[bool]:
    """Whether a feature's own box meets one in degrees: by an index, where there is one."""
    view = view_of(collection)
    bound = func.ST_MakeEnvelope(*box, literal_column(str(SRID)))
    meets: ColumnElement[bool] = view.c[GEOMETRY].bool_op("&&")(bound)
    if collection.stands_for is None:
        return meets
    grids = view_of(COLLECTIONS["grid_versions"]).alias("place")
    codes = select(grids.c.code).where(grids.c[GEOMETRY].bool_op("&&")(bound))
    return and_(view.c[collection.stands_for].in_(codes), meets)


def of_level(collection: Collection, at: Tile, level: str | None) -> ColumnElement[bool]:
    """Whether a feature is of a level; without one, of the level that suits the zoom."""
    view = view_of(collection)
    if level is not None:
        return view.c[LEVEL.name] == level
    if collection.id == "governance_grids":
        suits = LEVELS.index(level_at(at.z))
        # A grid with nothing below it stands for what it does not have: the ground stays covered.
        ends = and_(view.c.leaf, view.c[LEVEL.name].in_(LEVELS[:suits]))
        return or_(view.c[LEVEL.name] == LEVELS[suits], ends)
    return view.c.leaf.is_(True) if collection.id == "overlay" else true()
