"""Zipped Shapefiles (ESRI Shapefile Technical Description, 1998); many a .dbf does not say how its text is encoded."""

import struct
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from service.errors import Invalid
from service.imports.reading import archive, encodings, gdal
from service.imports.reading.faults import Faults
from service.imports.reading.limits import Limits
from service.imports.reading.raw import Counter, Raw, RawRow, as_text, unique
from service.imports.reading.shapes import GEOMETRY, BadShape, from_wkb
from service.imports.rules import shortened

FORMAT = "Shapefile"
_MAGIC, _HEADER_BYTES, _INDEX_BYTES, _RECORD_HEADER_BYTES = 9994, 100, 8, 8
_LANGUAGE_AT = 29
_LANGUAGES = {0x4D: "gbk"}
"""Of the .dbf's language byte: 936, simplified Chinese. Others are what programs write that do not know."""
_SHORT_TEXT = 10_000


def read(path: Path, encoding: str | None, layer: str | None, faults: Faults, limits: Limits) -> Raw:
    """Raises Invalid `file-broken`, `file-encoding-…`, and as `archive.unpack_shapefile`, `Counter` and `unique`."""
    with TemporaryDirectory() as folder:
        unpacked = archive.unpack_shapefile(path, Path(folder), layer, limits)
        parts = unpacked.parts
        _check_index(parts[".shp"], parts[".shx"], limits)
        found = gdal.read(parts[".shp"], FORMAT, limits.rows, encoding="ISO-8859-1")
        prj = _short(parts.get(".prj"))
        codec = encodings.codec_named(encoding) if encoding else _declared(parts)
    counter = Counter(limits)
    counter.columns(len(found.columns))
    codec = codec or _as_found(found)
    columns = unique(_decoded(name, codec, 0, "—").strip() for name in found.columns)
    rows: list[RawRow] = []
    for row, wkb in enumerate(found.geometry, 1):
        shape: BaseGeometry | None = None
        told = False
        try:
            shape = from_wkb(wkb)
        except BadShape as bad:
            faults.defect(row, GEOMETRY, bad.reason, **bad.detail)
            told = True
        counter.row(len(columns), shape)
        values = {
            column: as_text(_value(array, row, column, codec), row, column, faults, limits)
            for column, array in zip(columns, found.values, strict=True)
        }
        rows.append(RawRow(values, shape, told))
    return Raw(unpacked.layer, prj, encodings.shown(codec), columns, tuple(rows))


def _check_index(shp: Path, shx: Path, limits: Limits) -> None:
    """The index gives where each record lies. One that names a record twice makes much out of little."""
    for part in (shp, shx):
        with part.open("rb") as file:
            head = file.read(4)
        if len(head) < 4 or struct.unpack(">i", head)[0] != _MAGIC:
            raise Invalid("file-broken", format=FORMAT, why=f"{part.suffix}: first bytes")
    count = (shx.stat().st_size - _HEADER_BYTES) // _INDEX_BYTES
    if count > limits.rows:
        raise Invalid("rows-too-many", most=limits.rows)
    index = np.fromfile(shx, dtype=">i4", offset=_HEADER_BYTES).astype(np.int64)
    index = index[: 2 * max(count, 0)].reshape(-1, 2) * 2
    index = index[np.argsort(index[:, 0], kind="stable")]
    ends = index[:, 0] + index[:, 1] + _RECORD_HEADER_BYTES
    if (index < 0).any() or (ends[:-1] > index[1:, 0]).any() or (ends > shp.stat().st_size).any():
        raise Invalid("file-broken", format=FORMAT, why=".shx: records overlap or lie outside the .shp")


def _declared(parts: dict[str, Path]) -> str | None:
    """The encoding that a .cpg or the .dbf's language byte names, if it is one of ours."""
    if cpg := _short(parts.get(".cpg")):
        return encodings.known_codec(cpg)
    with parts[".dbf"].open("rb") as file:
        head = file.read(_LANGUAGE_AT + 1)
    return _LANGUAGES.get(head[_LANGUAGE_AT]) if len(head) > _LANGUAGE_AT else None


def _as_found(found: gdal.Read) -> str:
    """UTF-8 where all text is that. Raises Invalid `file-encoding-unknown`."""
    texts = [*found.columns, *(value for array in found.values for value in array if isinstance(value, str))]
    for text in texts:
        data = text.encode("latin-1")
        try:
            encodings.complete(data, "utf-8")
        except UnicodeDecodeError as error:
            raise encodings.unknown(data, error.start) from None
    return "utf-8"


def _value(array: NDArray[Any], row: int, column: str, codec: str) -> object:
    value = gdal.scalar(array[row - 1])
    return _decoded(value, codec, row, column) if isinstance(value, str) else value


def _decoded(text: str, codec: str, row: int, column: str) -> str:
    """Text that was read byte by byte. Raises Invalid `file-encoding-wrong`; row 0 is the names of the columns."""
    if text.isascii():
        return text
    try:
        return encodings.complete(text.encode("latin-1"), codec)
    except UnicodeDecodeError as error:
        after = text.encode("latin-1")[: error.start].decode(codec, "replace")
        raise Invalid(
            "file-encoding-wrong",
            encoding=encodings.shown(codec),
            row=row,
            field=column,
            after=shortened(after),
        ) from None


def _short(path: Path | None) -> str | None:
    """A small text that comes beside the rest."""
    if path is None:
        return None
    with path.open("rb") as file:
        return file.read(_SHORT_TEXT).decode("utf-8-sig", "replace").strip("\0 \r\n\t") or None
