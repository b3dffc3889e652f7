"""The published views as tables, the ids of their features, and which rows are whose to see."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Double,
    FromClause,
    Integer,
    and_,
    column,
    exists,
    false,
    func,
    table,
    true,
)
from sqlalchemy.types import Boolean, DateTime, Text, TypeEngine, Uuid

from service.access.queries import within_areas
from service.access.rules import Caller, Reach
from service.ogc.collection import GEOMETRY, ID_SEPARATOR, Collection, Kind
from service.ogc.collections import COLLECTIONS

COLUMN_TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.TEXT: Text(),
    Kind.INTEGER: Integer(),
    Kind.NUMBER: Double(),
    Kind.BOOLEAN: Boolean(),
    Kind.TIME: DateTime(timezone=True),
    Kind.UUID: Uuid(),
}


@cache
def view_of(collection: Collection) -> FromClause:
    """A collection's view: its properties, its geometry, and the columns that order its pages."""
    columns = {each.name: COLUMN_TYPES[each.kind] for each in collection.properties}
    columns |= {name: COLUMN_TYPES[collection.paged_kind] for name in collection.paged_by}
    return table(collection.view, *(column(name, kind) for name, kind in columns.items()), column(GEOMETRY))


def feature_id(collection: Collection, view: FromClause) -> ColumnElement[str]:
    """A feature's id as text."""
    first, *others = (view.c[name] for name in collection.identity)
    found: ColumnElement[str] = first.cast(Text)
    for other in others:
        found = found.concat(ID_SEPARATOR).concat(other.cast(Text))
    return found


def is_feature(collection: Collection, view: FromClause, given: str) -> ColumnElement[bool]:
    """The condition that finds a feature by its id, along an index; nothing for what cannot be one."""
    parts = given.split(ID_SEPARATOR)
    if len(parts) != len(collection.identity) or "\x00" in given:
        return false()
    values: list[str | UUID] = list(parts)
    if collection.by_name[collection.identity[0]].kind is Kind.UUID:
        try:
            values = [UUID(given)]
        except ValueError:
            return false()
    return and_(*(view.c[name] == value for name, value in zip(collection.identity, values, strict=True)))


def areas_of(collection: Collection, who: Caller) -> tuple[str, ...] | None:
    """The areas whose rows of a collection are the caller's to see, in order; None where all are.

    Those with the same areas see the same rows.
    """
    reaches = who.reaches(collection.action)
    if Reach.ALL in reaches:
        return None
    return tuple(sorted(set(who.areas))) if Reach.AREA in reaches else ()


def scope(collection: Collection, who: Caller, view: FromClause) -> ColumnElement[bool]:
    """The condition on the rows of a view that are the caller's to see."""
    return in_areas(collection, areas_of(collection, who), view)


def in_areas(collection: Collection, areas: tuple[str, ...] | None, view: FromClause) -> ColumnElement[bool]:
    """The condition on the rows of a view that `areas_of` lets somebody see."""
    if areas is None:
        return true()
    if not areas:
        return false()
    if collection.area is not None:
        return within_areas(view.c[collection.area], areas)
    return touches_areas(view, areas) if collection.by_ground else true()


def touches_areas(view: FromClause, areas: tuple[str, ...]) -> ColumnElement[bool]:
    """Whether a shape lies at least partly in one of the areas: in a leaf grid there."""
    leaf = view_of(COLLECTIONS["governance_grids"]).alias("own")
    shape, ground = view.c[GEOMETRY], leaf.c[GEOMETRY]
    return exists().where(
        leaf.c.leaf,
        within_areas(leaf.c.code, areas),
        func.ST_Intersects(ground, shape),
        ~func.ST_Touches(ground, shape),
    )
