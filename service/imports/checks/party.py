"""A file of party grids against the map: units, the ground of both layers, what becomes of the gaps."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
import shapely

from service.geo.shapes import Polygonal
from service.grids.rules import LEAST_OVERLAY_M2, SNAP_LIMIT_M, is_sliver
from service.imports.checks.borders import OVERLAP, faults_between
from service.imports.checks.found import Change, Findings, What
from service.imports.checks.governance import metres_off
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


def check_party(
    rows: Sequence[GridRow],
    known: Mapping[str, KnownGrid],
    leaves: Mapping[str, Polygonal],
    city: Polygonal | None,
    units: Mapping[str, str],
    scope: Scope,
    *,
    close: bool,
    gap_m2: float,
    findings: Findings,
) -> GridPlan:
    """Check a file against all current party grids, the leaf governance grids around it by code, the city's outline,
    and the units' names by code.

    With `close`, what the file does not have of its units' party grids is closed. `gap_m2` is the ground that is no
    unit's now.
    """
    placed = with_units(rows, units, findings)
    closing = missing(placed, known) if close else []
    check_scope(placed, closing, known, leaves, scope, findings)
    check_ground(placed, leaves, city, findings)
    check_overlaps(placed, set(closing), known, findings)
    changing = compare(placed, known, findings)
    for code in closing:
        findings.changes.append(Change(What.CLOSED, code))
    plan = GridPlan(tuple(changing), tuple(closing))
    findings.gap_m2 = gaps(plan, known, leaves, gap_m2)
    return plan


def with_units(rows: Sequence[GridRow], units: Mapping[str, str], findings: Findings) -> list[GridRow]:
    """The rows with the codes of their units, which a file may call by code or by name."""
    by_name = {name: code for code, name in units.items()}
    found = []
    for each in rows:
        named = each.unit_code
        if named is None:
            continue
        code = named if named in units else by_name.get(named)
        if code is None:
            findings.defect(each.row, "unit_code", "unit-unknown", unit=named)
            continue
        found.append(replace(each, unit_code=code))
    return found


def missing(rows: Sequence[GridRow], known: Mapping[str, KnownGrid]) -> list[str]:
    """The current party grids of the file's units that the file does not have."""
    codes, units = {each.code for each in rows}, {each.unit_code for each in rows}
    return sorted(code for code, grid in known.items() if grid.unit_code in units and code not in codes)


def check_scope(
    rows: Sequence[GridRow],
    closing: Collection[str],
    known: Mapping[str, KnownGrid],
    leaves: Mapping[str, Polygonal],
    scope: Scope,
    findings: Findings,
) -> None:
    """Party grids have no place in the tree: they lie in a caller's areas when their ground does, before and after."""
    if scope.areas is None:
        return
    foreign = shapely.union_all(
        np.array([shape for code, shape in leaves.items() if not scope.holds_area(code)], dtype=object)
    )
    own = shapely.union_all(
        np.array([shape for code, shape in leaves.items() if scope.holds_area(code)], dtype=object)
    )

    def beyond(shape: Polygonal | None) -> bool:
        if shape is None:
            return False
        outside = polygons_of(shapely.intersection(shape, foreign))
        return not shapely.intersects(shape, own) or not is_small(outside)

    for each in rows:
        before = known.get(each.code)
        if beyond(each.shape) or (before is not None and beyond(before.shape)):
            findings.defect(each.row, GEOMETRY, "outside-your-areas", code=each.code)
    for code in closing:
        if beyond(known[code].shape):
            findings.defect(None, "code", "close-outside-your-areas", code=code)


def is_small(ground: shapely.MultiPolygon) -> bool:
    """Whether ground is no more than two drawings of one border."""
    return polygons_m2(ground) < LEAST_OVERLAY_M2 or is_sliver(width_m(ground))


def check_ground(
    rows: Sequence[GridRow], leaves: Mapping[str, Polygonal], city: Polygonal | None, findings: Findings
) -> None:
    """Party grids that are nothing but a sliver, that lie outside of the governance grids, or far from the city."""
    ground = shapely.union_all(np.array(list(leaves.values()), dtype=object))
    for each in rows:
        width = width_m(each.shape)
        if is_sliver(width):
            findings.defect(each.row, GEOMETRY, "nothing-but-sliver", width_m=f"{width:.1f}")
        if city is None:
            continue
        far = metres_off(each.shape, city)
        outside = polygons_of(shapely.difference(each.shape, ground))
        if far > SNAP_LIMIT_M:
            findings.note(each.row, GEOMETRY, "far-outside", code=each.code, km=f"{far / 1000:,.0f}")
        elif not is_small(outside):
            findings.note(
                each.row,
                GEOMETRY,
                "outside-governance",
                code=each.code,
                area_m2=f"{polygons_m2(outside):,.0f}",
            )


def check_overlaps(
    rows: Sequence[GridRow], closing: Collection[str], known: Mapping[str, KnownGrid], findings: Findings
) -> None:
    """Ground that two party grids would claim: two units may share it, so it is no defect."""
    after = {
        code: grid.shape for code, grid in known.items() if grid.shape is not None and code not in closing
    }
    codes = {each.code for each in rows}
    after |= {each.code: each.shape for each in rows}
    found = [
        border
        for border in faults_between(after)
        if border.fault == OVERLAP and not codes.isdisjoint(border.codes)
    ]
    findings.borders.extend(found)
    wide = [border for border in found if not is_sliver(border.width_m)]
    for reason, some in (("party-overlaps", wide), ("siblings-slivers", [b for b in found if b not in wide])):
        if some:
            total = sum(border.area_m2 for border in some)
            findings.note(None, GEOMETRY, reason, count=len(some), area_m2=f"{total:,.0f}")


def gaps(
    plan: GridPlan, known: Mapping[str, KnownGrid], leaves: Mapping[str, Polygonal], gap_m2: float
) -> tuple[float, float] | None:
    """Ground that is no unit's, before and after; only what lies around a change is computed."""
    touched: list[Polygonal] = [each.shape for each in plan.put]
    replaced = {*plan.close, *(each.code for each in plan.put)}
    touched += [shape for code in replaced if (grid := known.get(code)) and (shape := grid.shape)]
    if not touched or not leaves:
        return None
    box = shapely.box(*shapely.total_bounds(np.array(touched, dtype=object)))
    ground = shapely.union_all([shape for shape in leaves.values() if shapely.intersects(shape, box)])
    before = [grid.shape for grid in known.values() if grid.shape and shapely.intersects(grid.shape, box)]
    after = [
        grid.shape
        for code, grid in known.items()
        if code not in replaced and grid.shape and shapely.intersects(grid.shape, box)
    ] + [each.shape for each in plan.put]
    left_before, left_after = (
        polygons_m2(shapely.difference(ground, shapely.union_all(np.array(those, dtype=object))))
        for those in (before, after)
    )
    return gap_m2, max(0.0, gap_m2 + left_after - left_before)
