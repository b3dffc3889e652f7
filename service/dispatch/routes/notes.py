"""Notes on tasks: dispatchers write them for each other, auditors read them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from service.access.guards import READ, WRITE, allow
from service.access.queries import account_by_id
from service.access.rules import Action, Caller
from service.dispatch.commands.note import write_note
from service.dispatch.guards import task_for
from service.dispatch.queries.messages import written
from service.dispatch.schemas.notes import NoteIn, NoteOut
from service.tasks.models import Note
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], route_class=OnceRoute)


@router.post("/{task_id}/notes", status_code=201, responses=documented(*WRITE, 404))
async def write(
    task_id: UUID,
    tx: Tx,
    now: Now,
    body: NoteIn,
    who: Annotated[Caller, Depends(allow(Action.NOTE_WRITE))],
) -> NoteOut:
    """Write a note on a task: dispatchers and auditors read it, members do not."""
    task = await task_for(tx, who, Action.NOTE_WRITE, task_id)
    note = await write_note(tx, task, who.account_id, body.text, now)
    return NoteOut.of(note, (await account_by_id(tx, who.account_id)).display_name)


@router.get("/{task_id}/notes", responses=documented(*READ, 404))
async def read_notes(
    task_id: UUID,
    tx: Tx,
    who: Annotated[Caller, Depends(allow(Action.NOTE_READ))],
    limit: Limit = 50,
    after: After = None,
) -> Page[NoteOut]:
    """The task's notes, the newest first."""
    task = await task_for(tx, who, Action.NOTE_READ, task_id)
    found = await written(tx, Note, task.id, cursor_id(after), limit)
    return page([NoteOut.of(*each) for each in found], limit, key=lambda note: note.id)
