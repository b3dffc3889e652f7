"""Rows as their kind has them: the cell of each field read, and each that cannot be read named."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from shapely.geometry.base import BaseGeometry

from service.imports.checks.found import Findings
from service.imports.rules import BadCell

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: the text of each mapped field, and its shape where the file has shapes."""

    row: int
    cells: Mapping[str, str | None]
    shape: BaseGeometry | None = None
    given: BaseGeometry | None = None


@dataclass(frozen=True)
class Cells:
    """The cells of one row, read with what is wrong noted."""

    row: Row
    findings: Findings

    def required(self, name: str, read: Callable[[str], Value]) -> Value | None:
        """The value of a field that every row needs; None when it is missing or wrong, which is then a defect."""
        text = self.text(name)
        if text is None:
            self.findings.defect(self.row.row, name, "cell-empty")
            return None
        return self.read(name, text, read)

    def optional(self, name: str, read: Callable[[str], Value]) -> Value | None:
        """The value of a field; None when its cell is empty, or wrong, which is then a defect."""
        text = self.text(name)
        return None if text is None else self.read(name, text, read)

    def text(self, name: str) -> str | None:
        """What the cell says; None when it says nothing."""
        return (self.row.cells.get(name) or "").strip() or None

    def read(self, name: str, text: str, read: Callable[[str], Value]) -> Value | None:
        """The value of a text; None when it is wrong."""
        try:
            return read(text)
        except BadCell as bad:
            self.findings.defect(self.row.row, name, bad.reason, **bad.detail)
            return None


def mapped(
    rows: Iterable[tuple[int, Mapping[str, str | None], BaseGeometry | None, BaseGeometry | None]],
    mapping: Mapping[str, str],
) -> list[Row]:
    """Rows with their cells under the names of the fields."""
    return [
        Row(number, {name: values.get(column) for name, column in mapping.items()}, shape, given)
        for number, values, shape, given in rows
    ]


def refuse_repeats(codes: Sequence[tuple[int, str]], name: str, findings: Findings) -> None:
    """A defect for every row whose code an earlier row has; each names the first."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, code in codes:
        rows[code].append(row)
    for code, those in rows.items():
        for row in those[1:]:
            findings.defect(row, name, "code-twice", code=code, first=those[0])
