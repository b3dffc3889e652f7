"""Reading a file into rows of its kind: no database, and to be run in a thread."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from service.errors import Invalid
from service.geo.projected import KNOWN, System, named
from service.grids.rules import Layer
from service.imports.checks.cells import mapped
from service.imports.checks.found import Findings, Source
from service.imports.checks.grids import GridRow, read_grids
from service.imports.checks.links import LinkRow, read_links
from service.imports.checks.members import MemberRow, read_members
from service.imports.checks.units import UnitRow, read_units
from service.imports.commands.job import Job, Progress, Stage
from service.imports.reading.found import Features, Table
from service.imports.reading.sniff import SHAPES, sniff
from service.imports.reading.table import read_table
from service.imports.reading.vector import read_features
from service.imports.rules import Kind, guess_columns, missing_fields, shortened

OF_SHAPES = frozenset({Kind.GOVERNANCE_GRIDS, Kind.PARTY_GRIDS, Kind.LINKS})
POSITIONS = ("lon", "lat", "wkt")


@dataclass
class Read:
    """A file as it was read: what it is, its rows by kind (one of the lists is used), what is wrong so far."""

    source: Source
    findings: Findings
    grids: list[GridRow] = field(default_factory=list)
    links: list[LinkRow] = field(default_factory=list)
    units: list[UnitRow] = field(default_factory=list)
    members: list[MemberRow] = field(default_factory=list)


def read_file(job: Job, progress: Progress) -> Read:
    """Read a file whole. Raises Invalid or TooLarge for what makes it unusable as a whole."""
    progress.tell(Stage.READING)
    found = open_file(job)
    mapping = guess_columns(job.kind, found.columns, job.columns)
    features = found if isinstance(found, Features) else None
    source = Source(
        kind=job.kind,
        file_name=job.name,
        format=found.format,
        layer=found.layer if isinstance(found, Features) else found.sheet,
        crs_found=features.crs_found if features else None,
        crs_used=features.crs_used if features else job.crs,
        encoding=found.encoding_used,
        columns=tuple((name, column, name in job.columns) for name, column in mapping.items()),
        unused=tuple(column for column in found.columns if column not in mapping.values()),
        rows=len(found.rows),
    )
    read = Read(source, Findings(list(found.defects), list(found.notes)))
    lacking = missing_fields(job.kind, mapping)
    for name in lacking:
        read.findings.defect(None, name, "column-missing", columns=", ".join(found.columns) or "—")
    if not found.rows:
        read.findings.defect(None, None, "file-without-rows")
    if found.rows and not lacking:
        read_rows(job, mapping, found, read, progress)
    return read


def open_file(job: Job) -> Features | Table:
    """The rows of a file of shapes, or of a table."""
    has_shapes = job.kind is Kind.UNITS and sniff(job.path, job.name, job.limits) in SHAPES
    if job.kind in OF_SHAPES or has_shapes:
        return read_features(
            job.path, job.name, crs=job.crs, encoding=job.encoding, layer=job.layer, limits=job.limits
        )
    return read_table(job.path, job.name, encoding=job.encoding, sheet=job.layer, limits=job.limits)


def read_rows(
    job: Job, mapping: Mapping[str, str], found: Features | Table, read: Read, progress: Progress
) -> None:
    """The rows as their kind has them."""
    if isinstance(found, Features):
        rows = mapped([(each.row, each.values, each.shape, each.given) for each in found.rows], mapping)
    else:
        rows = mapped([(each.row, each.values, None, None) for each in found.rows], mapping)
    if job.kind in (Kind.GOVERNANCE_GRIDS, Kind.PARTY_GRIDS):
        progress.tell(Stage.REPAIRING, 0, len(rows))
        layer = Layer.PARTY if job.kind is Kind.PARTY_GRIDS else Layer.GOVERNANCE
        read.grids = read_grids(
            rows, read.findings, layer, lambda done: progress.tell(Stage.REPAIRING, done, len(rows))
        )
    elif job.kind is Kind.LINKS:
        read.links = read_links(rows, read.findings)
    elif job.kind is Kind.UNITS:
        system = system_of(job.crs, mapping, found.format) if isinstance(found, Table) else None
        read.units = read_units(rows, system, read.findings)
    else:
        read.members = read_members(rows, read.findings)


def system_of(crs: str | None, mapping: Collection[str], format: str) -> System | None:
    """What the positions in a table are in; None where it has none. Raises Invalid where that is not said: a silent
    guess is off by 500 m."""
    if not any(name in mapping for name in POSITIONS):
        return None
    if crs is None:
        raise Invalid("file-crs-missing", format=format, known=KNOWN)
    system = named(crs)
    if system is None:
        raise Invalid("file-crs-unknown", found=shortened(crs), known=KNOWN)
    return system
