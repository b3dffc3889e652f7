"""GeoJSON (RFC 7946, and the `crs` member of its forerunner), feature by feature; also one feature a line (RFC 8142).

Not read through GDAL: it closes rings that are open and takes other formats for GeoJSON. Each feature is made into a
geometry before the next one is parsed, as coordinates in Python's lists take ten times the memory.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from shapely.geometry.base import BaseGeometry

from service.errors import Invalid
from service.imports.reading import encodings
from service.imports.reading.faults import Faults
from service.imports.reading.limits import Limits
from service.imports.reading.raw import Counter, Raw, RawRow, as_text, unique
from service.imports.reading.shapes import GEOMETRY, BadShape, from_geojson
from service.imports.rules import shortened

_SPACE = re.compile(r"[ \t\r\n\x1e]*")
_GEOMETRIES = frozenset(
    {
        *("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"),
        "GeometryCollection",
    }
)
_BRACKETS_A_ROW = 16


def read(path: Path, encoding: str | None, faults: Faults, limits: Limits) -> Raw:
    """Raises Invalid `file-broken`, `file-format`, and as `encodings.decode`, `Counter` and `unique`."""
    data = path.read_bytes()
    # Lists take many times what they take as text, so their number is bounded before they are made.
    brackets, commas = data.count(b"[") + data.count(b"{"), data.count(b",")
    if (
        brackets > limits.vertices + limits.rows * _BRACKETS_A_ROW
        or commas > 3 * limits.vertices + limits.cells
    ):
        raise Invalid("vertices-too-many", most=limits.vertices)
    text, codec = encodings.decode(data, encoding)
    del data
    reader = _Reader(text)
    counter = Counter(limits)
    columns: dict[str, None] = {}
    rows: list[RawRow] = []
    try:
        for row, feature in enumerate(reader.features(), 1):
            properties = feature.get("properties") or {}
            if not isinstance(properties, Mapping):
                raise _broken("properties", row)
            shape, told = _shape(feature, row, faults)
            columns.update(dict.fromkeys(properties))
            counter.columns(len(columns))
            counter.row(len(properties), shape)
            values = {
                name.strip(): as_text(_flat(value), row, name, faults, limits)
                for name, value in properties.items()
            }
            rows.append(RawRow(values, shape, told))
    except (ValueError, RecursionError) as error:
        if isinstance(error, json.JSONDecodeError):
            why = f"{error.msg} (line {error.lineno})"
        else:
            why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Invalid("file-broken", format="GeoJSON", why=shortened(why, 120)) from error
    names = unique(name.strip() for name in columns)
    return Raw(None, _crs(reader.crs), encodings.shown(codec), names, tuple(rows))


class _Reader:
    """The features of a text, one at a time. `crs` is the collection's member, known when all have been read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._decoder = json.JSONDecoder(parse_constant=_no_constant)
        self.crs: object = None

    def features(self) -> Iterator[Mapping[str, Any]]:
        """Those of a collection, of a feature or a geometry that stands alone, or of several in sequence."""
        self._skip()
        while self._at < len(self._text):
            yield from self._object()
            self._skip()

    def _object(self) -> Iterator[Mapping[str, Any]]:
        self._expect("{")
        members: dict[str, Any] = {}
        streamed = False
        while self._next() != "}":
            if members or streamed:
                self._expect(",")
            name = self._value()
            self._expect(":")
            if name == "features" and self._next() == "[":
                yield from self._features()
                streamed = True
            else:
                members[str(name)] = self._value()
        self._expect("}")
        self.crs = members.get("crs", self.crs)
        kind = members.get("type")
        if kind == "FeatureCollection" and streamed:
            return
        if kind == "Feature" and not streamed:
            yield members
        elif kind in _GEOMETRIES and not streamed:
            yield {"geometry": members}
        else:
            raise _not_geojson(members)

    def _features(self) -> Iterator[Mapping[str, Any]]:
        self._expect("[")
        first = True
        while self._next() != "]":
            if not first:
                self._expect(",")
            first = False
            feature = self._value()
            if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
                raise _not_geojson(feature)
            yield feature
        self._expect("]")

    def _value(self) -> Any:
        self._skip()
        value, self._at = self._decoder.raw_decode(self._text, self._at)
        return value

    def _skip(self) -> None:
        if found := _SPACE.match(self._text, self._at):
            self._at = found.end()

    def _next(self) -> str:
        self._skip()
        return self._text[self._at : self._at + 1]

    def _expect(self, mark: str) -> None:
        if self._next() != mark:
            raise json.JSONDecodeError(f"Expecting '{mark}'", self._text, self._at)
        self._at += 1


def _shape(feature: Mapping[str, Any], row: int, faults: Faults) -> tuple[BaseGeometry | None, bool]:
    try:
        return from_geojson(feature.get("geometry")), False
    except BadShape as bad:
        faults.defect(row, GEOMETRY, bad.reason, **bad.detail)
        return None, True


def _flat(value: object) -> object:
    """A list or an object within a property stays JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def _crs(member: object) -> str | None:
    """The name in `{"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}`."""
    properties = member.get("properties") if isinstance(member, Mapping) else None
    name = properties.get("name") if isinstance(properties, Mapping) else None
    return str(name) if name else None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _broken(what: str, row: int) -> Invalid:
    return Invalid("file-broken", format="GeoJSON", why=f"{what} (feature {row})")


def _not_geojson(found: object) -> Invalid:
    kind = found.get("type") if isinstance(found, Mapping) else None
    return Invalid("file-broken", format="GeoJSON", why=f"type: {shortened(str(kind))}")
