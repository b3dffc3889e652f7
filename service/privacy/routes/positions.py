"""Where members are, for dispatchers of the area, and who looked, for the members themselves.

Each position that is shown is put on record before the answer goes out, in its transaction.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from service.access.guards import READ, allow
from service.access.rules import Action, Caller
from service.dispatch.guards import task_for
from service.errors import Invalid, NotFound, Refused
from service.geo.crs import Crs
from service.grids.queries.names import area_named
from service.privacy.commands.looks import Look, write_looks
from service.privacy.queries.looks import looks_at
from service.privacy.queries.positions import in_area, in_task, own
from service.privacy.rules import Precision
from service.privacy.schemas.positions import LookOut, MemberPositionOut, OwnPositionOut
from service.roster.guards import AtLocal, own_member
from service.roster.models import Member
from service.web.asked import InCrs
from service.web.fields import Code
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1", tags=["privacy"], route_class=OnceRoute)

Looking = Annotated[Caller, Depends(allow(Action.POSITION_READ))]
ReadingLooks = Annotated[Caller, Depends(allow(Action.LOOK_READ))]


@router.get("/positions", responses=documented(*READ, 404))
async def list_positions(
    request: Request,
    tx: Tx,
    at: AtLocal,
    who: Looking,
    task: Annotated[UUID | None, Query(description="Those asked for it or engaged in it")] = None,
    area: Annotated[
        Code | None, Query(description="Those on duty in it, and those asked for or engaged in its tasks")
    ] = None,
    limit: Limit = 50,
    after: After = None,
    crs: InCrs = Crs.CGCS2000,
) -> Page[MemberPositionOut]:
    """Where members are: by their grid before acceptance, exactly while they are engaged. Give `task` or `area`.

    For dispatchers of the area. Each member in the answer can see who looked, when, and how precisely.
    """
    if (task is None) == (area is None):
        raise Invalid("task-or-area")
    if task is not None:
        await task_for(tx, who, Action.POSITION_READ, task)
        rows = await in_task(tx, task, who.areas, at, cursor_id(after), limit)
    elif area is not None:
        await area_named(tx, area)
        if not who.may_see_area(Action.POSITION_READ, area):
            raise Refused("outside-your-area", code=area)
        rows = await in_area(tx, area, who.areas, at, cursor_id(after), limit)
    fresh = request.app.state.settings.presence_fresh_minutes * 60
    found = page(
        [MemberPositionOut.of(row, who, crs, at.now, fresh) for row in rows],
        limit,
        lambda each: each.member_id,
    )
    seen = [
        Look(each.member_id, each.precision, each.task_id)
        for each in found.items
        if each.precision is not Precision.NOTHING
    ]
    await write_looks(tx, who.account_id, seen, at.now)
    return found


@router.get("/me/position", responses=documented(*READ, 404))
async def read_own_position(tx: Tx, now: Now, who: Looking, crs: InCrs = Crs.CGCS2000) -> OwnPositionOut:
    """Where the service takes one to be."""
    return OwnPositionOut.of(await own(tx, own_member(who)), crs, now)


@router.get("/me/looks", responses=documented(*READ, 404))
async def list_own_looks(tx: Tx, who: ReadingLooks, limit: Limit = 50, after: After = None) -> Page[LookOut]:
    """Who looked at one's position, when, how precisely and for which task; the newest first."""
    found = await looks_at(tx, own_member(who), cursor_id(after), limit)
    return page([LookOut.of(row) for row in found], limit, lambda each: each.id)


@router.get("/members/{member_id}/looks", responses=documented(*READ, 404))
async def list_looks(
    tx: Tx, who: ReadingLooks, member_id: UUID, limit: Limit = 50, after: After = None
) -> Page[LookOut]:
    """The same of any member, for auditors."""
    if await tx.get(Member, member_id) is None:
        raise NotFound("member")
    if not who.may_see_member(Action.LOOK_READ, member_id, unit="", area=""):
        raise NotFound("member", hidden=True)
    found = await looks_at(tx, member_id, cursor_id(after), limit)
    return page([LookOut.of(row) for row in found], limit, lambda each: each.id)
