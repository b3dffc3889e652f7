"""What the readers of the formats of shapes have in common."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import shapely
from shapely.geometry.base import BaseGeometry

from service.errors import Invalid
from service.imports.reading.faults import Faults
from service.imports.reading.limits import Limits
from service.imports.rules import shortened

EXACT_DIGITS = 15
"""A double holds every whole number of so many digits; a spreadsheet keeps no more either."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """A feature as the file has it; `told`: what is wrong with its geometry is among the faults already."""

    values: Mapping[str, str | None]
    shape: BaseGeometry | None
    told: bool = False


@dataclass(frozen=True, slots=True)
class Raw:
    """A file of shapes before its coordinate system is dealt with. `crs` is what the file says, in its own words."""

    layer: str | None
    crs: str | None
    encoding: str | None
    columns: tuple[str, ...]
    rows: tuple[RawRow, ...]


class Counter:
    """Counts what is read of one file. Raises Invalid when it is more than is taken."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rows = self._cells = self._vertices = 0

    def columns(self, count: int) -> None:
        """The columns of the file. Raises Invalid `columns-too-many`."""
        if count > self._limits.columns:
            raise Invalid("columns-too-many", most=self._limits.columns)

    def row(self, cells: int, shape: BaseGeometry | None = None) -> None:
        """One more row. Raises Invalid `rows-too-many`, `cells-too-many`, `vertices-too-many`."""
        self._rows += 1
        self._cells += cells
        if self._rows > self._limits.rows:
            raise Invalid("rows-too-many", most=self._limits.rows)
        if self._cells > self._limits.cells:
            raise Invalid("cells-too-many", most=self._limits.cells)
        if shape is not None:
            self._vertices += int(shapely.get_num_coordinates(shape))
            if self._vertices > self._limits.vertices:
                raise Invalid("vertices-too-many", most=self._limits.vertices)


def as_text(value: object, row: int, field: str, faults: Faults, limits: Limits) -> str | None:
    """A value as stripped text: whole numbers without a point, days and times by ISO 8601, nothing as None.

    A whole number that a double cannot hold exactly, a text that is too long or holds U+0000 is a defect.
    """
    text = _plain(value)
    if text is None:
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) >= 10**EXACT_DIGITS:
        faults.defect(row, field, "digits-lost", found=text)
    if len(text) > limits.text:
        faults.defect(row, field, "text-too-long", length=len(text), most=limits.text)
        return None
    if "\x00" in text:
        faults.defect(row, field, "text-nul")
        return None
    return text or None


def unique(columns: Iterable[str]) -> tuple[str, ...]:
    """The names of columns. Raises Invalid `columns-repeated` where one is there twice."""
    names = tuple(columns)
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Invalid("columns-repeated", columns=shortened(", ".join(twice), 200))
    return names


def _plain(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
