"""Properties and literals of a filter, as columns and bound parameters; what operators there are; what may be wrong."""

import json
import math
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, NamedTuple
from uuid import UUID

import shapely
from shapely.geometry import shape as shape_of
from shapely.geometry.base import BaseGeometry
from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Double,
    FromClause,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    func,
)
from sqlalchemy.types import TypeEngine

from service.db.base import SRID
from service.errors import Malformed
from service.ogc.collection import GEOMETRY, Collection, Kind
from service.ogc.periods import OPEN, Period, between, instant_of
from service.ogc.systems import System, to_stored

LOGICAL = ("and", "or", "not")
COMPARING = ("=", "<>", "<", "<=", ">", ">=")
OTHERS = ("between", "in", "like", "isNull", "casei")
LOCATING = (
    "s_intersects",
    "s_disjoint",
    "s_within",
    "s_contains",
    "s_touches",
    "s_crosses",
    "s_overlaps",
    "s_equals",
)
TEMPORAL = ("t_before", "t_after", "t_during", "t_intersects", "t_disjoint")
SUPPORTED = ", ".join((*LOGICAL, *COMPARING, *OTHERS, *LOCATING, *TEMPORAL))

TYPES: Mapping[Kind, TypeEngine[Any]] = {
    Kind.TEXT: Text(),
    Kind.INTEGER: Double(),
    Kind.NUMBER: Double(),
    Kind.BOOLEAN: Boolean(),
    Kind.TIME: DateTime(timezone=True),
    Kind.UUID: Uuid(),
}
NUMERIC = (Kind.NUMBER, Kind.INTEGER)


class Reading(NamedTuple):
    """What a filter is read with."""

    collection: Collection
    view: FromClause
    system: System
    """Of the shapes in it."""
    zone: tzinfo
    """Whose days are meant."""


def operation(node: Any) -> tuple[str, list[Any]]:
    """The operator and arguments of a node. Raises Malformed where it is none."""
    if isinstance(node, dict) and isinstance(node.get("op"), str) and isinstance(node.get("args"), list):
        return node["op"], node["args"]
    raise unsupported(json.dumps(node, ensure_ascii=False)[:100])


def unsupported(what: str) -> Malformed:
    """The error of something that is not on the list."""
    return Malformed("filter-unsupported", what=what, supported=SUPPORTED)


def mistyped(what: str, expected: str) -> Malformed:
    """The error of a value that is none for what it is compared with."""
    return Malformed("filter-type", what=what, expected=expected)


def property_of(node: Any, reading: Reading) -> tuple[Kind, ColumnElement[Any]]:
    """The kind and column of a property. Raises Malformed for one that is not there."""
    name = node["property"]
    found = reading.collection.by_name.get(name) if isinstance(name, str) else None
    if found is None:
        raise Malformed("filter-property", name=str(name)[:100], known=", ".join(reading.collection.by_name))
    return found.kind, reading.view.c[name]


def is_property(node: Any) -> bool:
    """Whether a node names a property, or one without regard to case."""
    return isinstance(node, dict) and ("property" in node or node.get("op") == "casei")


def literal(node: Any, kind: Kind, what: str) -> ColumnElement[Any]:
    """A literal as a bound parameter of the kind. Raises Malformed for a value that is none."""
    return bindparam(None, value_of(node, kind, what), TYPES[kind])


def value_of(node: Any, kind: Kind, what: str) -> str | float | bool | UUID:
    """The value of a literal of a kind that is not a time. Raises Malformed."""
    if kind is Kind.TEXT and isinstance(node, str) and "\x00" not in node:
        return node
    if kind is Kind.BOOLEAN and isinstance(node, bool):
        return node
    if (
        kind in NUMERIC
        and isinstance(node, int | float)
        and not isinstance(node, bool)
        and abs(node) < math.inf
    ):
        try:
            return float(node)
        except OverflowError as error:
            raise mistyped(what, kind) from error
    if kind is Kind.UUID and isinstance(node, str):
        try:
            return UUID(node)
        except ValueError as error:
            raise mistyped(what, kind) from error
    raise mistyped(what, kind)


def moment_of(node: Any, what: str, zone: tzinfo) -> Period:
    """A TIMESTAMP or a DATE, or the same as text. Raises Malformed."""
    text = node
    if isinstance(node, dict) and len(node) == 1:
        text = node.get("timestamp", node.get("date"))
    if not isinstance(text, str):
        raise mistyped(what, Kind.TIME)
    try:
        return instant_of(text, zone)
    except ValueError as error:
        raise mistyped(what, Kind.TIME) from error


def of_property(node: Any, reading: Reading) -> tuple[Kind, ColumnElement[Any]]:
    """The kind and column of a node that has to be a property."""
    if not isinstance(node, dict) or "property" not in node:
        raise unsupported(json.dumps(node, ensure_ascii=False)[:100])
    return property_of(node, reading)


def time_of(node: Any, reading: Reading) -> ColumnElement[Any]:
    """The column of a property that is a time."""
    kind, column = of_property(node, reading)
    if kind is not Kind.TIME:
        raise mistyped(node["property"], Kind.TIME)
    return column


def at(moment: datetime | None) -> ColumnElement[Any]:
    """A moment as a bound parameter."""
    return bindparam(None, moment, TYPES[Kind.TIME])


def shape(node: Any, system: System) -> ColumnElement[Any]:
    """A literal geometry, or a box, as a bound parameter. Raises Malformed for one that is not valid."""
    expected = "Point, LineString, Polygon, Multi…, BBOX"
    try:
        if isinstance(node, dict) and isinstance(node.get("bbox"), list) and len(node["bbox"]) == 4:
            west, south, east, north = (float(each) for each in node["bbox"])
            found: BaseGeometry = shapely.box(west, south, east, north)
        else:
            found = shape_of(node)
        if system.y_first:
            found = shapely.transform(found, lambda each: each[:, ::-1])
        good = (
            not found.is_empty
            and found.is_valid
            and found.geom_type != "GeometryCollection"
            and all(math.isfinite(each) for each in found.bounds)
        )
    except (
        TypeError,
        ValueError,
        KeyError,
        IndexError,
        AttributeError,
        shapely.errors.ShapelyError,
    ) as error:
        raise mistyped(GEOMETRY, expected) from error
    if not good:
        raise mistyped(GEOMETRY, expected)
    stored = to_stored("filter", found.wkt[:100], shapely.force_2d(found), system)
    return func.ST_GeomFromWKB(bindparam(None, shapely.to_wkb(stored), LargeBinary()), SRID)


def literal_period(node: Any, zone: tzinfo) -> Period:
    """A moment, a day, or an interval of two literals, either of which may be "..". Raises Malformed."""
    parts = node.get("interval") if isinstance(node, dict) else None
    if parts is None:
        return moment_of(node, "TIMESTAMP", zone)
    if not isinstance(parts, list) or len(parts) != 2:
        raise mistyped("INTERVAL", Kind.TIME)
    first, last = (
        each.get("timestamp", each.get("date")) if isinstance(each, dict) else each for each in parts
    )
    if not isinstance(first, str) or not isinstance(last, str) or (first in OPEN and last in OPEN):
        raise mistyped("INTERVAL", Kind.TIME)
    try:
        return between(first, last, zone)
    except ValueError as error:
        raise mistyped("INTERVAL", Kind.TIME) from error
