"""The parameters of a query for features, taken apart; whatever is wrong or unknown is named. No framework.

Every parameter of an operation is read here, by hand, since what is wrong with one is a 400 under the OGC's standards.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Collection as Names
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, bindparam

from service.errors import Malformed
from service.ogc.collection import Collection, Kind, Property
from service.ogc.cql.filters import JSON, TEXT, condition
from service.ogc.cql.values import TYPES, Reading, moment_of, value_of
from service.ogc.periods import period_of
from service.ogc.queries.features import during, within
from service.ogc.queries.views import view_of
from service.ogc.systems import System, box, system_of
from service.texts import Language

USUAL_LIMIT, MOST_LIMIT = 100, 10_000
OF_ITEMS = (
    "limit",
    "bbox",
    "bbox-crs",
    "crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "cursor",
    "f",
    "lang",
)
"""The parameters of /items beside the properties of its collection."""


class Format(StrEnum):
    """How an answer is written: the values of `f`."""

    JSON = "json"
    HTML = "html"
    CSV = "csv"
    GPKG = "gpkg"


MEDIA_TYPES: Mapping[Format, str] = {
    Format.JSON: "application/json",
    Format.HTML: "text/html",
    Format.CSV: "text/csv",
    Format.GPKG: "application/geopackage+sqlite3",
}
GEOJSON = "application/geo+json"
"""What `Format.JSON` is where features are."""
DOCUMENT_FORMATS = (Format.JSON, Format.HTML)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: behind the feature with those keys, in a result of so many."""

    matched: int
    keys: tuple[str, ...]

    def __str__(self) -> str:
        """As it stands in a link."""
        return urlsafe_b64encode(json.dumps([self.matched, *self.keys]).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, value: str) -> "Cursor":
        """The cursor of a link. Raises Malformed for one that the service did not give."""
        wrong = Malformed("parameter-value", name="cursor", value=value[:100], expected="next")
        try:
            padded = value.encode("ascii") + b"=" * (-len(value) % 4)
            found = json.loads(urlsafe_b64decode(padded))
        except (ValueError, NotBase64, RecursionError) as error:
            raise wrong from error
        if not isinstance(found, list) or len(found) < 2:
            raise wrong
        matched, *keys = found
        if (
            not isinstance(matched, int)
            or matched < 0
            or not all(isinstance(each, str) and len(each) < 1000 for each in keys)
        ):
            raise wrong
        return cls(matched, tuple(keys))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query for features asks for."""

    conditions: tuple[ColumnElement[bool], ...]
    system: System
    limit: int | None
    cursor: Cursor | None


def single(given: Iterable[tuple[str, str]], known: Names[str]) -> dict[str, str]:
    """Each parameter once. Raises Malformed for one that the operation does not have, or has twice, and for a `lang` of
    which there are no texts."""
    found: dict[str, str] = {}
    for name, value in given:
        if name not in known or name in found:
            raise Malformed("unknown-parameter", name=name[:100], known=", ".join(known))
        if "\x00" in value:
            raise Malformed("parameter-value", name=name, value="U+0000", expected="…")
        found[name] = value
    if found.get("lang", Language.ZH) not in set(Language):
        raise wrong("lang", found["lang"], " | ".join(Language))
    return found


def filled(given: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A query without the fields that a page's form was sent with empty; any other query as it is."""
    form = ("f", Format.HTML.value) in given
    return [(name, value) for name, value in given if value or not form]


def asked_of(collection: Collection, given: Iterable[tuple[str, str]], zone: tzinfo) -> Asked:
    """The parameters of /items. Raises Malformed for the first that is wrong."""
    query = single(given, (*OF_ITEMS, *collection.by_name))
    conditions: list[ColumnElement[bool]] = [
        equals(collection, collection.by_name[name], value, zone)
        for name, value in query.items()
        if name in collection.by_name
    ]
    if "bbox" in query:
        system = system_of("bbox-crs", query.get("bbox-crs"))
        conditions.append(within(collection, box("bbox", query["bbox"], system)))
    elif "bbox-crs" in query:
        system_of("bbox-crs", query["bbox-crs"])
    if "datetime" in query:
        try:
            conditions += during(collection, period_of(query["datetime"], zone))
        except ValueError as error:
            expected = "2026-06-03 | 2026-06-03T04:00:00Z | 2026-06-01/.."
            raise wrong("datetime", query["datetime"], expected) from error
    if "filter" in query:
        conditions.append(filtered(collection, query, zone))
    return Asked(
        conditions=tuple(conditions),
        system=system_of("crs", query.get("crs")),
        limit=limit_of(query["limit"]) if "limit" in query else None,
        cursor=Cursor.read(query["cursor"]) if "cursor" in query else None,
    )


def wrong(name: str, value: str, expected: str) -> Malformed:
    """The error of a value that a parameter cannot have."""
    return Malformed("parameter-value", name=name, value=value[:200], expected=expected)


def limit_of(value: str) -> int:
    """A number of features. Raises Malformed."""
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0):
        raise wrong("limit", value, f"1…{MOST_LIMIT}")
    return int(value)


def filtered(collection: Collection, query: Mapping[str, str], zone: tzinfo) -> ColumnElement[bool]:
    """The condition of `filter`, `filter-lang` and `filter-crs`. Raises Malformed."""
    language = query.get("filter-lang", TEXT)
    if language not in (TEXT, JSON):
        raise wrong("filter-lang", language, f"{TEXT} | {JSON}")
    system = system_of("filter-crs", query.get("filter-crs"))
    return condition(query["filter"], language, Reading(collection, view_of(collection), system, zone))


def equals(collection: Collection, of: Property, value: str, zone: tzinfo) -> ColumnElement[bool]:
    """The condition that a property has a value, as text in the address. Raises Malformed for one it cannot have."""
    column = view_of(collection).c[of.name]
    expected = " | ".join(of.values) or {Kind.BOOLEAN: "true | false"}.get(of.kind, of.kind.value)
    try:
        if of.kind is Kind.TIME:
            period = moment_of(value, of.name, zone)
            return and_(column >= period.start, column < period.end)
        if of.kind is Kind.BOOLEAN:
            return column.is_({"true": True, "false": False}[value])
        node = float(value) if of.kind in (Kind.NUMBER, Kind.INTEGER) else value
        return column == bindparam(None, value_of(node, of.kind, of.name), TYPES[of.kind])
    except (ValueError, KeyError, Malformed) as error:
        raise wrong(of.name, value, expected) from error


def format_of(f: str | None, accept: str | None, offered: Names[Format]) -> Format:
    """The format that `f` names, or else the Accept header; JSON where that names none. Raises Malformed."""
    if f is not None:
        if f not in offered:
            raise wrong("f", f, " | ".join(offered))
        return Format(f)
    wishes: list[tuple[float, Format]] = []
    for part in (accept or "").split(","):
        kind, *options = (each.strip().lower() for each in part.split(";"))
        quality = next((each[2:] for each in options if each.startswith("q=")), "1")
        for each in offered:
            if kind == MEDIA_TYPES[each] or (kind == GEOJSON and each is Format.JSON):
                try:
                    wishes.append((float(quality), each))
                except ValueError:
                    continue
    return max(wishes, key=lambda wish: wish[0])[1] if wishes else Format.JSON
