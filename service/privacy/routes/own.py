"""One's own data, and its end."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import FileResponse
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.background import BackgroundTask

from service.access.guards import READ, WRITE, allow, note
from service.access.rules import Action, Caller, Reach
from service.dispatch.guards import OnGround
from service.dispatch.queries.ground import Ground
from service.errors import Invalid, NotFound
from service.privacy.commands.erase import erase
from service.privacy.export import write_data
from service.privacy.schemas.data import MemberData
from service.privacy.schemas.erasure import ErasedOut, EraseIn
from service.roster.guards import own_member
from service.roster.models import Member
from service.web.idempotency import OnceRoute
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1", tags=["privacy"], route_class=OnceRoute)

FILE_NAME = "vanguard-data.json"
Erasing = Annotated[Caller, Depends(allow(Action.MEMBER_ERASE))]


@router.get("/me/data", response_model=MemberData, responses=documented(*READ, 404))
async def read_data(tx: Tx, now: Now, who: Annotated[Caller, Depends(allow(Action.DATA_EXPORT))]) -> Response:
    """All that is kept about oneself, as a file of JSON; nothing of other people's."""
    member_id = own_member(who)
    folder = Path(tempfile.mkdtemp(prefix="vanguard-data-"))
    try:
        await write_data(tx, member_id, now, folder / FILE_NAME)
    except BaseException:
        shutil.rmtree(folder)
        raise
    return FileResponse(
        folder / FILE_NAME,
        media_type="application/json",
        filename=FILE_NAME,
        headers={"Cache-Control": "no-store"},
        background=BackgroundTask(shutil.rmtree, folder),
    )


@router.delete("/me", responses=documented(*WRITE, 404))
async def erase_oneself(tx: Tx, now: Now, ground: OnGround, who: Erasing, body: EraseIn) -> ErasedOut:
    """Be erased, for good: nothing that is left leads to oneself. Not while one is engaged.

    The account and its devices are closed with it. What one did still counts in the sums of the unit.
    """
    return await erase_confirmed(tx, ground, own_member(who), body, now)


@router.post("/members/{member_id}/erase", responses=documented(*WRITE, 404))
async def erase_member(
    request: Request, tx: Tx, now: Now, ground: OnGround, who: Erasing, member_id: UUID, body: EraseIn
) -> ErasedOut:
    """Erase a member, who asked for it or has left; for administrators."""
    if who.reach(Action.MEMBER_ERASE) is not Reach.ALL and who.member_id != member_id:
        raise NotFound("member", hidden=True)
    erased = await erase_confirmed(tx, ground, member_id, body, now)
    note(request, member_id=str(member_id))
    return erased


async def erase_confirmed(
    session: AsyncSession, ground: Ground, member_id: UUID, body: EraseIn, now: Now
) -> ErasedOut:
    """Erase a member whose number was given. Raises Invalid where it is another one, and what `erase` raises."""
    member = await session.get(Member, member_id)
    if member is None or member.erased_at is not None:
        raise NotFound("member")
    if body.confirm != member.number:
        raise Invalid("confirm-mismatch")
    return ErasedOut(**(await erase(session, ground, member_id, now))._asdict())
