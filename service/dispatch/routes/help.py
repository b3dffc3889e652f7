"""Calls for help: read and acknowledged by dispatchers, of where the member is and of the task that they are in."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from service.access.guards import READ, WRITE, allow
from service.access.rules import Action, Caller
from service.dispatch.guards import call_for
from service.dispatch.queries.help import list_calls
from service.dispatch.schemas.help import HelpCallOut
from service.roster.commands.help import acknowledge
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1/help-calls", tags=["tasks"], route_class=OnceRoute)


class Calls(StrEnum):
    """Which of them."""

    OPEN = "open"
    ALL = "all"


@router.get("", responses=documented(*READ))
async def read_calls(
    tx: Tx,
    who: Annotated[Caller, Depends(allow(Action.HELP_READ))],
    state: Calls = Calls.OPEN,
    limit: Limit = 50,
    after: After = None,
) -> Page[HelpCallOut]:
    """Calls for help that nobody has acknowledged yet, or all that are kept; the newest first."""
    found = await list_calls(tx, who, limit, cursor_id(after), open_only=state is Calls.OPEN)
    return page([HelpCallOut.of(each, who) for each in found], limit, key=lambda call: call.id)


@router.post("/{call_id}/acknowledge", responses=documented(*WRITE, 404))
async def acknowledge_call(
    call_id: UUID,
    tx: Tx,
    now: Now,
    who: Annotated[Caller, Depends(allow(Action.HELP_ACKNOWLEDGE))],
) -> HelpCallOut:
    """Say that one has seen a call and takes care of it. Of several who say so the first stands."""
    found = await call_for(tx, who, call_id)
    await acknowledge(tx, found.call, who.account_id, now)
    return HelpCallOut.of(await call_for(tx, who, call_id), who)
