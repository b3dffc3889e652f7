"""KML 2.2 (OGC 07-147r2), placemark by placemark: names, extended data, points, lines, polygons.

Not read through GDAL: its driver is not in every build, and closes rings that are open. Styles, overlays and network
links are passed over, so nothing is fetched.
"""

import re
from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import Element, ParseError

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from service.errors import Invalid
from service.imports.reading import encodings
from service.imports.reading.faults import Faults
from service.imports.reading.limits import Limits
from service.imports.reading.raw import Counter, Raw, RawRow, as_text
from service.imports.reading.shapes import GEOMETRY, BadShape, polygon
from service.imports.reading.xml import Declared, Opened, events
from service.imports.reading.xml import tag as _tag
from service.imports.rules import shortened

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.\-]+)["'][^>]*\?>""")
_PLAIN = ("name", "description", "address")
_ELEMENTS_A_ROW = 10_000
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_TUPLE = re.compile(rf"{_NUMBER}(?:\s*,\s*{_NUMBER}){{1,2}}", re.ASCII)


def read(path: Path, encoding: str | None, layer: str | None, faults: Faults, limits: Limits) -> Raw:
    """The placemarks of a file, or of the folder of the name `layer`.

    Raises Invalid `file-broken`, `file-entities`, `layer-unknown`, and as `encodings` and `Counter`.
    """
    source, codec = _source(path, encoding)
    counter = Counter(limits)
    columns: dict[str, None] = {}
    rows: list[RawRow] = []
    folders: dict[str, None] = {}
    try:
        for folder, placemark in _placemarks(source):
            folders[folder] = None
            if layer is not None and folder != layer:
                continue
            row = len(rows) + 1
            shape, told = _shape(placemark, row, faults)
            values = {
                name: as_text(value, row, name, faults, limits) for name, value in _values(placemark).items()
            }
            columns.update(dict.fromkeys(values))
            counter.columns(len(columns))
            counter.row(len(values), shape)
            rows.append(RawRow(values, shape, told))
    except Declared as error:
        raise Invalid("file-entities", format="KML") from error
    except (ParseError, ValueError, LookupError) as error:
        raise Invalid("file-broken", format="KML", why=shortened(str(error), 120)) from error
    if layer is not None and not rows:
        shown = ", ".join(name for name in folders if name) or "—"
        raise Invalid("layer-unknown", found=shortened(layer), layers=shortened(shown, 200))
    return Raw(layer, None, encodings.shown(codec), tuple(columns), tuple(rows))


def _source(path: Path, encoding: str | None) -> tuple[Opened, str]:
    """The file as the parser can read it: it knows UTF-8 and UTF-16, but not GBK."""
    with path.open("rb") as file:
        head = file.read(1024)
    declared = _DECLARED.match(head)
    named = encoding or (declared[1].decode() if declared else None)
    if named is None or encodings.known_codec(named) == "utf-8" or named.lower().startswith("utf-16"):
        return partial(_binary, path), "utf-16" if (named or "").lower().startswith("utf-16") else "utf-8"
    text, codec = encodings.decode(path.read_bytes(), named)
    plain = re.sub(r"^\s*<\?xml.*?\?>", "", text, count=1).encode()
    return partial(BytesIO, plain), codec


def _binary(path: Path) -> IO[bytes]:
    return path.open("rb")


def _placemarks(source: Opened) -> Iterator[tuple[str, Element]]:
    """Each placemark with the name of the folder that it lies in. What has been read is dropped at once."""
    path: list[Element] = []
    folders: list[str] = []
    inside = 0
    """Elements since the placemark began that is open; 0: none is."""
    for event, element in events(source):
        tag = _tag(element)
        if event == "start":
            path.append(element)
            inside += bool(inside) or tag == "Placemark"
            if inside > _ELEMENTS_A_ROW:
                raise ValueError("a placemark of too many elements")
            if tag == "Folder":
                folders.append("")
            continue
        path.pop()
        if tag == "Placemark":
            yield (folders[-1] if folders else "", element)
            inside = 0
        elif tag == "Folder":
            folders.pop()
        elif tag == "name" and path and _tag(path[-1]) == "Folder":
            folders[-1] = (element.text or "").strip()
        if not inside and path:
            path[-1].clear()


def _values(placemark: Element) -> dict[str, str | None]:
    values: dict[str, str | None] = {}
    for child in placemark:
        if _tag(child) in _PLAIN:
            values[_tag(child)] = child.text
    for element in placemark.iter():
        name = (element.get("name") or "").strip()
        if name and _tag(element) == "SimpleData":
            values[name] = element.text
        elif name and _tag(element) == "Data":
            values[name] = next((child.text for child in element if _tag(child) == "value"), None)
    return values


def _shape(placemark: Element, row: int, faults: Faults) -> tuple[BaseGeometry | None, bool]:
    try:
        found = [shape for child in placemark if (shape := _geometry(child)) is not None]
    except BadShape as bad:
        faults.defect(row, GEOMETRY, bad.reason, **bad.detail)
        return None, True
    return (found[0] if found else None), False


def _geometry(element: Element) -> BaseGeometry | None:
    tag = _tag(element)
    if tag == "Point":
        array = _coordinates(element)
        return shapely.Point(array[0]) if len(array) else shapely.Point()
    if tag in ("LineString", "LinearRing"):
        array = _coordinates(element)
        if len(array) == 1:
            raise BadShape("geometry-broken")
        return shapely.LineString(array)
    if tag == "Polygon":
        shells = [child for child in element if _tag(child) == "outerBoundaryIs"]
        holes = [child for child in element if _tag(child) == "innerBoundaryIs"]
        return polygon([_coordinates(boundary) for boundary in (*shells, *holes)])
    if tag == "MultiGeometry":
        parts = [shape for child in element if (shape := _geometry(child)) is not None]
        return _together(parts)
    return None


def _together(parts: list[BaseGeometry]) -> BaseGeometry:
    polygons = [part for part in parts if isinstance(part, shapely.Polygon)]
    lines = [part for part in parts if isinstance(part, shapely.LineString)]
    points = [part for part in parts if isinstance(part, shapely.Point)]
    if parts and len(polygons) == len(parts):
        return shapely.MultiPolygon(polygons)
    if parts and len(lines) == len(parts):
        return shapely.MultiLineString(lines)
    if parts and len(points) == len(parts):
        return shapely.MultiPoint(points)
    return shapely.GeometryCollection(parts)


def _coordinates(element: Element) -> NDArray[np.float64]:
    """The numbers of the first `coordinates` below an element: tuples set apart by spaces, numbers by commas."""
    text = next((each.text or "" for each in element.iter() if _tag(each) == "coordinates"), "")
    tuples = [found.group().split(",") for found in _TUPLE.finditer(text)]
    if re.sub(r"\s+", "", _TUPLE.sub("", text)):
        raise BadShape("geometry-broken")
    if not tuples:
        return np.empty((0, 2))
    width = min(len(each) for each in tuples)
    return np.array([each[:width] for each in tuples], dtype=np.float64)
