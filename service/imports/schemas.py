"""What the imports' routes take and answer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Row

from service.imports.checks.found import MOST_LISTED
from service.imports.commands.job import Stage
from service.imports.models import ImportProgress
from service.imports.rules import Kind
from service.texts import Language, text

Value = str | int | float


class RemarkOut(BaseModel):
    """One thing to know of a row. `row` is null where it is the whole file's, `field` where it is the whole row's."""

    row: int | None
    field: str | None
    reason: str = Field(description="Does not change; the text does, with the language")
    detail: dict[str, Value]
    text: str

    @classmethod
    def of(cls, remark: Mapping[str, Any], language: Language) -> Self:
        """A stored remark, in words."""
        said = text(f"import.{remark['reason']}", language, **remark["detail"])
        return cls(**remark, text=said)


class RemarksOut(BaseModel):
    """Defects or notes: all counted, the first ones listed by row."""

    count: int
    by_reason: dict[str, int]
    items: Annotated[list[RemarkOut], Field(max_length=MOST_LISTED)]

    @classmethod
    def of(cls, remarks: Mapping[str, Any], language: Language) -> Self:
        """Stored remarks, in words."""
        items = [RemarkOut.of(each, language) for each in remarks["items"]]
        return cls(count=remarks["count"], by_reason=remarks["by_reason"], items=items)


class ColumnOut(BaseModel):
    """The column that a field was read from, and whether it was named by the caller or guessed."""

    field: str
    column: str
    given: bool


class RepairOut(BaseModel):
    """A shape that was repaired; `changed_m2` is the ground that lies in one of the two and not in the other."""

    row: int
    code: str | None
    kinds: list[str]
    before_m2: float
    after_m2: float
    changed_m2: float
    why: str | None


class RepairsOut(BaseModel):
    """Repairs, those first that change the ground; `to_accept` is how many those are."""

    count: int
    to_accept: int
    by_kind: dict[str, int]
    items: list[RepairOut]


class ChangeOut(BaseModel):
    """One thing that is added, changed or closed. Areas are geodesic; `changed_share` is of the area before."""

    row: int | None
    code: str
    fields: list[str]
    before_m2: float | None
    after_m2: float | None
    changed_m2: float | None
    changed_share: float | None


class ChangesOut(BaseModel):
    """All counted, the first ones listed."""

    count: int
    items: list[ChangeOut]


class FitOut(BaseModel):
    """How well a shape fits the one on the map (intersection ÷ union), its numbers taken as CGCS2000 and as GCJ-02."""

    row: int
    code: str
    as_cgcs2000: float
    as_gcj02: float


class BorderOut(BaseModel):
    """A fault between siblings: `overlap` or `gap`, with the very edges as a GeoJSON geometry in CGCS2000."""

    fault: str
    codes: list[str]
    area_m2: float
    width_m: float
    edges: dict[str, Any] | None


class BordersOut(BaseModel):
    """All counted, the largest listed."""

    count: int
    items: list[BorderOut]


class ReportOut(BaseModel):
    """What was found in a file, and what it would change, or did."""

    id: UUID | None = Field(None, description="Of the import; null where nothing was stored")
    dry_run: bool
    kind: Kind
    file_name: str
    format: str
    layer: str | None
    crs_found: str | None
    crs_used: str | None
    encoding: str | None
    columns: list[ColumnOut]
    unused_columns: list[str]
    rows: int
    defects: RemarksOut
    notes: RemarksOut
    repairs: RepairsOut
    added: ChangesOut
    changed: ChangesOut
    closed: ChangesOut
    unchanged: int
    fits: list[FitOut]
    borders: BordersOut
    gap_before_m2: float | None
    gap_after_m2: float | None

    @classmethod
    def of(
        cls, report: Mapping[str, Any], language: Language, *, dry_run: bool = False, id: UUID | None = None
    ) -> Self:
        """A report as it is stored, in words."""
        worded = {name: RemarksOut.of(report[name], language) for name in ("defects", "notes")}
        return cls(**{**report, **worded}, dry_run=dry_run, id=id)


class ImportOut(BaseModel):
    """One import. `undoes` names the import that it took back, `undone_by` the one that took it back."""

    id: UUID
    kind: Kind
    at: datetime
    by: str | None = Field(description="Username; null by the command line")
    file_name: str
    edition: int | None = Field(description="The map's, after it; null where it left the map alone")
    added: int
    changed: int
    closed: int
    undoes: UUID | None
    undone_by: UUID | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """A row of `queries.imports`."""
        return cls(
            id=row.id,
            kind=row.kind,
            at=row.at,
            by=row.username,
            file_name=row.file_name,
            edition=row.edition,
            added=row.report["added"]["count"],
            changed=row.report["changed"]["count"],
            closed=row.report["closed"]["count"],
            undoes=row.undoes,
            undone_by=row.undone_by,
        )


class ImportDetailOut(ImportOut):
    """One import with its report."""

    report: ReportOut

    @classmethod
    def in_full(cls, row: Row[Any], language: Language) -> Self:
        """A row of `queries.imports`, with the report in words."""
        return cls(**dict(ImportOut.of(row)), report=ReportOut.of(row.report, language, id=row.id))


class ProgressOut(BaseModel):
    """How far an import is that runs now: `done` rows of `total`, where that is known."""

    id: UUID
    at: datetime
    stage: Stage
    done: int
    total: int | None

    @classmethod
    def of(cls, row: ImportProgress) -> Self:
        """A row of `import_progress`."""
        return cls(id=row.id, at=row.at, stage=Stage(row.stage), done=row.done, total=row.total)
