"""Hand-overs of duty between colleagues."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from service.access.guards import READ, WRITE, allow, note
from service.access.rules import Action, Caller
from service.roster.commands import handovers
from service.roster.guards import AtLocal, own_member
from service.roster.queries.calendar import handovers_of
from service.roster.rules import HandoverState
from service.roster.schemas.handovers import HandoverIn, HandoverOut
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Tx

router = APIRouter(prefix="/api/v1", tags=["duty"], route_class=OnceRoute)

HandingOver = Annotated[Caller, Depends(allow(Action.DUTY_HAND_OVER))]


@router.get("/me/handovers", responses=documented(*READ, 404))
async def read_handovers(
    tx: Tx,
    at: AtLocal,
    who: HandingOver,
    state: HandoverState | None = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[HandoverOut]:
    """The hand-overs that one proposed, and those proposed to one, the newest first."""
    found = await handovers_of(tx, own_member(who), cursor_id(after), limit, state=state)
    return page([HandoverOut.of(each, at.zone) for each in found], limit, lambda each: each.id)


@router.post("/me/handovers", status_code=201, responses=documented(*WRITE, 404))
async def propose_handover(
    request: Request, tx: Tx, at: AtLocal, who: HandingOver, body: HandoverIn
) -> HandoverOut:
    """Ask a colleague of one's unit to take one's duty of a day, or a part of it. It stays one's own until they do."""
    handed = await handovers.propose(tx, own_member(who), body.new(), at)
    note(request, handover=str(handed.row.id), to_member=str(handed.taker.id), day=body.day.isoformat())
    return HandoverOut.of(handed, at.zone)


@router.post("/handovers/{handover_id}/accept", responses=documented(*WRITE, 404))
async def accept_handover(tx: Tx, at: AtLocal, who: HandingOver, handover_id: UUID) -> HandoverOut:
    """Take a colleague's duty: from now on it is one's own."""
    return HandoverOut.of(await handovers.accept(tx, handover_id, own_member(who), at), at.zone)


@router.post("/handovers/{handover_id}/decline", responses=documented(*WRITE, 404))
async def decline_handover(tx: Tx, at: AtLocal, who: HandingOver, handover_id: UUID) -> HandoverOut:
    """Leave a colleague's duty to them."""
    return HandoverOut.of(await handovers.decline(tx, handover_id, own_member(who), at), at.zone)


@router.post("/handovers/{handover_id}/cancel", responses=documented(*WRITE, 404))
async def cancel_handover(tx: Tx, at: AtLocal, who: HandingOver, handover_id: UUID) -> HandoverOut:
    """Take one's own proposal back, while it is not decided."""
    return HandoverOut.of(await handovers.cancel(tx, handover_id, own_member(who), at), at.zone)
