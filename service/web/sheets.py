"""Tables as files for spreadsheets: CSV that Excel knows as UTF-8, and XLSX."""

import csv
from collections.abc import Sequence
from enum import StrEnum
from io import BytesIO, StringIO

from openpyxl import Workbook
from openpyxl.styles import Font

RISKY = ("=", "+", "-", "@", "\t", "\r")
"""A cell of text that begins so is a formula to a spreadsheet."""
Cell = str | int | float | None


class Sheet(StrEnum):
    """The forms of a table as a file."""

    CSV = "csv"
    XLSX = "xlsx"

    @property
    def media_type(self) -> str:
        """For the Content-Type header."""
        if self is Sheet.CSV:
            return "text/csv; charset=utf-8"
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(RISKY) else text


def cell(value: Cell) -> Cell:
    """A value as a cell of either form."""
    return harmless(value) if isinstance(value, str) else value


def table(kind: Sheet, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """A table with its head. Numbers stay numbers."""
    if kind is Sheet.CSV:
        text = StringIO(newline="")
        csv.writer(text).writerows([head, *([cell(value) for value in row] for row in rows)])
        return text.getvalue().encode("utf-8-sig")
    book = Workbook(write_only=False)
    page = book.active
    assert page is not None
    page.append(list(head))
    for heading in page[1]:
        heading.font = Font(bold=True)
    page.freeze_panes = "A2"
    for row in rows:
        page.append([cell(value) for value in row])
    content = BytesIO()
    book.save(content)
    return content.getvalue()
