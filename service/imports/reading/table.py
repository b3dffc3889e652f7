"""Files of cells, XLSX and CSV: the row of names is found, and the rows below it are told by those names."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from service.errors import Invalid
from service.imports.reading import delimited, workbook
from service.imports.reading.faults import Faults
from service.imports.reading.found import Table, TableRow
from service.imports.reading.limits import Limits
from service.imports.reading.raw import Counter, unique
from service.imports.reading.sniff import TAKEN, Format, sniff
from service.imports.reading.workbook import Cell, letters
from service.imports.rules import shortened

Row = tuple[int, list[Cell]]
_LAST_TITLE = 20
"""Rows above the names that may hold a title or a remark, each in one cell."""


def read_table(
    path: Path, name: str, *, encoding: str | None, sheet: str | None = None, limits: Limits
) -> Table:
    """Read a table; `name` is what its owner calls the file. Blocks: it belongs in a thread.

    The names are those of the first row in which more than one cell is filled; titles above it are passed over with a
    note. Rows with nothing in them are left out. A formula, an error, a number with digits lost, a cell outside the
    named columns is a defect by row and column.
    Raises Invalid or TooLarge for what makes the file unusable: as `sniff`, as `workbook` and `delimited`,
    `header-missing`, `columns-repeated`, and as `Counter`.
    """
    format = sniff(path, name, limits)
    faults = Faults(limits)
    if format is Format.CSV:
        shown, lines = delimited.read(path, encoding)
        columns, rows = _table(_filled(lines, faults), faults, limits)
        return Table(format, None, shown, columns, rows, faults.defects(), faults.notes())
    if format is Format.XLSX:
        with workbook.opened(path, sheet, limits) as opened:
            columns, rows = _table(opened.rows, faults, limits)
            _note_merged(opened.merged, rows, faults)
            return Table(format, opened.name, None, columns, rows, faults.defects(), faults.notes())
    raise Invalid("file-format", found=format, taken=TAKEN)


def _table(
    lines: Iterator[Row], faults: Faults, limits: Limits
) -> tuple[tuple[str, ...], tuple[TableRow, ...]]:
    names = _header(lines, faults, limits)
    columns = unique(names.values())
    counter = Counter(limits)
    rows: list[TableRow] = []
    for number, cells in lines:
        counter.row(len(columns))
        values: dict[str, str | None] = dict.fromkeys(columns)
        for cell in cells:
            field = names.get(cell.column)
            text = _checked(cell, number, field, faults, limits)
            if field is not None:
                values[field] = text
        rows.append(TableRow(number, values))
    return columns, tuple(rows)


def _note_merged(merged: Sequence[str], rows: Sequence[TableRow], faults: Faults) -> None:
    """Of merged cells only the first one holds the value; the row says so where it lacks one."""
    below = [cells for cells in merged if rows and int(re.sub(r"\D+", " ", cells).split()[-1]) >= rows[0].row]
    if below:
        faults.note(None, None, "merged-cells", cells=", ".join(below[:5]))


def _header(lines: Iterator[Row], faults: Faults, limits: Limits) -> dict[int, str]:
    """The names of the columns by their places."""
    for number, cells in lines:
        if len(cells) < 2:
            if number > _LAST_TITLE:
                break
            faults.note(number, None, "title-skipped", text=shortened(cells[0].text))
            continue
        if len(cells) > limits.columns:
            raise Invalid("columns-too-many", most=limits.columns)
        names: dict[int, str] = {}
        for cell in cells:
            name = " ".join(cell.text.split())
            if cell.fault:
                faults.defect(number, None, cell.fault, cell=f"{letters(cell.column)}{number}", found=name)
            names[cell.column] = shortened(name, 100) or letters(cell.column)
        return names
    raise Invalid("header-missing")


def _checked(cell: Cell, row: int, field: str | None, faults: Faults, limits: Limits) -> str | None:
    place = f"{letters(cell.column)}{row}"
    if cell.fault:
        faults.defect(row, field, cell.fault, cell=place, found=shortened(cell.text))
        return None
    if field is None:
        faults.defect(row, None, "cell-outside", cell=place, found=shortened(cell.text))
        return None
    if len(cell.text) > limits.text:
        faults.defect(row, field, "text-too-long", length=len(cell.text), most=limits.text)
        return None
    return cell.text


def _filled(lines: Iterable[tuple[int, list[str]]], faults: Faults) -> Iterator[Row]:
    """The lines of a CSV with anything in them. A line shorter than the one of names has lost something."""
    width = 0
    for number, texts in lines:
        cells = [Cell(column, text.strip()) for column, text in enumerate(texts) if text.strip()]
        if not cells:
            continue
        if width and len(texts) < width:
            faults.defect(number, None, "row-short", cells=len(texts), columns=width)
        elif not width and len(cells) > 1:
            width = max(cell.column for cell in cells) + 1
        yield number, cells
