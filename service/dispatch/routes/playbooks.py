"""Playbooks (工作指引) over REST: read, checked and rehearsed, put in force."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from service.access.guards import READ, WRITE, allow, note
from service.access.rules import Action, Caller
from service.dispatch.commands.rehearse import rehearse
from service.dispatch.engine.playbook import columns, defects
from service.dispatch.guards import OnGround
from service.dispatch.rules import Rung
from service.dispatch.schemas.playbooks import (
    PlaybookCheckOut,
    PlaybookIn,
    PlaybookOut,
    RehearsalOut,
    VersionOut,
    faults,
)
from service.errors import Invalid
from service.tasks.commands.playbooks import add_playbook
from service.tasks.queries.playbooks import (
    find_newest,
    newest_playbooks,
    playbook_version,
    playbook_versions,
)
from service.web.asked import InLanguage
from service.web.fields import Code
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1/playbooks", tags=["playbooks"], route_class=OnceRoute)

Reading = Annotated[Caller, Depends(allow(Action.PLAYBOOK_READ))]
Writing = Annotated[Caller, Depends(allow(Action.PLAYBOOK_WRITE))]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
RUNGS = tuple(Rung)


@router.get("", responses=documented(*READ))
async def read_list(tx: Tx, who: Reading) -> Page[PlaybookOut]:
    """The playbook in force for each category, on one page."""
    return Page(items=[PlaybookOut.model_validate(each) for each in await newest_playbooks(tx)], next=None)


@router.get("/{category}", responses=documented(*READ, 404))
async def read(category: Code, tx: Tx, who: Reading) -> PlaybookOut:
    """The playbook in force for a category."""
    return PlaybookOut.model_validate(await playbook_version(tx, category))


@router.get("/{category}/versions", responses=documented(*READ, 404))
async def read_versions(
    category: Code, tx: Tx, who: Reading, limit: Limit = 50, after: After = None
) -> Page[VersionOut]:
    """The versions of a category's playbook, newest first: running tasks keep the one that they were posted with."""
    await playbook_version(tx, category)
    found = page(await playbook_versions(tx, category, limit, cursor_id(after)), limit, lambda each: each.id)
    return Page(items=[VersionOut.model_validate(each) for each in found.items], next=found.next)


@router.get("/{category}/versions/{version}", responses=documented(*READ, 404))
async def read_version(category: Code, version: Number, tx: Tx, who: Reading) -> PlaybookOut:
    """One version of a category's playbook."""
    return PlaybookOut.model_validate(await playbook_version(tx, category, version))


@router.put("/{category}", status_code=201, responses=documented(*WRITE))
async def write(
    request: Request, category: Code, body: PlaybookIn, tx: Tx, now: Now, language: InLanguage, who: Writing
) -> PlaybookOut:
    """Put a new version in force, for tasks that are posted from now on. Checked as a whole: `errors` names all that
    is wrong with it."""
    draft = body.draft()
    if found := faults(defects(draft, RUNGS), language):
        raise Invalid("invalid-playbook", count=len(found), errors=[each.model_dump() for each in found])
    playbook = await add_playbook(
        tx, category, **columns(draft), now=now, by=who.account_id, based_on=body.based_on
    )
    note(request, category=category, version=playbook.version)
    return PlaybookOut.model_validate(playbook)


@router.post("/{category}/check", responses=documented(*WRITE))
async def check(
    category: Code, body: PlaybookIn, tx: Tx, now: Now, ground: OnGround, language: InLanguage, who: Writing
) -> PlaybookCheckOut:
    """Check a playbook and change nothing: what is wrong with it or, where nothing is, what would have changed for
    the last week's tasks. A rehearsal of many tasks takes seconds."""
    draft = body.draft()
    found = faults(defects(draft, RUNGS), language)
    in_force = await find_newest(tx, category)
    if found or in_force is None:
        return PlaybookCheckOut(version=in_force and in_force.version, defects=found, rehearsal=None)
    rehearsal = await rehearse(tx, ground, in_force, draft, now)
    return PlaybookCheckOut(
        version=in_force.version, defects=[], rehearsal=RehearsalOut.of(rehearsal, language)
    )
