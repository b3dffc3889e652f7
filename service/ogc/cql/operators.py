"""The operators of CQL2, each as the SQL that it means."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, true

from service.ogc.collection import GEOMETRY, Kind
from service.ogc.cql.values import (
    NUMERIC,
    TEMPORAL,
    TYPES,
    Reading,
    at,
    is_property,
    literal,
    literal_period,
    mistyped,
    moment_of,
    of_property,
    operation,
    property_of,
    shape,
    time_of,
    unsupported,
)
from service.ogc.periods import Period

COMPARISONS: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = MappingProxyType(
    {
        "=": lambda left, right: left == right,
        "<>": lambda left, right: left != right,
        "<": lambda left, right: left < right,
        "<=": lambda left, right: left <= right,
        ">": lambda left, right: left > right,
        ">=": lambda left, right: left >= right,
    }
)
MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
SPATIAL: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = MappingProxyType(
    {
        "s_intersects": func.ST_Intersects,
        "s_disjoint": func.ST_Disjoint,
        "s_within": func.ST_Within,
        "s_contains": func.ST_Contains,
        "s_touches": func.ST_Touches,
        "s_crosses": func.ST_Crosses,
        "s_overlaps": func.ST_Overlaps,
        "s_equals": func.ST_Equals,
    }
)


def predicate(node: Any, reading: Reading) -> ColumnElement[bool]:
    """What is true or false of a feature."""
    if isinstance(node, bool):
        return true() if node else false()
    if isinstance(node, dict) and "property" in node:
        kind, column = property_of(node, reading)
        if kind is not Kind.BOOLEAN:
            raise mistyped(node["property"], Kind.BOOLEAN)
        return column
    operator, arguments = operation(node)
    if operator in ("and", "or"):
        if not arguments:
            raise unsupported(f"{operator}()")
        parts = [predicate(each, reading) for each in arguments]
        return and_(*parts) if operator == "and" else or_(*parts)
    if operator in PREDICATES:
        count, make = PREDICATES[operator]
        if len(arguments) != count:
            raise unsupported(f"{operator} ({len(arguments)})")
        return make(arguments, reading)
    raise unsupported(str(operator))


def compare(operator: str, arguments: list[Any], reading: Reading) -> ColumnElement[bool]:
    """Two properties of one kind, or a property and a literal, in either order."""
    left, right = arguments
    if not is_property(left):
        left, right, operator = right, left, MIRRORED[operator]
    for each in (left, right):
        if isinstance(each, dict) and each.get("op", "casei") != "casei":
            raise unsupported(str(each["op"])[:100])
    if not is_property(left):
        raise unsupported(f"{json.dumps(left)[:50]} {operator} {json.dumps(right)[:50]}")
    if left.get("op") == "casei":
        return COMPARISONS[operator](*(caseless(each, reading) for each in (left, right)))
    kind, column = property_of(left, reading)
    if is_property(right):
        other, other_column = of_property(right, reading)
        if TYPES[kind] is not TYPES[other] and not (kind in NUMERIC and other in NUMERIC):
            raise mistyped(left["property"], kind)
        return COMPARISONS[operator](column, other_column)
    if kind is Kind.BOOLEAN and operator not in ("=", "<>"):
        raise unsupported(f"{left['property']} {operator}")
    if kind is Kind.TIME:
        return compare_time(operator, column, moment_of(right, left["property"], reading.zone))
    return COMPARISONS[operator](column, literal(right, kind, left["property"]))


def compare_time(operator: str, column: ColumnElement[Any], period: Period) -> ColumnElement[bool]:
    """A time against a moment or a whole day, which it may be before, in or behind."""
    start, end = at(period.start), at(period.end)
    return {
        "<": lambda: column < start,
        "<=": lambda: column < end,
        ">": lambda: column >= end,
        ">=": lambda: column >= start,
        "=": lambda: and_(column >= start, column < end),
        "<>": lambda: or_(column < start, column >= end),
    }[operator]()


def caseless(node: Any, reading: Reading) -> ColumnElement[Any]:
    """A text property or a text, in lower case. `casei` has one of them."""
    if isinstance(node, dict) and node.get("op") == "casei":
        _, arguments = operation(node)
        if len(arguments) != 1:
            raise unsupported(f"casei ({len(arguments)})")
        (node,) = arguments
    if isinstance(node, dict) and "property" in node:
        kind, column = property_of(node, reading)
        if kind is not Kind.TEXT:
            raise mistyped(node["property"], Kind.TEXT)
        return func.lower(column)
    return func.lower(literal(node, Kind.TEXT, "casei"))


def between_two(arguments: list[Any], reading: Reading) -> ColumnElement[bool]:
    """A number between two."""
    kind, column = of_property(arguments[0], reading)
    if kind not in NUMERIC:
        raise mistyped(arguments[0]["property"], f"{Kind.NUMBER} (between)")
    low, high = (literal(each, kind, arguments[0]["property"]) for each in arguments[1:])
    return column.between(low, high)


def is_among(arguments: list[Any], reading: Reading) -> ColumnElement[bool]:
    """A property that is one of several values."""
    kind, column = of_property(arguments[0], reading)
    if not isinstance(arguments[1], list) or not arguments[1] or kind is Kind.TIME:
        raise unsupported(f"{arguments[0]['property']} in")
    return or_(*(column == literal(each, kind, arguments[0]["property"]) for each in arguments[1]))


def is_like(arguments: list[Any], reading: Reading) -> ColumnElement[bool]:
    r"""A text with `%` for anything and `_` for one character; `\` takes their meaning away."""
    node, pattern = arguments
    folded = isinstance(node, dict) and node.get("op") == "casei"
    if isinstance(pattern, dict) and pattern.get("op") == "casei" and folded:
        _, inner = operation(pattern)
        pattern = inner[0] if len(inner) == 1 else None
    if folded:
        column = caseless(node, reading)
    else:
        kind, column = of_property(node, reading)
        if kind is not Kind.TEXT:
            raise mistyped(node["property"], Kind.TEXT)
    if not isinstance(pattern, str) or re.search(r"(?<!\\)(\\\\)*\\$", pattern):
        raise mistyped("like", r"%, _, \% \_ \\")
    bound = literal(pattern, Kind.TEXT, "like")
    return column.like(func.lower(bound) if folded else bound)


def is_null(arguments: list[Any], reading: Reading) -> ColumnElement[bool]:
    """A property that has no value."""
    _, column = of_property(arguments[0], reading)
    return column.is_(None)


def spatial(operator: str, arguments: list[Any], reading: Reading) -> ColumnElement[bool]:
    """The geometry against a literal one, in either order."""
    geometry = reading.view.c[GEOMETRY]
    left, right = arguments
    if is_geometry(left):
        return SPATIAL[operator](geometry, shape(right, reading.system))
    if is_geometry(right):
        return SPATIAL[operator](shape(left, reading.system), geometry)
    raise unsupported(operator)


def is_geometry(node: Any) -> bool:
    """Whether a node names the geometry, by its column or as the standard's example has it."""
    return isinstance(node, dict) and node.get("property") in (GEOMETRY, "geometry")


def temporal(operator: str, arguments: list[Any], reading: Reading) -> ColumnElement[bool]:
    """When a feature is or was, against a moment or a period."""
    begins, over = when(arguments[0], reading)
    start, end = literal_period(arguments[1], reading.zone)
    before = over(start) if start else false()
    after = begins >= at(end) if end else false()
    if operator == "t_before":
        return before
    if operator == "t_after":
        return after
    if operator == "t_disjoint":
        return or_(before, after)
    if operator == "t_intersects":
        return not_(or_(before, after))
    return and_(begins >= at(start) if start else true(), over(end) if end else true())


def when(node: Any, reading: Reading) -> tuple[ColumnElement[Any], Callable[[datetime], ColumnElement[bool]]]:
    """From when a feature is, and the condition that it is over by a moment: of a time, or an interval of two times.

    An interval's end is no longer in it; one without an end lasts.
    """
    parts = node.get("interval") if isinstance(node, dict) else None
    if isinstance(parts, list) and len(parts) == 2:
        begins, ends = (time_of(each, reading) for each in parts)
        return begins, lambda moment: func.coalesce(ends <= at(moment), false())
    column = time_of(node, reading)
    return column, lambda moment: column < at(moment)


def negated(arguments: list[Any], reading: Reading) -> ColumnElement[bool]:
    """What is not so."""
    return not_(predicate(arguments[0], reading))


Make = Callable[[list[Any], Reading], ColumnElement[bool]]
PREDICATES: Mapping[str, tuple[int, Make]] = MappingProxyType(
    {
        "not": (1, negated),
        "between": (3, between_two),
        "in": (2, is_among),
        "like": (2, is_like),
        "isNull": (1, is_null),
        **{operator: (2, partial(compare, operator)) for operator in COMPARISONS},
        **{operator: (2, partial(spatial, operator)) for operator in SPATIAL},
        **{operator: (2, partial(temporal, operator)) for operator in TEMPORAL},
    }
)
"""Every operator but and, or: how many arguments it has, and what it is made into."""
