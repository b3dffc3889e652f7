"""What is read from a file, whatever its format."""

from collections.abc import Mapping
from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from service.imports.rules import Defect, Note


@dataclass(frozen=True, slots=True)
class FeatureRow:
    """One feature: its attributes as text, its geometry in CGCS2000 degrees and as the file has it.

    Both geometries are as read, unrepaired, and None where there is none that can be used: the file's defects say why.
    """

    row: int
    """Its place in the file; the first is 1."""
    values: Mapping[str, str | None]
    shape: BaseGeometry | None
    given: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class Features:
    """A file of shapes. `crs_found` is the system that the file names, `crs_used` the one that it was read in."""

    format: str
    layer: str | None
    crs_found: str | None
    crs_used: str
    encoding_used: str | None
    columns: tuple[str, ...]
    rows: tuple[FeatureRow, ...]
    defects: tuple[Defect, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class TableRow:
    """One line of a table; `row` is the number that a spreadsheet shows beside it, empty ones counted."""

    row: int
    values: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Table:
    """A file of cells. Rows without any text are left out."""

    format: str
    sheet: str | None
    encoding_used: str | None
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    defects: tuple[Defect, ...] = ()
    notes: tuple[Note, ...] = ()
