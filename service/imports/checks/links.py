"""A file of links against the map: what they are, and which leaf grids their ends lie in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import fields as dataclass_fields

from service.geo.geodesy import distance_m
from service.geo.repair import line_of as line_shape_of
from service.grids.rules import SNAP_LIMIT_M
from service.imports.checks.cells import Cells, Row, refuse_repeats
from service.imports.checks.found import Change, Findings, What
from service.imports.checks.grids import GEOMETRY
from service.imports.checks.scope import Scope
from service.imports.rules import BadCell, code_of, line_of, number_of, shortened

MOST_MINUTES = 24 * 60.0
MOST_METRES = 200_000.0
KINDS = {
    **dict.fromkeys(("bridge", "桥", "桥梁", "大桥"), "bridge"),
    **dict.fromkeys(("ferry", "轮渡", "渡船", "渡口", "渡轮"), "ferry"),
    **dict.fromkeys(("causeway", "海堤", "堤", "堤路"), "causeway"),
    **dict.fromkeys(("tunnel", "隧道"), "tunnel"),
    **dict.fromkeys(("road", "道路", "公路", "路"), "road"),
}
Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One row of a file of links; its ends in CGCS2000 degrees. What has no column is None."""

    row: int
    code: str
    name: str
    name_en: str | None
    kind: str
    minutes: float
    wait_minutes: float | None
    length_m: float | None
    end_a: Place
    end_b: Place


@dataclass(frozen=True, slots=True)
class End:
    """The leaf grid that holds an end or is nearest to it, and the metres to it."""

    code: str
    name: str
    metres: float


@dataclass(frozen=True, slots=True)
class KnownLink:
    """A link that is on the map, as an import writes it, with the leaf grids that it connects."""

    code: str
    name: str
    name_en: str
    kind: str
    minutes: float
    wait_minutes: float
    length_m: float
    end_a: Place
    end_b: Place
    invented: bool
    grid_a: str = field(compare=False)
    grid_b: str = field(compare=False)
    open: bool = field(compare=False)
    """The grids follow the map, and a link is closed for a storm: neither makes it another link."""


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """What an import of links does: links as they will be, codes to close."""

    put: tuple[KnownLink, ...]
    close: tuple[str, ...]


def kind_of(text: str) -> str:
    """`bridge`, `ferry`, `causeway`, `tunnel` or `road`. Raises BadCell."""
    kind = KINDS.get(text.strip().casefold())
    if kind is None:
        raise BadCell("link-kind-unknown", found=shortened(text))
    return kind


def read_links(rows: Sequence[Row], findings: Findings) -> list[LinkRow]:
    """The rows that can be read; what cannot be read is noted."""
    read = []
    for row in rows:
        cells = Cells(row, findings)
        code = cells.required("code", code_of)
        name = cells.required("name", line_of)
        name_en = cells.optional("name_en", line_of)
        kind = cells.required("kind", kind_of)
        minutes = cells.required("minutes", lambda text: number_of(text, 0.0, MOST_MINUTES))
        wait = cells.optional("wait_minutes", lambda text: number_of(text, 0.0, MOST_MINUTES))
        length = cells.optional("length_m", lambda text: number_of(text, 0.0, MOST_METRES))
        line = line_shape_of(row.shape)
        if line is None:
            if not any(defect.row == row.row and defect.field == GEOMETRY for defect in findings.defects):
                findings.defect(row.row, GEOMETRY, "geometry-no-line")
            continue
        if code is None or name is None or kind is None or minutes is None:
            continue
        (lon_a, lat_a), (lon_b, lat_b) = line.coords[0], line.coords[-1]
        read.append(
            LinkRow(row.row, code, name, name_en, kind, minutes, wait, length, (lon_a, lat_a), (lon_b, lat_b))
        )
    refuse_repeats([(each.row, each.code) for each in read], "code", findings)
    return read


def check_links(
    rows: Sequence[LinkRow],
    known: Mapping[str, KnownLink],
    ends: Sequence[tuple[End | None, End | None]],
    scope: Scope,
    *,
    close: bool,
    findings: Findings,
) -> LinkPlan:
    """Check a file against all links; `ends` are the leaves of each row's ends, None where there is no map.

    A link is a caller's when either of its ends lies in their areas. With `close`, those of theirs that the file does
    not have are closed.
    """
    put = []
    for each, (a, b) in zip(rows, ends, strict=True):
        place_a, place_b = (check_end(each, name, end, findings) for name, end in (("a", a), ("b", b)))
        before = known.get(each.code)
        if place_a is None or place_b is None:
            continue
        if place_a == place_b:
            findings.defect(each.row, GEOMETRY, "link-within-one-grid", code=each.code, grid=place_a)
        mine = scope.holds_area(place_a) or scope.holds_area(place_b)
        if not mine or (before and not holds(scope, before)):
            findings.defect(each.row, GEOMETRY, "outside-your-areas", code=each.code)
        after = as_it_will_be(each, before, place_a, place_b)
        if note_change(each, before, after, findings):
            put.append(after)
    codes = {each.code for each in rows}
    closing = [
        code for code, link in sorted(known.items()) if close and code not in codes and holds(scope, link)
    ]
    for code in closing:
        findings.changes.append(Change(What.CLOSED, code))
    return LinkPlan(tuple(put), tuple(closing))


def check_end(each: LinkRow, which: str, end: End | None, findings: Findings) -> str | None:
    """The leaf of an end; None where there is none within 5 km."""
    if end is None:
        findings.defect(each.row, GEOMETRY, "no-map")
        return None
    if end.metres > SNAP_LIMIT_M:
        findings.defect(
            each.row,
            GEOMETRY,
            "link-end-in-no-grid",
            code=each.code,
            end=which,
            grid=end.name,
            km=f"{end.metres / 1000:.1f}",
        )
        return None
    return end.code


def holds(scope: Scope, link: KnownLink) -> bool:
    """Whether either end of a link lies in the areas."""
    return scope.holds_area(link.grid_a) or scope.holds_area(link.grid_b)


def as_it_will_be(each: LinkRow, before: KnownLink | None, grid_a: str, grid_b: str) -> KnownLink:
    """The link that a row makes of the one before; what the file does not say stays, and a length is measured."""
    measured = round(float(distance_m(*each.end_a, *each.end_b)))
    same_ends = before is not None and (before.end_a, before.end_b) == (each.end_a, each.end_b)
    return KnownLink(
        code=each.code,
        name=each.name,
        name_en=each.name_en or (before.name_en if before else each.name),
        kind=each.kind,
        minutes=each.minutes,
        wait_minutes=each.wait_minutes
        if each.wait_minutes is not None
        else (before.wait_minutes if before else 0.0),
        length_m=each.length_m
        if each.length_m is not None
        else (before.length_m if before is not None and same_ends else float(measured)),
        end_a=each.end_a,
        end_b=each.end_b,
        invented=False,
        grid_a=grid_a,
        grid_b=grid_b,
        open=before.open if before else True,
    )


def note_change(each: LinkRow, before: KnownLink | None, after: KnownLink, findings: Findings) -> bool:
    """Note what a row changes; whether it changes anything."""
    if before is None:
        findings.changes.append(Change(What.ADDED, each.code, each.row))
        return True
    fields = tuple(
        each.name
        for each in dataclass_fields(KnownLink)
        if each.compare and getattr(before, each.name) != getattr(after, each.name)
    )
    if fields:
        findings.changes.append(Change(What.CHANGED, each.code, each.row, fields))
    else:
        findings.unchanged += 1
    return bool(fields)
