"""A file of governance grids against the map: the tree, the siblings, the ground."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import shapely

from service.geo.geodesy import Plane
from service.geo.shapes import Polygonal
from service.grids.rules import LEAST_OVERLAY_M2, SNAP_LIMIT_M, is_sliver, level_of, parent_of
from service.imports.checks.borders import GAP, OVERLAP, faults_between
from service.imports.checks.found import Change, Findings, What
from service.imports.checks.grids import (
    GEOMETRY,
    GridPlan,
    GridRow,
    KnownGrid,
    compare,
    polygons_m2,
    polygons_of,
    width_m,
)
from service.imports.checks.scope import Scope

DIVISION = re.compile(r"\d{4}|\d{6}|\d{9}|\d{12}|\d{12}[A-Za-z0-9_.:-]+", re.ASCII)


def needed(rows: Sequence[GridRow]) -> set[str]:
    """The parents whose shapes, and whose children's, the checks need."""
    codes = {each.code for each in rows if DIVISION.fullmatch(each.code)}
    return {parent for code in codes if (parent := parent_of(code))}


def check_governance(
    rows: Sequence[GridRow],
    known: Mapping[str, KnownGrid],
    scope: Scope,
    *,
    close: bool,
    findings: Findings,
) -> GridPlan:
    """Check a file against all current governance grids, those with shapes that `needed` asks for, and the root's.

    With `close`, what the file does not have of the children of its rows' parents is closed.
    """
    placed = [placed_row for each in rows if (placed_row := check_place(each, known, scope, findings))]
    codes = {each.code for each in placed}
    check_parents(placed, {each.code for each in rows}, known, findings)
    closing = missing(placed, known, scope, findings) if close else []
    check_children(closing, codes, known, findings)
    check_siblings(placed, set(closing), known, findings)
    check_ground(placed, known, findings)
    changing = compare(placed, known, findings)
    for code in closing:
        findings.changes.append(Change(What.CLOSED, code))
    return GridPlan(tuple(changing), tuple(closing))


def check_place(
    each: GridRow, known: Mapping[str, KnownGrid], scope: Scope, findings: Findings
) -> GridRow | None:
    """A row with its level and parent, where its code has a place in the tree; None where it has none."""
    if not DIVISION.fullmatch(each.code):
        findings.defect(each.row, "code", "code-no-division", code=each.code)
        return None
    if not scope.holds_area(each.code):
        findings.defect(each.row, "code", "outside-your-areas", code=each.code)
    level, parent = level_of(each.code) or "", parent_of(each.code)
    if each.level not in (None, level):
        findings.defect(
            each.row, "level", "level-not-codes", level=each.level or "", code=each.code, due=level
        )
    if parent is None:
        roots = sorted(code for code, grid in known.items() if grid.level == "city" and code != each.code)
        if roots:
            findings.defect(each.row, "code", "second-city", code=each.code, city=roots[0])
    if each.parent_code is not None and parent is not None and each.parent_code != parent:
        if not each.code.startswith(each.parent_code) or each.parent_code == each.code:
            findings.defect(
                each.row, "parent_code", "code-not-below-parent", code=each.code, parent=each.parent_code
            )
        else:
            findings.defect(
                each.row,
                "parent_code",
                "parent-not-next",
                code=each.code,
                parent=each.parent_code,
                due=parent,
            )
    return replace(each, level=level)


def check_parents(
    rows: Sequence[GridRow], codes: Collection[str], known: Mapping[str, KnownGrid], findings: Findings
) -> None:
    """Parents that are not there, and those that are below themselves."""
    above = {each.code: each.parent_code for each in rows if each.parent_code is not None}
    for each in rows:
        given, due = each.parent_code, parent_of(each.code)
        for parent in {given, due} - {None}:
            if parent not in codes and parent not in known:
                findings.defect(each.row, "parent_code", "parent-unknown", code=each.code, parent=str(parent))
        seen, at = [each.code], given
        while at is not None and at not in seen:
            seen.append(at)
            at = above.get(at)
        if at == each.code:
            findings.defect(each.row, "parent_code", "parent-cycle", cycle=" → ".join([*seen, at]))


def missing(
    rows: Sequence[GridRow], known: Mapping[str, KnownGrid], scope: Scope, findings: Findings
) -> list[str]:
    """The current children of the rows' parents that the file does not have."""
    codes = {each.code for each in rows}
    parents = {parent_of(code) for code in codes} - {None}
    found = sorted(code for code, grid in known.items() if grid.parent_code in parents and code not in codes)
    for code in found:
        if not scope.holds_area(code):
            findings.defect(None, "code", "close-outside-your-areas", code=code)
    return found


def check_children(
    closing: Collection[str], codes: Collection[str], known: Mapping[str, KnownGrid], findings: Findings
) -> None:
    """A grid cannot be closed while grids below it stay."""
    below: dict[str, list[str]] = defaultdict(list)
    for code, grid in known.items():
        if grid.parent_code is not None and code not in closing:
            below[grid.parent_code].append(code)
    for code in codes:
        if (parent := parent_of(code)) is not None and code not in known:
            below[parent].append(code)
    for code in closing:
        if left := below.get(code):
            findings.defect(None, "code", "children-left", code=code, count=len(left), child=min(left))


def check_siblings(
    rows: Sequence[GridRow], closing: Collection[str], known: Mapping[str, KnownGrid], findings: Findings
) -> None:
    """Siblings as they would be: those of the file with the current ones that stay."""
    after: dict[str, dict[str, Polygonal]] = defaultdict(dict)
    for code, grid in known.items():
        if grid.parent_code is not None and grid.shape is not None and code not in closing:
            after[grid.parent_code][code] = grid.shape
    row_of = {each.code: each.row for each in rows}
    for each in rows:
        if (parent := parent_of(each.code)) is not None:
            after[parent][each.code] = each.shape
    for parent in sorted({parent_of(code) or "" for code in row_of} - {""}):
        for border in faults_between(after[parent]):
            concerned = [code for code in border.codes if code in row_of]
            if not concerned:
                continue
            findings.borders.append(border)
            if border.fault != OVERLAP or is_sliver(border.width_m):
                continue
            code = concerned[-1]
            other = next(each for each in border.codes if each != code)
            findings.defect(
                row_of[code],
                GEOMETRY,
                "siblings-overlap",
                code=code,
                other=other,
                other_row=row_of.get(other, 0),
                area_m2=f"{border.area_m2:,.0f}",
            )
    thin = [each for each in findings.borders if each.fault == OVERLAP and is_sliver(each.width_m)]
    gaps = [each for each in findings.borders if each.fault == GAP]
    for reason, some in (("siblings-slivers", thin), ("siblings-gaps", gaps)):
        if some:
            total = sum(each.area_m2 for each in some)
            findings.note(None, GEOMETRY, reason, count=len(some), area_m2=f"{total:,.0f}")


def check_ground(rows: Sequence[GridRow], known: Mapping[str, KnownGrid], findings: Findings) -> None:
    """Grids that are nothing but a sliver, that lie outside of their parent, or far from the whole map."""
    shapes: dict[str, Polygonal | None] = {code: grid.shape for code, grid in known.items()}
    shapes |= {each.code: each.shape for each in rows}
    root = next((grid.shape for grid in known.values() if grid.level == "city"), None)
    for each in rows:
        if is_sliver(width_m(each.shape)):
            findings.defect(each.row, GEOMETRY, "nothing-but-sliver", width_m=f"{width_m(each.shape):.1f}")
        far = 0.0 if root is None else metres_off(each.shape, root)
        if far > SNAP_LIMIT_M:
            findings.note(each.row, GEOMETRY, "far-outside", code=each.code, km=f"{far / 1000:,.0f}")
            continue
        parent = shapes.get(parent_of(each.code) or "")
        if parent is None:
            continue
        outside = polygons_of(shapely.difference(each.shape, parent))
        if not is_sliver(width_m(outside)) and (area := polygons_m2(outside)) >= LEAST_OVERLAY_M2:
            findings.note(
                each.row,
                GEOMETRY,
                "outside-parent",
                code=each.code,
                parent=parent_of(each.code) or "",
                area_m2=f"{area:,.0f}",
            )


def metres_off(shape: Polygonal, root: Polygonal) -> float:
    """How far a shape is from the map, in metres; 0 where they touch."""
    if shapely.intersects(shape, root):
        return 0.0
    plane = Plane.around([root])
    return float(shapely.distance(plane.project(shape), plane.project(root)))
