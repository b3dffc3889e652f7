"""What the roster's routes ask for at the door: the local time, and units and members that are the caller's to see."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.rules import Action, Caller, Reach
from service.errors import NotFound, Refused
from service.roster.queries.limits import city_limits
from service.roster.queries.members import MemberAt, MemberRead, lock_member, member_by_id
from service.roster.queries.units import unit_named
from service.roster.rules import InForce, LocalTime
from service.web.transaction import Now


def local_time(request: Request, now: Now) -> LocalTime:
    """The time of the request by the city's calendar."""
    return LocalTime.of(now, request.app.state.settings.zone)


def in_city(request: Request) -> InForce:
    """The city's default limits."""
    return city_limits(request.app.state.settings)


AtLocal = Annotated[LocalTime, Depends(local_time)]
CityLimits = Annotated[InForce, Depends(in_city)]


def own_member(who: Caller) -> UUID:
    """The member that the caller is. Raises NotFound for an account that is nobody's."""
    if who.member_id is None:
        raise NotFound("member")
    return who.member_id


def may_write_units(who: Caller) -> None:
    """Units are the city's: who reaches but some of them does not write them. Raises Refused."""
    if Reach.ALL not in who.reaches(Action.ROSTER_WRITE):
        raise Refused(action=Action.ROSTER_WRITE)


def may_place_in(who: Caller, unit_code: str) -> None:
    """Whether the caller may put members into a unit. Raises NotFound, whether or not there is such a unit."""
    if not who.may_see_unit(Action.ROSTER_WRITE, unit_code):
        raise NotFound("unit", hidden=True)


async def unit_for(
    session: AsyncSession, who: Caller, code: str, action: Action = Action.ROSTER_READ
) -> Row[Any]:
    """A unit to which the caller may do this. Raises NotFound."""
    unit = await unit_named(session, code)
    if unit is None:
        raise NotFound("unit")
    if not (who.may_see_unit(action, code) or who.may_see_area(action, unit.grid_code)):
        raise NotFound("unit", hidden=True)
    return unit


async def member_for(session: AsyncSession, who: Caller, member_id: UUID, at: LocalTime) -> MemberRead:
    """A member whom the caller may read. Raises NotFound."""
    found = await member_by_id(session, member_id, at)
    if found is None:
        raise NotFound("member")
    if not who.may_see_member(Action.ROSTER_READ, member_id, found.row.unit_code, found.row.home_code):
        raise NotFound("member", hidden=True)
    return found


async def member_to_change(session: AsyncSession, who: Caller, action: Action, member_id: UUID) -> MemberAt:
    """A member to whom the caller may do this, locked. Raises NotFound."""
    found = await lock_member(session, member_id)
    if found is None:
        raise NotFound("member")
    if not who.may_see_member(action, member_id, found.unit_code, found.home_code):
        raise NotFound("member", hidden=True)
    return found
