"""Imports at the terminal: a bar while it runs, then the report as tables."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from service.access import audit
from service.access.rules import Action
from service.db.base import new_id, utcnow
from service.db.engine import RETRYABLE, Sessions, make_engine, make_sessions, sqlstate
from service.errors import Again, NotFound, SetupError
from service.imports.commands.check import Checked, check
from service.imports.commands.job import Job, Progress, Stage
from service.imports.commands.read import read_file
from service.imports.commands.store import By, store
from service.imports.commands.undo import undo
from service.imports.queries.imports import import_by_id
from service.imports.rules import Kind
from service.imports.schemas import ReportOut
from service.settings import Settings
from service.texts import Language

MOST_ATTEMPTS = 3
MOST_SHOWN = 20
SUBJECT = "vanguard import"
SHOWN_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Outcome:
    """The report, and whether the file was stored, or could have been."""

    report: ReportOut
    good: bool


async def import_file(
    settings: Settings, job: Job, console: Console, language: Language, *, dry_run: bool, accept_repairs: bool
) -> Outcome:
    """Read, check and, unless it is a dry run, store a file. Raises what reading it does."""
    engine = make_engine(settings)
    try:
        async with shown(console) as progress:
            for _ in range(MOST_ATTEMPTS):
                try:
                    return await attempt(
                        make_sessions(engine),
                        job,
                        progress,
                        language,
                        dry_run=dry_run,
                        accept_repairs=accept_repairs,
                    )
                except Again:
                    continue
                except DBAPIError as error:
                    if sqlstate(error) not in RETRYABLE:
                        raise
    finally:
        await engine.dispose()
    raise SetupError(
        "Others changed the map or the roster three times meanwhile, and nothing was stored: run it again."
    )


async def attempt(
    sessions: Sessions,
    job: Job,
    progress: Progress,
    language: Language,
    *,
    dry_run: bool,
    accept_repairs: bool,
) -> Outcome:
    """One attempt. Raises Again, and a DBAPIError that may be one, when others came in between."""
    read = await asyncio.to_thread(read_file, job, progress)
    checked = await check(sessions, job, read, progress)
    good = not checked.findings.defects and (accept_repairs or not checked.findings.needs_consent)
    if dry_run or not good:
        report = ReportOut.of(checked.report(), language, dry_run=dry_run)
        return Outcome(report, good or (dry_run and not checked.findings.defects))
    progress.tell(Stage.WRITING)
    by = By(new_id(), None, utcnow())
    async with sessions.begin() as session:
        put_on_record(session, job.kind, by, checked)
        stored = await store(session, checked, by)
    return Outcome(ReportOut.of(stored.report, language, id=stored.id), True)


def put_on_record(session: AsyncSession, kind: Kind, by: By, checked: Checked) -> None:
    """The entry in the audit: whoever has the database's password is nobody's account."""
    on_the_map = kind not in (Kind.UNITS, Kind.MEMBERS)
    audit.write(
        session,
        by.now,
        Action.MAP_IMPORT if on_the_map else Action.ROSTER_IMPORT,
        audit.DONE,
        subject=SUBJECT,
        detail={"file": checked.source.file_name, "import_id": str(by.import_id)},
    )


async def undo_import(settings: Settings, import_id: UUID) -> UUID:
    """Take an import back; gives the id of the undoing. Raises NotFound, and Conflict as `undo` does."""
    engine = make_engine(settings)
    try:
        async with make_sessions(engine).begin() as session:
            found = await import_by_id(session, import_id)
            if found is None:
                raise NotFound("import")
            by = By(new_id(), None, utcnow())
            audit.write(
                session,
                by.now,
                Action.IMPORT_UNDO,
                audit.DONE,
                subject=SUBJECT,
                detail={"undoes": str(import_id)},
            )
            return (await undo(session, found, by)).id
    finally:
        await engine.dispose()


@asynccontextmanager
async def shown(console: Console) -> AsyncIterator[Progress]:
    """A bar that follows the progress."""
    progress = Progress()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        step = bar.add_task("", total=None)

        async def follow() -> None:
            while True:
                bar.update(step, description=progress.stage, completed=progress.done, total=progress.total)
                await asyncio.sleep(SHOWN_EVERY_S)

        following = asyncio.create_task(follow())
        try:
            yield progress
        finally:
            following.cancel()


def print_report(console: Console, report: ReportOut) -> None:
    """The report for a person, the longest lists cut short."""
    layer = f", layer {report.layer}" if report.layer else ""
    console.print(f"[bold]{report.file_name}[/bold]: {report.format}{layer}, {report.rows} rows")
    if report.crs_used:
        found = (
            f" (the file says {report.crs_found})" if report.crs_found not in (None, report.crs_used) else ""
        )
        console.print(f"Coordinates: {report.crs_used}{found}")
    if report.encoding:
        console.print(f"Encoding: {report.encoding}")
    print_table(
        console,
        "Columns",
        ("field", "column", ""),
        [(each.field, each.column, "named" if each.given else "guessed") for each in report.columns],
    )
    if report.unused_columns:
        console.print(f"Not used: {', '.join(report.unused_columns)}")
    for title, remarks in (("Defects", report.defects), ("Notes", report.notes)):
        print_table(
            console,
            f"{title}: {remarks.count}",
            ("row", "field", "reason", "what it is"),
            [(shown_row(each.row), each.field or "", each.reason, each.text) for each in remarks.items],
            remarks.count,
        )
    print_table(
        console,
        f"Repairs: {report.repairs.count}, {report.repairs.to_accept} to accept",
        ("row", "code", "what", "m² before", "m² after", "m² changed"),
        [
            (
                str(each.row),
                each.code or "",
                ", ".join(each.kinds),
                number(each.before_m2),
                number(each.after_m2),
                number(each.changed_m2),
            )
            for each in report.repairs.items
        ],
        report.repairs.count,
    )
    print_fits(console, report)
    print_changes(console, report)


def print_fits(console: Console, report: ReportOut) -> None:
    """How well the shapes fit those on the map."""
    print_table(
        console,
        "Fit with the map",
        ("code", "as CGCS2000", "as GCJ-02"),
        [(each.code, f"{each.as_cgcs2000:.1%}", f"{each.as_gcj02:.1%}") for each in report.fits],
        len(report.fits),
    )


def print_changes(console: Console, report: ReportOut) -> None:
    """What is added, changed and closed, and what becomes of the gaps."""
    counts = {"added": report.added, "changed": report.changed, "closed": report.closed}
    print_table(
        console,
        ", ".join(f"{name} {those.count}" for name, those in counts.items())
        + f", unchanged {report.unchanged}",
        ("", "code", "fields", "m² before", "m² after", "changed"),
        [
            (
                name,
                each.code,
                ", ".join(each.fields),
                number(each.before_m2),
                number(each.after_m2),
                "" if each.changed_share is None else f"{each.changed_share:.2%}",
            )
            for name, those in counts.items()
            for each in those.items
        ],
        sum(those.count for those in counts.values()),
    )
    if report.gap_before_m2 is not None:
        console.print(
            f"Ground without a unit: {number(report.gap_before_m2)} m² before, {number(report.gap_after_m2)} m² after"
        )


def print_table(
    console: Console,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    count: int | None = None,
) -> None:
    """A table of the first rows; nothing where there are none."""
    if not rows:
        if count == 0 and not title.startswith("Fit"):
            console.print(title)
        return
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column.startswith("m²") else "left")
    for row in rows[:MOST_SHOWN]:
        table.add_row(*row)
    console.print(table)
    if (left := (count or len(rows)) - MOST_SHOWN) > 0:
        console.print(f"… and {left} more: --json has them.")


def shown_row(row: int | None) -> str:
    """A row's number; a dash for the whole file."""
    return "—" if row is None else str(row)


def number(value: float | None) -> str:
    """Square metres, readable."""
    return "" if value is None else f"{value:,.0f}"


def field_and_column(text: str) -> tuple[str, str]:
    """A field and its column from `field=column`. Raises SetupError."""
    name, sign, column = text.partition("=")
    if not sign or not name or not column:
        raise SetupError(
            f"--column {text}: write the field and the column with = between them, such as code=网格编码."
        )
    return name, column


def last_line(outcome: Outcome, *, dry_run: bool) -> str:
    """What happened, in a sentence."""
    report = outcome.report
    if report.defects.count:
        return f"[red]Nothing was stored: the file has {report.defects.count} defects.[/red]"
    if report.id is not None:
        return f"[green]Stored as import {report.id}.[/green] Take it back with: vanguard import-undo {report.id}"
    if report.repairs.to_accept and not dry_run:
        return "[red]Nothing was stored: look at the repairs, and accept them with --accept-repairs.[/red]"
    return "A dry run: nothing was stored."
