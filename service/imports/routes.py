"""Imports over REST: a file comes in, a report goes out."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from service.access.guards import READ, WRITE, allow, note
from service.access.rules import Action, Caller, Reach
from service.db.base import new_id
from service.errors import Invalid, NotFound, Refused
from service.imports.commands.job import Stage
from service.imports.commands.store import By, store
from service.imports.commands.undo import undo
from service.imports.guards import ACTIONS, FILE, Attempt, attempt_of
from service.imports.queries.imports import import_by_id, imports, progress_of
from service.imports.rules import Kind
from service.imports.schemas import ImportDetailOut, ImportOut, ProgressOut, ReportOut
from service.web.asked import InLanguage
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1/imports", tags=["imports"], route_class=OnceRoute)
UPLOADS = frozenset(f"{router.prefix}/{kind}" for kind in Kind)
"""The routes that take files."""

Reading = Annotated[Caller, Depends(allow(Action.IMPORT_READ))]
FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FILE],
                    "properties": {FILE: {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}
"""How the OpenAPI document has the body, which `guards.kept_file` reads: FastAPI would read it before the guard."""
ABOUT = {
    Kind.GOVERNANCE_GRIDS: "Import governance grids (社会治理网格): GeoJSON, GeoPackage, zipped Shapefile or KML.",
    Kind.PARTY_GRIDS: "Import party grids (机关党建网格): GeoJSON, GeoPackage, zipped Shapefile or KML.",
    Kind.LINKS: "Import bridges, causeways and ferries, as lines: GeoJSON, GeoPackage, zipped Shapefile or KML.",
    Kind.UNITS: "Import units with their offices: XLSX, CSV, or points in a file of shapes.",
    Kind.MEMBERS: "Import members: XLSX or CSV.",
}
HOW = (
    "\n\nAll or nothing. The report names every defect by row, field and reason, every repair, and what is added,"
    " changed and closed. A dry run answers it with 200 whatever is found. Otherwise a file with a defect, or with"
    " repairs that are not accepted, is a 422 that holds the report as `report`, and nothing is stored."
)


def add_upload_route(kind: Kind) -> None:
    """The route that takes files of a kind."""

    async def import_file(
        request: Request,
        response: Response,
        # In this order: the file is read before the transaction begins.
        attempt: Annotated[Attempt, Depends(attempt_of(kind), scope="function")],
        tx: Tx,
        now: Now,
        language: InLanguage,
        who: Annotated[Caller, Depends(allow(ACTIONS[kind]))],
    ) -> ReportOut:
        asked, checked = attempt.options, attempt.checked
        found = {name: len([c for c in checked.findings.changes if c.what == name]) for name in CHANGES}
        note(request, dry_run=asked.dry_run, file=checked.source.file_name, **found)
        if asked.dry_run:
            response.status_code = 200
            return ReportOut.of(checked.report(), language, dry_run=True)
        refuse(attempt, ReportOut.of(checked.report(), language))
        attempt.progress.tell(Stage.WRITING, 0, checked.source.rows)
        stored = await store(tx, checked, By(asked.import_id, who.account_id, now))
        note(request, import_id=str(stored.id))
        return ReportOut.of(stored.report, language, id=stored.id)

    router.post(
        f"/{kind}",
        status_code=201,
        name=f"import_{kind.replace('-', '_')}",
        description=ABOUT[kind] + HOW,
        responses={**documented(*WRITE), 200: {"model": ReportOut, "description": "A dry run"}},
        openapi_extra=FORM,
    )(import_file)


CHANGES = ("added", "changed", "closed")


def refuse(attempt: Attempt, report: ReportOut) -> None:
    """Raises Invalid, with the report, for a file that cannot be stored as it is."""
    extension: dict[str, Any] = {"report": report.model_dump(mode="json")}
    if report.defects.count:
        raise Invalid("import-defects", count=report.defects.count, extension=extension)
    if report.repairs.to_accept and not attempt.options.accept_repairs:
        raise Invalid("import-repairs", count=report.repairs.to_accept, extension=extension)


for each in Kind:
    add_upload_route(each)


@router.get("", responses=documented(*READ))
async def list_imports(
    tx: Tx,
    who: Reading,
    kind: Annotated[Kind | None, Query()] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[ImportOut]:
    """Imports and undoings, the newest first: one's own, or all for an administrator or an auditor."""
    found = await imports(tx, who, cursor_id(after), limit, kind=kind)
    return page([ImportOut.of(each) for each in found], limit, lambda each: each.id)


@router.get("/{import_id}", responses=documented(*READ, 404))
async def read_import(tx: Tx, language: InLanguage, who: Reading, import_id: UUID) -> ImportDetailOut:
    """One import with its report, in the language that is asked for."""
    found = await import_for(tx, who, Action.IMPORT_READ, import_id)
    return ImportDetailOut.in_full(found, language)


@router.get("/{import_id}/progress", responses=documented(*READ, 404))
async def read_progress(tx: Tx, who: Reading, import_id: UUID) -> ProgressOut:
    """How far an import is that runs now, by the `id` that it was sent with. Gone when it is over."""
    found = await progress_of(tx, import_id)
    if found is None:
        raise NotFound("import")
    if found.account_id != who.account_id and Reach.ALL not in who.reaches(Action.IMPORT_READ):
        raise NotFound("import", hidden=True)
    return ProgressOut.of(found)


@router.post("/{import_id}/undo", status_code=201, responses=documented(*WRITE, 404))
async def undo_import(
    request: Request,
    tx: Tx,
    now: Now,
    language: InLanguage,
    import_id: UUID,
    who: Annotated[Caller, Depends(allow(Action.IMPORT_UNDO))],
) -> ImportDetailOut:
    """Take an import back as one step, provided that nothing of it has changed since."""
    found = await import_for(tx, who, Action.IMPORT_UNDO, import_id)
    if who.reach(ACTIONS[Kind(found.kind)]) is None:
        raise Refused(action=ACTIONS[Kind(found.kind)])
    undone = await undo(tx, found, By(new_id(), who.account_id, now))
    note(request, import_id=str(undone.id), undoes=str(import_id))
    return await read_import(tx, language, who, undone.id)


async def import_for(tx: Tx, who: Caller, action: Action, import_id: UUID) -> Any:
    """An import that the action of the caller reaches. Raises NotFound."""
    found = await import_by_id(tx, import_id)
    if found is None:
        raise NotFound("import")
    if found.account_id != who.account_id and Reach.ALL not in who.reaches(action):
        raise NotFound("import", hidden=True)
    return found
