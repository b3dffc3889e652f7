"""What a file is, by what it holds; its name only helps to say what was found."""

import codecs
import re
import sqlite3
import struct
from contextlib import closing
from enum import StrEnum
from pathlib import Path, PurePath

from service.errors import Invalid, TooLarge
from service.imports.reading import archive
from service.imports.reading.limits import MB, Limits
from service.imports.rules import shortened

TAKEN = "GeoJSON, GeoPackage, zipped Shapefile, KML, XLSX, CSV"
_HEAD_BYTES = 4096
_SHAPEFILE_MAGIC = struct.pack(">i", 9994)
_REFUSED = {
    b"Rar!": "RAR",
    b"7z\xbc\xaf'\x1c": "7-Zip",
    b"\x1f\x8b": "gzip",
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"AC10": "DWG",
}
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SQLITE = b"SQLite format 3\0"


class Format(StrEnum):
    """What can be read. The first four hold shapes, the others cells."""

    GEOJSON = "GeoJSON"
    GPKG = "GeoPackage"
    SHAPEFILE = "Shapefile"
    KML = "KML"
    XLSX = "XLSX"
    CSV = "CSV"


SHAPES = frozenset({Format.GEOJSON, Format.GPKG, Format.SHAPEFILE, Format.KML})


def sniff(path: Path, name: str, limits: Limits | None = None) -> Format:
    """The format of a file.

    Raises TooLarge `file-too-large`, Invalid `file-empty`, `file-format` (`file-shapefile-bare`, `file-old-excel`,
    `file-macros`, `file-kmz` where a sentence helps), and as `archive.opened`.
    """
    limits = limits or Limits()
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise TooLarge("file-too-large", size=-(-size // MB), most=limits.file_bytes // MB)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head.strip():
        raise Invalid("file-empty")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archived(path, limits)
    if head.startswith(_SQLITE):
        return _sqlite(path)
    if head.startswith(_OLD_EXCEL):
        raise Invalid("file-old-excel")
    if head.startswith(_SHAPEFILE_MAGIC):
        raise Invalid("file-shapefile-bare")
    for magic, what in _REFUSED.items():
        if head.startswith(magic):
            raise _unknown(what)
    return _text(head, name)


def _archived(path: Path, limits: Limits) -> Format:
    names = archive.names(path, limits)
    lower = [name.lower() for name in names]
    if "[content_types].xml" in lower:
        if any(name.endswith(("vbaproject.bin", "workbook.bin")) for name in lower):
            raise Invalid("file-macros")
        if "xl/workbook.xml" in lower:
            return Format.XLSX
        raise _unknown("Office Open XML")
    if "mimetype" in lower and "content.xml" in lower:
        raise _unknown("OpenDocument")
    if any(name.endswith(".kml") for name in lower):
        raise Invalid("file-kmz")
    return Format.SHAPEFILE


def _sqlite(path: Path) -> Format:
    """A GeoPackage is an SQLite database with a table of its contents (OGC 12-128r18 § 1.1.3.1)."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
            found = base.execute(
                "SELECT 1 FROM sqlite_master WHERE type = 'table' AND lower(name) = 'gpkg_contents'"
            ).fetchone()
    except sqlite3.DatabaseError as error:
        raise Invalid("file-broken", format="SQLite", why=shortened(str(error), 120)) from error
    if found is None:
        raise _unknown("SQLite")
    return Format.GPKG


def _text(head: bytes, name: str) -> Format:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        start = head.decode("utf-16", "ignore")
    else:
        start = head.removeprefix(codecs.BOM_UTF8).decode("latin-1")
    start = start.lstrip("\ufeff \t\r\n\x1e")
    if start.startswith("{"):
        return Format.GEOJSON
    if start.startswith("<"):
        return _xml(start)
    if "\x00" in start and PurePath(name).suffix.lower() not in (".csv", ".txt", ".tsv"):
        raise _unknown(shortened(PurePath(name).suffix) or "?")
    return Format.CSV


def _xml(start: str) -> Format:
    """By the first element; a document type declaration is left to the reader of KML, which refuses it."""
    bare = re.sub(r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>", "", start, flags=re.DOTALL)
    root = re.search(r"<([A-Za-z_][\w.\-]*:)?([\w.\-]+)", bare)
    if root and root[2] == "kml":
        return Format.KML
    raise _unknown(f"XML <{shortened(root[2])}>" if root else "XML")


def _unknown(found: str) -> Invalid:
    return Invalid("file-format", found=found, taken=TAKEN)
