"""Features of a collection: pages of GeoJSON that PostgreSQL writes as one text, counts, single ones, rows to export.

Pages follow the columns that order a collection, from the last feature of the page before, so that the cost of a page
does not grow with its number, and nothing is shown twice or left out while others change the map.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    ColumnElement,
    FromClause,
    LargeBinary,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import SRID
from service.errors import Malformed
from service.ogc.collection import GEOMETRY, Collection, Kind, Property
from service.ogc.collections import COLLECTIONS
from service.ogc.periods import Period
from service.ogc.queries.views import feature_id, is_feature, view_of
from service.ogc.systems import System

UTC_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
CHUNK = 1000
"""So many rows of an export are held at once."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which features of a collection are wanted, and in what system."""

    collection: Collection
    conditions: tuple[ColumnElement[bool], ...]
    """The caller's scope first, then what the query asks for."""
    system: System

    @property
    def view(self) -> FromClause:
        """What they are selected from."""
        return view_of(self.collection)


class FeaturePage(NamedTuple):
    """The features of a page, as the inside of a JSON array, how many they are, and where the next page begins."""

    features: bytes
    """In UTF-8, as it goes out: a megabyte is neither decoded nor encoded on the way."""
    returned: int
    matched: int | None
    """How many match in all; None behind the first page."""
    last: tuple[str, ...] | None
    """The ordering columns of the last feature; None on the last page."""


def within(collection: Collection, ground: BaseGeometry) -> ColumnElement[bool]:
    """Whether a feature's geometry meets some ground in CGCS2000 degrees."""
    view = view_of(collection)
    bound = func.ST_GeomFromWKB(bindparam(None, shapely.to_wkb(ground), LargeBinary()), SRID)
    meets: ColumnElement[bool] = func.ST_Intersects(view.c[GEOMETRY], bound)
    if collection.stands_for is None:
        return meets
    # The point is made from a grid's shape as it is or was: those that meet the ground are found by their index.
    grids = view_of(COLLECTIONS["grid_versions"]).alias("place")
    near = select(grids.c.code).where(func.ST_Intersects(grids.c[GEOMETRY], bound))
    return and_(view.c[collection.stands_for].in_(near), meets)


def during(collection: Collection, period: Period) -> tuple[ColumnElement[bool], ...]:
    """Whether a feature is, or was, at some time of a period; what has no time always is."""
    if collection.period is None:
        return ()
    view = view_of(collection)
    begins, ends = collection.period
    found: list[ColumnElement[bool]] = []
    if period.end is not None:
        found.append(view.c[begins] < period.end)
    if period.start is not None and ends is not None:
        found.append(or_(view.c[ends].is_(None), view.c[ends] > period.start))
    return tuple(found)


def x_first(view: FromClause, system: System) -> ColumnElement[Any]:
    """The geometry in a system, with x before y, as files have it."""
    geometry: ColumnElement[Any] = view.c[GEOMETRY]
    return geometry if system.srid == SRID else func.ST_Transform(geometry, system.srid)


def geometry_of(view: FromClause, system: System) -> ColumnElement[Any]:
    """The geometry in a system, with its coordinates in that system's order."""
    geometry = x_first(view, system)
    return func.ST_FlipCoordinates(geometry) if system.y_first else geometry


def value_of(view: FromClause, each: Property) -> ColumnElement[Any]:
    """A property as JSON shows it: times in UTC."""
    if each.kind is Kind.TIME:
        return func.to_char(func.timezone("UTC", view.c[each.name]), UTC_FORMAT)
    return view.c[each.name]


def feature(selection: Selection, links: str = "") -> ColumnElement[str]:
    """A feature as the text of a GeoJSON object; `links` is JSON that is put into it."""
    collection, view = selection.collection, selection.view
    pairs: list[Any] = []
    for each in collection.properties:
        pairs += [literal_column(f"'{each.name}'"), value_of(view, each)]
    geometry = func.ST_AsGeoJSON(geometry_of(view, selection.system), selection.system.digits, 0)
    return func.concat(
        '{"type":"Feature","id":',
        func.to_json(feature_id(collection, view)).cast(Text),
        ',"geometry":',
        func.coalesce(geometry, "null"),
        ',"properties":',
        func.json_build_object(*pairs).cast(Text),
        f"{links}}}",
    )


async def plan_by_values(session: AsyncSession) -> None:
    """Have this transaction's statements planned for the boxes, areas and filters that are asked for: a plan for any
    does not know that a box is small or that an area is the whole city."""
    await session.execute(select(func.set_config("plan_cache_mode", "force_custom_plan", True)))


async def page(
    session: AsyncSession, selection: Selection, limit: int, after: tuple[str, ...] | None
) -> FeaturePage:
    """Up to `limit` features, from the one behind `after` on. Raises Malformed for an `after` that is not ours."""
    return page_of((await session.execute(page_statement(selection, limit, after))).one(), limit)


def page_statement(selection: Selection, limit: int, after: tuple[str, ...] | None) -> Select[Any]:
    """The one statement that makes a page. One row more than is shown only says that there is a next page.

    All that match are counted only on the first page, and only where it does not hold them.
    """
    view = selection.view
    keys = [view.c[name] for name in selection.collection.paged_by]
    wanted = select(
        feature(selection).label("feature"),
        *(key.cast(Text).label(f"key_{number}") for number, key in enumerate(keys)),
        func.row_number().over(order_by=keys).label("number"),
    ).where(*selection.conditions)
    if after is not None:
        wanted = wanted.where(behind(selection.collection, keys, after))
    rows = wanted.order_by(*keys).limit(limit + 1).subquery("page")
    shown = rows.c.number <= limit
    in_order: aggregate_order_by[str] = aggregate_order_by(literal_column("','"), rows.c.number)
    return select(
        func.convert_to(func.string_agg(rows.c.feature, in_order).filter(shown), "UTF8"),
        func.count(),
        case((func.count() > limit, counted(selection).scalar_subquery()), else_=func.count())
        if after is None
        else null(),
        *(func.max(rows.c[f"key_{number}"]).filter(rows.c.number == limit) for number in range(len(keys))),
    )


def page_of(row: Row[Any], limit: int) -> FeaturePage:
    """A page from the statement's one row."""
    features, found, matched, *last = tuple(row)
    return FeaturePage(features or b"", min(found, limit), matched, tuple(last) if found > limit else None)


def behind(
    collection: Collection, keys: Sequence[ColumnElement[Any]], after: tuple[str, ...]
) -> ColumnElement[bool]:
    """The condition that a row comes behind the one with those keys. Raises Malformed for keys that are none."""
    try:
        values = [UUID(each) if collection.paged_kind is Kind.UUID else each for each in after]
    except ValueError as error:
        raise not_ours() from error
    if len(values) != len(keys) or any("\x00" in each for each in after):
        raise not_ours()
    if len(keys) == 1:
        return keys[0] > values[0]
    return tuple_(*keys) > tuple_(*(literal(each, key.type) for each, key in zip(values, keys, strict=True)))


def not_ours() -> Malformed:
    """The error of a cursor that the service did not give."""
    return Malformed("parameter-value", name="cursor", value="…", expected="next")


def counted(selection: Selection) -> Select[int]:
    """The statement that counts all that match."""
    return select(func.count()).select_from(selection.view).where(*selection.conditions)


async def count(session: AsyncSession, selection: Selection) -> int:
    """How many features match."""
    return (await session.execute(counted(selection))).scalar_one()


async def one(session: AsyncSession, selection: Selection, given: str, links: str) -> str | None:
    """A feature by its id, as GeoJSON with its links; None where there is none that is the caller's to see."""
    is_it = is_feature(selection.collection, selection.view, given)
    found = select(feature(selection, links)).where(is_it, *selection.conditions).limit(1)
    return (await session.execute(found)).scalar()


async def rows(session: AsyncSession, selection: Selection, most: int) -> AsyncIterator[Sequence[Row[Any]]]:
    """Chunks of up to `most` features in order: id, properties, and the geometry as WKB, with x first."""
    collection, view = selection.collection, selection.view
    found = (
        select(
            feature_id(collection, view),
            *(view.c[each.name] for each in collection.properties),
            func.ST_AsBinary(x_first(view, selection.system)),
        )
        .where(*selection.conditions)
        .order_by(*(view.c[name] for name in collection.paged_by))
        .limit(most)
    )
    result = await session.stream(found)
    async for chunk in result.partitions(CHUNK):
        yield chunk


async def extent(session: AsyncSession) -> tuple[float, float, float, float] | None:
    """The least box around the city, in CGCS2000 degrees; None before there is a map."""
    grids = view_of(COLLECTIONS["governance_grids"])
    around = func.ST_Extent(grids.c[GEOMETRY])
    found = select(
        func.ST_XMin(around), func.ST_YMin(around), func.ST_XMax(around), func.ST_YMax(around)
    ).where(grids.c.parent_code.is_(None))
    west, south, east, north = (await session.execute(found)).one()
    return None if west is None else (west, south, east, north)
