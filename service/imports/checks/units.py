"""A file of units against the roster: who they are, and where their offices are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from service.geo.projected import System, shapes_to_cgcs2000
from service.geo.repair import point_of
from service.grids.rules import SNAP_LIMIT_M
from service.imports.checks.cells import Cells, Row, refuse_repeats
from service.imports.checks.found import Change, Findings, What
from service.imports.checks.grids import GEOMETRY
from service.imports.checks.links import End, Place
from service.imports.rules import BadCell, code_of, line_of, number_of, shortened

MOST_DEGREES_OR_METRES = 1e8


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One row of a file of units; its office in CGCS2000 degrees, None where the file has none."""

    row: int
    code: str
    name: str
    name_en: str | None
    kind: str
    office: Place | None


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A unit of the roster, as an import writes it."""

    code: str
    name: str
    name_en: str | None
    kind: str
    office: Place


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """What an import of units does: units as they will be."""

    put: tuple[KnownUnit, ...]


def read_units(rows: Sequence[Row], system: System | None, findings: Findings) -> list[UnitRow]:
    """The rows that can be read. `system` is what lon and lat, or the WKT, of a table are in."""
    read = []
    for row in rows:
        cells = Cells(row, findings)
        code = cells.required("code", code_of)
        name = cells.required("name", line_of)
        name_en = cells.optional("name_en", line_of)
        kind = cells.required("kind", line_of)
        faults = len(findings.defects)
        office = office_of(row, cells, system, findings)
        if len(findings.defects) == faults and code is not None and name is not None and kind is not None:
            read.append(UnitRow(row.row, code, name, name_en, kind, office))
    refuse_repeats([(each.row, each.code) for each in read], "code", findings)
    return read


def office_of(row: Row, cells: Cells, system: System | None, findings: Findings) -> Place | None:
    """Where the office is: the row's point, its lon and lat, or its WKT; None where the row has none."""
    if row.shape is not None:
        point = point_of(row.shape)
        if point is None:
            findings.defect(row.row, GEOMETRY, "geometry-no-point")
            return None
        return point.x, point.y
    wkt = cells.optional("wkt", point_in)
    if wkt is not None:
        return converted(wkt, system)
    limit = MOST_DEGREES_OR_METRES
    lon = cells.optional("lon", lambda text: number_of(text, -limit, limit))
    lat = cells.optional("lat", lambda text: number_of(text, -limit, limit))
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        findings.defect(row.row, "lon" if lon is None else "lat", "cell-empty")
        return None
    place = converted(shapely.Point(lon, lat), system)
    if not (-180 <= place[0] <= 180 and -90 <= place[1] <= 90):
        findings.defect(row.row, "lon", "position-off-the-earth", lon=lon, lat=lat)
        return None
    return place


def point_in(text: str) -> shapely.Point:
    """A point in WKT. Raises BadCell."""
    try:
        shape: BaseGeometry = shapely.from_wkt(text)
    except ShapelyError:
        raise BadCell("wkt-malformed", found=shortened(text)) from None
    point = point_of(shape)
    if point is None:
        raise BadCell("geometry-no-point")
    return point


def converted(point: shapely.Point, system: System | None) -> Place:
    """A point of the table's system in CGCS2000 degrees."""
    moved = point if system is None else shapes_to_cgcs2000([point], system)[0]
    assert isinstance(moved, shapely.Point)
    return float(moved.x), float(moved.y)


def check_units(
    rows: Sequence[UnitRow],
    known: Mapping[str, KnownUnit],
    leaves: Sequence[End | None],
    findings: Findings,
) -> UnitPlan:
    """Check a file against all units; `leaves` are the nearest leaf grids of the rows' offices, None without one."""
    put = []
    for each, leaf in zip(rows, leaves, strict=True):
        before = known.get(each.code)
        if each.office is None and before is None:
            findings.defect(each.row, "lon", "office-missing", code=each.code)
            continue
        if each.office is not None and leaf is None:
            findings.defect(each.row, "lon", "no-map")
            continue
        if leaf is not None and leaf.metres > SNAP_LIMIT_M:
            findings.defect(
                each.row,
                "lon",
                "office-outside-map",
                code=each.code,
                grid=leaf.name,
                km=f"{leaf.metres / 1000:.1f}",
            )
            continue
        office = each.office or (before.office if before else (0.0, 0.0))
        name_en = each.name_en or (before.name_en if before else None)
        after = KnownUnit(each.code, each.name, name_en, each.kind, office)
        if before is None:
            findings.changes.append(Change(What.ADDED, each.code, each.row))
        elif after == before:
            findings.unchanged += 1
            continue
        else:
            fields = tuple(
                name
                for name in ("name", "name_en", "kind", "office")
                if getattr(before, name) != getattr(after, name)
            )
            findings.changes.append(Change(What.CHANGED, each.code, each.row, fields))
        put.append(after)
    return UnitPlan(tuple(put))
