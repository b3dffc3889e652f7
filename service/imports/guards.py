"""What the imports' routes ask for at the door: the options, the file on disk, and what was found in it.

The order is what matters. The caller is admitted in a transaction of its own, before a byte of the file is read; the
file is read and checked with no transaction open; then the route's own begins, asks again, claims the key, and writes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request
from starlette.requests import ClientDisconnect

from service.access.guards import Admit
from service.access.rules import Action, Caller, Reach
from service.db.base import new_id
from service.errors import Invalid, Refused
from service.imports.checks.scope import Scope
from service.imports.commands.check import Checked, check
from service.imports.commands.job import Job, Missing, Progress, shown
from service.imports.commands.read import read_file
from service.imports.rules import Kind
from service.web.fields import Line
from service.web.form import FileForm

ACTIONS = {
    Kind.GOVERNANCE_GRIDS: Action.MAP_IMPORT,
    Kind.PARTY_GRIDS: Action.MAP_IMPORT,
    Kind.LINKS: Action.MAP_IMPORT,
    Kind.UNITS: Action.ROSTER_IMPORT,
    Kind.MEMBERS: Action.ROSTER_IMPORT,
}
FILE = "file"


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is to be read, and what is to be done with it."""

    dry_run: bool
    crs: str | None
    encoding: str | None
    layer: str | None
    columns: dict[str, str]
    missing: Missing
    accept_repairs: bool
    import_id: UUID
    followed: bool
    """Whether the client named the id, and so may ask for the progress."""


def options(
    dry_run: Annotated[bool, Query(description="Only report: nothing is stored, whatever is found")] = False,
    crs: Annotated[
        str | None,
        Query(
            description="Of a file that does not name its own: EPSG:4326, EPSG:4490, EPSG:4546 and its neighbours,"
            " GCJ02, BD09; a file that names another is read as this says"
        ),
    ] = None,
    encoding: Annotated[Line | None, Query(description="Of the texts: UTF-8, GBK, GB18030")] = None,
    layer: Annotated[Line | None, Query(description="Of a file that has several")] = None,
    sheet: Annotated[Line | None, Query(description="Of a workbook that has several")] = None,
    missing: Annotated[
        Missing, Query(description="`close` closes what the file, within its scope, does not have")
    ] = Missing.KEEP,
    accept_repairs: Annotated[
        bool,
        Query(description="Store shapes as repaired; without it, a file that needs repairs is not stored"),
    ] = False,
    column: Annotated[
        list[Line], Query(description="A field and its column, as `code:网格编码`", max_length=50)
    ] = [],  # noqa: B006  (FastAPI copies it)
    id: Annotated[UUID | None, Query(description="Of the client's making, to ask for the progress")] = None,
) -> Options:
    """The options of an import, from the query."""
    return Options(
        dry_run=dry_run,
        crs=crs,
        encoding=encoding,
        layer=layer or sheet,
        columns=mapping_of(column),
        missing=missing,
        accept_repairs=accept_repairs,
        import_id=id or new_id(),
        followed=id is not None,
    )


def mapping_of(columns: list[str]) -> dict[str, str]:
    """Fields and columns from `field:column`. Raises Invalid."""
    mapping = {}
    for each in columns:
        name, colon, column = each.partition(":")
        if not colon or not name.strip() or not column.strip():
            raise Invalid("mapping-malformed", found=each)
        mapping[name.strip()] = column.strip()
    return mapping


def scope_of(who: Caller, kind: Kind) -> Scope:
    """How far the caller's imports of a kind reach. Raises Refused: units are the city's, as in the roster."""
    reaches = who.reaches(ACTIONS[kind])
    if Reach.ALL in reaches:
        return Scope()
    if kind is Kind.UNITS:
        raise Refused(action=ACTIONS[kind])
    return Scope(areas=who.areas, units=who.units)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A file that was read and checked, to be stored or not."""

    options: Options
    checked: Checked
    progress: Progress


def attempt_of(kind: Kind) -> Callable[..., AsyncIterator[Attempt]]:
    """The dependency that admits the caller and then reads and checks a file of the kind."""
    admit = Admit(ACTIONS[kind])

    async def attempt(
        request: Request,
        who: Annotated[Caller, Depends(admit)],
        asked: Annotated[Options, Depends(options)],
    ) -> AsyncIterator[Attempt]:
        state = request.app.state
        scope = scope_of(who, kind)
        progress = Progress()
        async with (
            kept_file(request) as (path, name),
            state.import_turns,
            shown_if(request, who, asked, progress),
        ):
            job = Job(
                kind=kind,
                path=path,
                name=name,
                scope=scope,
                crs=asked.crs,
                encoding=asked.encoding,
                layer=asked.layer,
                columns=asked.columns,
                missing=asked.missing,
            )
            read = await asyncio.to_thread(read_file, job, progress)
            yield Attempt(asked, await check(state.sessions, job, read, progress), progress)

    return attempt


@asynccontextmanager
async def shown_if(request: Request, who: Caller, asked: Options, progress: Progress) -> AsyncIterator[None]:
    """Show the progress to a client that has named an id to ask by."""
    if not asked.followed:
        yield
        return
    state = request.app.state
    async with shown(state.sessions, progress, asked.import_id, who.account_id, state.clock):
        yield


@asynccontextmanager
async def kept_file(request: Request) -> AsyncIterator[tuple[Path, str]]:
    """The file of the form, on disk while it is needed, and the name that it came with.

    Sets the request's fingerprint: the file and the query, as the form around it differs each time that it is sent.
    Raises Invalid for a body that is no form with one file, and TooLarge.
    """
    with TemporaryDirectory(prefix="vanguard-import-") as folder:
        path = Path(folder) / "upload"
        with path.open("wb") as into:
            form = FileForm(request.headers.get("content-type"), FILE, into)
            try:
                name = await form.read(request.stream())
            except ClientDisconnect as error:
                raise Invalid("malformed-request", reason="the client went away") from error
        about = f"{request.url.query}\n{name}\n".encode(errors="replace")
        request.state.fingerprint = sha256(about + form.digest.digest()).digest()
        yield path, name
