"""What the checks of a file find: defects, notes, repairs, and what would change."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from service.imports.rules import Defect, Note

MOST_LISTED = 200
"""Of each thing that a report lists; all are counted."""
GROUND_KEPT = frozenset({"three_d", "single_polygon", "collection", "repeated_points"})
"""Repairs that leave the ground as it was drawn: they are listed, and need nobody's consent."""


class What(StrEnum):
    """What becomes of one thing."""

    ADDED = "added"
    CHANGED = "changed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would be added, changed or closed. Areas are geodesic square metres; `changed_m2` is the ground
    that lies in one of the two shapes and not in the other."""

    what: What
    code: str
    row: int | None = None
    fields: tuple[str, ...] = ()
    before_m2: float | None = None
    after_m2: float | None = None
    changed_m2: float | None = None


@dataclass(frozen=True, slots=True)
class Mended:
    """A row whose shape was repaired."""

    row: int
    code: str | None
    kinds: tuple[str, ...]
    before_m2: float
    after_m2: float
    changed_m2: float
    why: str | None

    @property
    def needs_consent(self) -> bool:
        """Whether ground changed hands."""
        return not GROUND_KEPT.issuperset(self.kinds)


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a row's shape fits the one on the map (intersection ÷ union), its numbers taken as CGCS2000 and as
    GCJ-02."""

    row: int
    code: str
    as_cgcs2000: float
    as_gcj02: float


@dataclass(frozen=True, slots=True)
class Border:
    """A fault between two siblings, with the very edges as a GeoJSON geometry."""

    fault: str
    codes: tuple[str, ...]
    area_m2: float
    width_m: float
    edges: Mapping[str, Any] | None


@dataclass
class Findings:
    """What has been found so far."""

    defects: list[Defect] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    repairs: list[Mended] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    fits: list[Fit] = field(default_factory=list)
    borders: list[Border] = field(default_factory=list)
    unchanged: int = 0
    gap_m2: tuple[float, float] | None = None
    """Ground of the map for which no unit is responsible, before and after."""

    def defect(self, row: int | None, name: str | None, reason: str, **detail: str | int | float) -> None:
        """Note a defect."""
        self.defects.append(Defect(row, name, reason, detail))

    def note(self, row: int | None, name: str | None, reason: str, **detail: str | int | float) -> None:
        """Note something that does not keep the file from being stored."""
        self.notes.append(Note(row, name, reason, detail))

    @property
    def needs_consent(self) -> bool:
        """Whether a repair has to be accepted before the file can be stored."""
        return any(repair.needs_consent for repair in self.repairs)


@dataclass(frozen=True, slots=True)
class Source:
    """The file as it was understood: what the report says first."""

    kind: str
    file_name: str
    format: str
    layer: str | None
    crs_found: str | None
    crs_used: str | None
    encoding: str | None
    columns: tuple[tuple[str, str, bool], ...]
    """(field, column, whether the caller named it)."""
    unused: tuple[str, ...]
    rows: int


def report(source: Source, findings: Findings) -> dict[str, Any]:
    """The report as JSON, without words: `schemas.ReportOut` adds those in a reader's language."""
    return {
        "kind": source.kind,
        "file_name": source.file_name,
        "format": source.format,
        "layer": source.layer,
        "crs_found": source.crs_found,
        "crs_used": source.crs_used,
        "encoding": source.encoding,
        "columns": [
            {"field": name, "column": column, "given": given} for name, column, given in source.columns
        ],
        "unused_columns": list(source.unused),
        "rows": source.rows,
        "defects": remarks(findings.defects),
        "notes": remarks(findings.notes),
        "repairs": repairs(findings.repairs),
        **{what.value: changes(findings.changes, what) for what in What},
        "unchanged": findings.unchanged,
        "fits": [
            {"row": fit.row, "code": fit.code, "as_cgcs2000": fit.as_cgcs2000, "as_gcj02": fit.as_gcj02}
            for fit in findings.fits[:MOST_LISTED]
        ],
        "borders": borders(findings.borders),
        "gap_before_m2": findings.gap_m2[0] if findings.gap_m2 else None,
        "gap_after_m2": findings.gap_m2[1] if findings.gap_m2 else None,
    }


def remarks(found: Sequence[Defect] | Sequence[Note]) -> dict[str, Any]:
    """Defects or notes: all counted, the first ones listed by row."""
    every: list[Defect | Note] = [*found]
    listed = sorted(every, key=lambda each: (each.row or 0, each.field or "", each.reason))[:MOST_LISTED]
    return {
        "count": len(found),
        "by_reason": dict(sorted(Counter(each.reason for each in found).items())),
        "items": [
            {"row": each.row, "field": each.field, "reason": each.reason, "detail": dict(each.detail)}
            for each in listed
        ],
    }


def repairs(found: Sequence[Mended]) -> dict[str, Any]:
    """Repairs, those first that change the ground."""
    listed = sorted(found, key=lambda each: (not each.needs_consent, each.row))[:MOST_LISTED]
    return {
        "count": len(found),
        "to_accept": sum(each.needs_consent for each in found),
        "by_kind": dict(sorted(Counter(kind for each in found for kind in each.kinds).items())),
        "items": [
            {
                "row": each.row,
                "code": each.code,
                "kinds": list(each.kinds),
                "before_m2": round(each.before_m2, 1),
                "after_m2": round(each.after_m2, 1),
                "changed_m2": round(each.changed_m2, 1),
                "why": each.why,
            }
            for each in listed
        ],
    }


def changes(found: Iterable[Change], what: What) -> dict[str, Any]:
    """What is added, changed or closed."""
    those = [each for each in found if each.what is what]
    return {
        "count": len(those),
        "items": [
            {
                "row": each.row,
                "code": each.code,
                "fields": list(each.fields),
                "before_m2": each.before_m2 and round(each.before_m2, 1),
                "after_m2": each.after_m2 and round(each.after_m2, 1),
                "changed_m2": None if each.changed_m2 is None else round(each.changed_m2, 1),
                "changed_share": share(each),
            }
            for each in those[:MOST_LISTED]
        ],
    }


def share(change: Change) -> float | None:
    """The changed ground as a share of what was there before."""
    if change.changed_m2 is None or not change.before_m2:
        return None
    return round(change.changed_m2 / change.before_m2, 6)


def borders(found: Sequence[Border]) -> dict[str, Any]:
    """Faults between siblings, the largest first."""
    listed = sorted(found, key=lambda each: -each.area_m2)[:MOST_LISTED]
    return {
        "count": len(found),
        "items": [
            {
                "fault": each.fault,
                "codes": list(each.codes),
                "area_m2": round(each.area_m2, 1),
                "width_m": round(each.width_m, 2),
                "edges": each.edges,
            }
            for each in listed
        ],
    }
