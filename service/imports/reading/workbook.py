"""XLSX (ECMA-376 part 1, SpreadsheetML), row by row.

Read by hand and not by openpyxl's reader, which keeps a trace of each row, reads styles and links whole and pads what a
file says is missing up to any number of rows; openpyxl's tables of date formats are used.
"""

import posixpath
import re
import zipfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.cell import column_index_from_string, get_column_letter
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel
from openpyxl.utils.escape import unescape

from service.errors import Invalid, TooLarge
from service.imports.reading import archive
from service.imports.reading.limits import MB, Limits
from service.imports.reading.raw import EXACT_DIGITS
from service.imports.reading.xml import Declared, Opened, events
from service.imports.reading.xml import tag as _tag
from service.imports.rules import shortened

_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_ELEMENTS_A_ROW = 200_000
_MOST_MERGED = 1_000
_NULL_TIME = time()


@dataclass(frozen=True, slots=True)
class Cell:
    """A filled cell: its text, or the reason why it has none, and its column (the first is 0)."""

    column: int
    text: str
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet while it is read. `merged` are ranges of merged cells, known when all rows have been read."""

    name: str
    rows: Iterator[tuple[int, list[Cell]]]
    merged: list[str]


@dataclass(frozen=True, slots=True)
class _Book:
    archive: zipfile.ZipFile
    texts: list[str]
    formats: list[str]
    epoch: datetime
    sheets: dict[str, str]


@contextmanager
def opened(path: Path, sheet: str | None, limits: Limits) -> Iterator[Sheet]:
    """The sheet of a name, or the first one with anything in it, and its rows with anything in them.

    Raises Invalid `file-broken`, `file-entities`, `sheet-unknown`, `sheet-empty`, TooLarge `archive-too-large`, and
    as `archive.opened`; while its rows are read, too.
    """
    try:
        with archive.opened(path, limits) as opened_archive:
            book = _book(opened_archive, limits)
            shown = shortened(", ".join(book.sheets), 200) or "—"
            if sheet is not None and sheet not in book.sheets:
                raise Invalid("sheet-unknown", found=shortened(sheet), sheets=shown)
            name = sheet or next((name for name in book.sheets if _has_rows(book, name)), None)
            if name is None:
                raise Invalid("sheet-empty", sheets=shown)
            merged: list[str] = []
            with closing(_rows(book, name, merged)) as rows:
                yield Sheet(name, rows, merged)
    except Declared as error:
        raise Invalid("file-entities", format="XLSX") from error
    except (ParseError, KeyError, ValueError, IndexError, LookupError, InvalidOperation) as error:
        raise Invalid("file-broken", format="XLSX", why=shortened(str(error), 120)) from error


def _book(archive: zipfile.ZipFile, limits: Limits) -> _Book:
    sheet_ids: dict[str, str] = {}
    epoch = WINDOWS_EPOCH
    for element, _ in _elements(_part(archive, _WORKBOOK, limits.part_bytes)):
        if _tag(element) == "workbookPr" and element.get("date1904") in ("1", "true"):
            epoch = MAC_EPOCH
        elif _tag(element) == "sheet":
            identity = next((value for name, value in element.items() if name.endswith("}id")), "")
            sheet_ids[element.get("name") or ""] = identity
    targets: dict[str, tuple[str, str]] = {}
    for element, _ in _elements(_part(archive, _RELATIONS, limits.part_bytes)):
        if _tag(element) == "Relationship" and element.get("TargetMode") != "External":
            kind = (element.get("Type") or "").rpartition("/")[2]
            target = posixpath.normpath(posixpath.join("/xl", element.get("Target") or "")).lstrip("/")
            targets[element.get("Id") or ""] = (kind, target)
    by_kind = {kind: target for kind, target in targets.values()}
    names = set(archive.namelist())
    return _Book(
        archive=archive,
        texts=_texts(archive, by_kind.get("sharedStrings"), names, limits),
        formats=_formats(archive, by_kind.get("styles"), names, limits),
        epoch=epoch,
        sheets={
            name: targets[identity][1]
            for name, identity in sheet_ids.items()
            if identity in targets and targets[identity][0] == "worksheet" and targets[identity][1] in names
        },
    )


def _texts(archive: zipfile.ZipFile, part: str | None, names: set[str], limits: Limits) -> list[str]:
    if part is None or part not in names:
        return []
    source = _part(archive, part, limits.shared_text_bytes)
    return [_text(element) for element, _ in _elements(source, whole="si") if _tag(element) == "si"]


def _formats(archive: zipfile.ZipFile, part: str | None, names: set[str], limits: Limits) -> list[str]:
    """The number format of each style of a cell."""
    if part is None or part not in names:
        return []
    own: dict[int, str] = {}
    used: list[int] = []
    for element, parent in _elements(_part(archive, part, limits.part_bytes)):
        if _tag(element) == "numFmt":
            own[int(element.get("numFmtId") or 0)] = element.get("formatCode") or ""
        elif _tag(element) == "xf" and parent == "cellXfs":
            used.append(int(element.get("numFmtId") or 0))
    return [own.get(number) or BUILTIN_FORMATS.get(number, "General") for number in used]


def _has_rows(book: _Book, name: str) -> bool:
    with closing(_rows(book, name, [])) as rows:
        return next(rows, None) is not None


def _rows(book: _Book, name: str, merged: list[str]) -> Generator[tuple[int, list[Cell]], None, None]:
    """The rows with anything in them, by their numbers; `merged` fills as ranges of merged cells are met."""
    number = 0
    with closing(_elements(partial(book.archive.open, book.sheets[name]), whole="row")) as elements:
        for element, parent in elements:
            if _tag(element) == "mergeCell" and len(merged) < _MOST_MERGED:
                merged.append(element.get("ref") or "")
            elif _tag(element) == "row" and parent == "sheetData":
                number = int(element.get("r") or number + 1)
                if not 1 <= number <= _LAST_ROW:
                    raise ValueError(f"row {number}")
                if cells := _cells(element, book):
                    yield number, cells


def _cells(row: Element, book: _Book) -> list[Cell]:
    cells: list[Cell] = []
    column = -1
    for element in row:
        if _tag(element) != "c":
            continue
        place = element.get("r")
        column = column_index_from_string(place.rstrip("0123456789")) - 1 if place else column + 1
        if column >= _LAST_COLUMN:
            raise ValueError(f"column {column + 1}")
        if cell := _cell(element, column, book):
            cells.append(cell)
    return cells


def _cell(element: Element, column: int, book: _Book) -> Cell | None:
    kind = element.get("t", "n")
    children = {_tag(child): child for child in element}
    if "f" in children:
        return Cell(column, "", "cell-formula")
    if kind == "inlineStr":
        text = _text(children["is"]) if "is" in children else ""
    else:
        text = (children["v"].text or "") if "v" in children else ""
        if kind == "s" and text:
            text = book.texts[int(text)]
    text = unescape(text).strip()
    if not text:
        return None
    if kind == "e":
        return Cell(column, text, "cell-error")
    if kind == "b":
        return Cell(column, "true" if text == "1" else "false")
    if kind == "d":
        return Cell(column, text.removesuffix("T00:00:00"))
    return _number(column, text, _format(element, book), book.epoch) if kind == "n" else Cell(column, text)


def _format(element: Element, book: _Book) -> str:
    style = int(element.get("s") or 0)
    return book.formats[style] if style < len(book.formats) else "General"


def _number(column: int, text: str, format: str, epoch: datetime) -> Cell:
    """A number as a person sees it: a day, or to 15 digits, which is what a spreadsheet keeps, after the zeros that its
    format puts in front.
    """
    value = Decimal(text)
    if not value.is_finite() or abs(value.adjusted()) > 300:
        raise ValueError(f"number {text}")
    if is_date_format(format):
        return _day(column, text, epoch)
    if value == value.to_integral_value():
        whole = str(int(value))
        if abs(value) >= 10**EXACT_DIGITS:
            return Cell(column, whole, "digits-lost")
        zeros = re.fullmatch(r'"?(0{2,})"?(;.*)?', format)
        return Cell(column, whole.zfill(len(zeros[1])) if zeros else whole)
    return Cell(column, format_plain(Decimal(f"{value:.{EXACT_DIGITS - 1}e}")))


def format_plain(value: Decimal) -> str:
    """A decimal without an exponent and without zeros at its end."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day(column: int, text: str, epoch: datetime) -> Cell:
    try:
        day = from_excel(float(text), epoch)
    except (OverflowError, ValueError):
        return Cell(column, text, "cell-error")
    if isinstance(day, datetime):
        return Cell(column, day.date().isoformat() if day.time() == _NULL_TIME else day.isoformat())
    return Cell(column, str(day) if isinstance(day, timedelta) else day.isoformat())


def _text(element: Element) -> str:
    """The text of a string, its formatted runs put together, without the reading aid that may go with Chinese."""
    parts: list[str] = []
    for child in element:
        if _tag(child) == "t":
            parts.append(child.text or "")
        elif _tag(child) == "r":
            parts.extend(each.text or "" for each in child if _tag(each) == "t")
    return "".join(parts)


def _part(archive: zipfile.ZipFile, name: str, most_bytes: int) -> Opened:
    if archive.getinfo(name).file_size > most_bytes:
        raise TooLarge("archive-too-large", entry=shortened(name), most=most_bytes // MB)
    return partial(archive.open, name)


def _elements(opened: Opened, whole: str | None = None) -> Generator[tuple[Element, str], None, None]:
    """Each element when it ends, with its parent's tag, without its children unless it lies in a `whole` one.

    What has been read is dropped at once, so memory does not grow with the part.
    """
    path: list[Element] = []
    inside = 0
    with closing(events(opened)) as read:
        for event, element in read:
            if event == "start":
                path.append(element)
                inside += bool(inside) or _tag(element) == whole
                if inside > _ELEMENTS_A_ROW:
                    raise ValueError(f"too many elements in one {whole}")
                continue
            path.pop()
            if not inside or _tag(element) == whole:
                yield element, _tag(path[-1]) if path else ""
                inside = 0
            if path and not inside:
                path[-1].clear()


def letters(column: int) -> str:
    """The letters of a column; the first is 0."""
    name: str = get_column_letter(column + 1)
    return name
