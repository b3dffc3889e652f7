"""Grids of both layers as a file has them, and what they would change."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import shapely

from service.geo.geodesy import area_m2, mean_width_m
from service.geo.repair import repair
from service.geo.shapes import Polygonal, same_shape
from service.grids.rules import Layer
from service.imports.checks.cells import Cells, Row, refuse_repeats
from service.imports.checks.found import Change, Findings, Mended, What
from service.imports.rules import code_of, level_of, line_of

GEOMETRY = "geometry"
"""What defects call the shape of a row."""


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row of a file of grids. What has no column in the file is None, and stays as it is on the map."""

    row: int
    code: str
    name: str
    shape: shapely.MultiPolygon
    given: Polygonal
    """In the file's own numbers, repaired too."""
    name_en: str | None = None
    level: str | None = None
    parent_code: str | None = None
    unit_code: str | None = None


@dataclass(frozen=True, slots=True)
class KnownGrid:
    """A grid that is on the map now; its shape where the checks need it."""

    code: str
    name: str
    name_en: str | None = None
    level: str | None = None
    parent_code: str | None = None
    unit_code: str | None = None
    invented: bool = False
    shape: Polygonal | None = None


@dataclass(frozen=True, slots=True)
class GridPlan:
    """What an import of grids does: rows to put, codes to close."""

    put: tuple[GridRow, ...]
    close: tuple[str, ...]


def read_grids(
    rows: Sequence[Row], findings: Findings, layer: Layer, tell: Callable[[int], None] = lambda done: None
) -> list[GridRow]:
    """The rows that can be read, their shapes repaired; what cannot be read or was repaired is noted."""
    read = []
    for done, row in enumerate(rows, start=1):
        cells = Cells(row, findings)
        code = cells.required("code", code_of)
        name = cells.required("name", line_of)
        name_en = cells.optional("name_en", line_of)
        level = cells.optional("level", level_of)
        parent_code = cells.optional("parent_code", code_of)
        unit_code = cells.required("unit_code", line_of) if layer is Layer.PARTY else None
        shape = mended(row, code, findings)
        if code is not None and name is not None and shape is not None:
            given = row.shape if row.given is None else row.given
            numbers = repair(given).shape if given is not row.shape else shape
            read.append(
                GridRow(row.row, code, name, shape, numbers or shape, name_en, level, parent_code, unit_code)
            )
        tell(done)
    refuse_repeats([(each.row, each.code) for each in read], "code", findings)
    return read


def mended(row: Row, code: str | None, findings: Findings) -> shapely.MultiPolygon | None:
    """The shape of a row, repaired; None for one that cannot be, which is then a defect."""
    if row.shape is None:
        # The reader has said why, unless the file has no shape there at all.
        if not any(defect.row == row.row and defect.field == GEOMETRY for defect in findings.defects):
            findings.defect(row.row, GEOMETRY, "geometry-missing")
        return None
    found = repair(row.shape)
    if found.kinds:
        kinds = tuple(str(kind) for kind in found.kinds)
        findings.repairs.append(
            Mended(row.row, code, kinds, found.before_m2, found.after_m2, found.changed_m2, found.why)
        )
    if found.shape is None:
        findings.defect(row.row, GEOMETRY, found.fault or "geometry-empty")
    return found.shape


def compare(put: Iterable[GridRow], known: Mapping[str, KnownGrid], findings: Findings) -> list[GridRow]:
    """The rows that change something; what they add and change is noted."""
    changing = []
    for each in put:
        before = known.get(each.code)
        if before is None:
            after = area_m2(each.shape)
            findings.changes.append(Change(What.ADDED, each.code, each.row, after_m2=after))
            changing.append(each)
            continue
        fields = [
            name
            for name, value in (
                ("name", each.name),
                ("name_en", each.name_en),
                ("unit_code", each.unit_code),
            )
            if value is not None and value != getattr(before, name)
        ]
        if before.invented:
            # Whoever brings a boundary says that it is known.
            fields.append("invented")
        moved = before.shape is not None and not same_shape(before.shape, each.shape)
        if moved:
            fields.append(GEOMETRY)
        if not fields:
            findings.unchanged += 1
            continue
        changed = Change(What.CHANGED, each.code, each.row, tuple(fields))
        if before.shape is not None and moved:
            changed = Change(
                What.CHANGED,
                each.code,
                each.row,
                tuple(fields),
                area_m2(before.shape),
                area_m2(each.shape),
                polygons_m2(shapely.symmetric_difference(before.shape, each.shape)),
            )
        findings.changes.append(changed)
        changing.append(each)
    return changing


def polygons_of(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """The polygons among the parts of a valid geometry."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.MultiPolygon([part for part in parts if isinstance(part, shapely.Polygon)])


def polygons_m2(shape: shapely.Geometry) -> float:
    """Geodesic square metres of a geometry's polygons."""
    found = polygons_of(shape)
    return 0.0 if found.is_empty else area_m2(found)


def width_m(shape: shapely.Geometry) -> float:
    """The mean width of a geometry's polygons, in metres."""
    found = polygons_of(shape)
    return 0.0 if found.is_empty else mean_width_m(found)
