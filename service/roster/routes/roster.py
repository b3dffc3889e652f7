"""Units, members, skills, and what one wants to be spared."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.commands import make_enrolment_code
from service.access.guards import READ, WRITE, allow, note
from service.access.rules import Action, Caller
from service.errors import Conflict
from service.geo.crs import Crs
from service.roster.commands import members as member_commands
from service.roster.commands import units as unit_commands
from service.roster.commands.limits import set_limits
from service.roster.guards import (
    AtLocal,
    CityLimits,
    may_place_in,
    may_write_units,
    member_for,
    member_to_change,
    own_member,
    unit_for,
)
from service.roster.queries.duty import slots_of
from service.roster.queries.limits import limits_of
from service.roster.queries.members import MemberFilter, members
from service.roster.queries.skills import all_skills
from service.roster.queries.units import units
from service.roster.rules import LocalTime, Tier
from service.roster.schemas.answers import (
    EnrolmentCodeOut,
    MemberDetailOut,
    MemberOut,
    SkillOut,
    UnitOut,
)
from service.roster.schemas.limits import LimitsIn, LimitsOut
from service.roster.schemas.requests import MemberIn, MemberPatch, UnitIn, UnitPatch
from service.web.addresses import root
from service.web.asked import InCrs
from service.web.fields import Code, Line
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1", tags=["roster"], route_class=OnceRoute)

Reading = Annotated[Caller, Depends(allow(Action.ROSTER_READ))]
Writing = Annotated[Caller, Depends(allow(Action.ROSTER_WRITE))]
Limiting = Annotated[Caller, Depends(allow(Action.LIMITS_SET))]


@router.get("/units", responses=documented(*READ))
async def list_units(
    tx: Tx,
    who: Reading,
    code: Annotated[Code | None, Query()] = None,
    q: Annotated[Line | None, Query(description="A part of the name, in either language")] = None,
    limit: Limit = 50,
    after: After = None,
    crs: InCrs = Crs.CGCS2000,
) -> Page[UnitOut]:
    """Units by code: a manager's own, those whose office lies in a dispatcher's area, all for an administrator."""
    found = await units(tx, who, cursor_id(after), limit, code=code, q=q)
    return page([UnitOut.of(each, crs) for each in found], limit, lambda each: each.id)


@router.get("/units/{code}", responses=documented(*READ, 404))
async def read_unit(tx: Tx, who: Reading, code: Code, crs: InCrs = Crs.CGCS2000) -> UnitOut:
    """One unit."""
    return UnitOut.of(await unit_for(tx, who, code), crs)


@router.post("/units", status_code=201, responses=documented(*WRITE))
async def create_unit(
    request: Request, tx: Tx, now: Now, who: Writing, body: UnitIn, crs: InCrs = Crs.CGCS2000
) -> UnitOut:
    """Add a unit; the nearest grid within 5 km takes its office. Administrators only."""
    may_write_units(who)
    await unit_commands.create_unit(tx, body.new(), now)
    note(request, unit=body.code)
    return UnitOut.of(await unit_for(tx, who, body.code), crs)


@router.patch("/units/{code}", responses=documented(*WRITE, 404))
async def update_unit(
    request: Request, tx: Tx, now: Now, who: Writing, code: Code, body: UnitPatch, crs: InCrs = Crs.CGCS2000
) -> UnitOut:
    """Change a unit or move its office. Administrators only; a code stays what it is."""
    may_write_units(who)
    await unit_commands.update_unit(tx, code, body.changes(), now)
    note(request, unit=code, changed=sorted(body.model_dump(exclude_none=True)))
    return UnitOut.of(await unit_for(tx, who, code), crs)


@router.get("/members", responses=documented(*READ))
async def list_members(
    tx: Tx,
    at: AtLocal,
    who: Reading,
    unit: Annotated[Code | None, Query(description="Unit code")] = None,
    area: Annotated[Code | None, Query(description="The beginning of the home's division code")] = None,
    tier: Tier | None = None,
    skill: Annotated[Code | None, Query(description="Held, and not expired today")] = None,
    active: bool | None = None,
    on_duty: bool | None = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[MemberOut]:
    """Members by number: of a manager's units, at home in a dispatcher's area, all for an administrator."""
    wanted = MemberFilter(unit=unit, area=area, tier=tier, skill=skill, active=active, on_duty=on_duty)
    found = await members(tx, who, wanted, cursor_id(after), limit, at)
    return page([MemberOut.of(each) for each in found], limit, lambda each: each.id)


@router.get("/members/{member_id}", responses=documented(*READ, 404))
async def read_member(tx: Tx, at: AtLocal, who: Reading, member_id: UUID) -> MemberDetailOut:
    """One member, with their week and what they want to be spared."""
    return await detail(tx, who, member_id, at)


@router.post("/members", status_code=201, responses=documented(*WRITE, 404))
async def create_member(
    request: Request, tx: Tx, at: AtLocal, who: Writing, body: MemberIn
) -> MemberDetailOut:
    """Add a member to a unit; their home is a community, not an address."""
    may_place_in(who, body.unit_code)
    member_id = await member_commands.create_member(tx, body.new(), at.now)
    note(request, member_id=str(member_id), unit=body.unit_code)
    return await detail(tx, who, member_id, at)


@router.patch("/members/{member_id}", responses=documented(*WRITE, 404))
async def update_member(
    request: Request, tx: Tx, at: AtLocal, who: Writing, member_id: UUID, body: MemberPatch
) -> MemberDetailOut:
    """Change a member.

    Deactivating one closes their account and devices but does not end a running engagement: the dispatcher does.
    """
    found = await member_to_change(tx, who, Action.ROSTER_WRITE, member_id)
    if body.unit_code is not None:
        may_place_in(who, body.unit_code)
    await member_commands.update_member(tx, found, body.changes(), at.now)
    note(request, changed=sorted(body.model_dump(exclude_none=True)))
    return await detail(tx, who, member_id, at)


@router.post("/members/{member_id}/enrolment-codes", status_code=201, responses=documented(*WRITE, 404))
async def create_enrolment_code(
    request: Request,
    response: Response,
    tx: Tx,
    now: Now,
    member_id: UUID,
    who: Annotated[Caller, Depends(allow(Action.MEMBER_ENROL))],
) -> EnrolmentCodeOut:
    """Make a one-time code with which the member enrols a phone; their earlier unused codes stop working.

    The phone reads it off the QR code, which holds the link to the app; or the member types it there.
    """
    found = await member_to_change(tx, who, Action.MEMBER_ENROL, member_id)
    if not found.member.active:
        raise Conflict("member-inactive")
    made = await make_enrolment_code(tx, member_id, who.account_id, now)
    response.headers["Cache-Control"] = "no-store"
    return EnrolmentCodeOut.of(made.code, made.expires_at, root(request))


@router.get("/skills", responses=documented(*READ))
async def list_skills(tx: Tx, who: Annotated[Caller, Depends(allow(Action.ME_READ))]) -> Page[SkillOut]:
    """Every skill there is, on one page."""
    return Page(items=[SkillOut.of(skill) for skill in await all_skills(tx)], next=None)


@router.get("/me/limits", responses=documented(*READ, 404))
async def read_limits(tx: Tx, city: CityLimits, who: Limiting) -> LimitsOut:
    """What one wants to be spared: hours a week, quiet hours, unwanted categories; and what holds."""
    return LimitsOut.in_city(await limits_of(tx, own_member(who)), city)


@router.put("/me/limits", responses=documented(*WRITE, 404))
async def replace_limits(tx: Tx, now: Now, city: CityLimits, who: Limiting, body: LimitsIn) -> LimitsOut:
    """Say what one wants to be spared, in place of what one said before; it holds from the next wave on.

    Categories that law or health exclude are the unit manager's to enter. A dispatcher may still ask, with a reason.
    """
    member_id = own_member(who)
    await set_limits(tx, member_id, body.limits(), now)
    return LimitsOut.in_city(await limits_of(tx, member_id), city)


async def detail(session: AsyncSession, who: Caller, member_id: UUID, at: LocalTime) -> MemberDetailOut:
    """The single read's answer."""
    found = await member_for(session, who, member_id, at)
    limits = await limits_of(session, member_id)
    return MemberDetailOut.with_week(found, await slots_of(session, member_id), limits)
