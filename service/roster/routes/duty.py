"""Duty: one's own switch, and the week and single days of a member, which their unit's manager plans."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.guards import READ, WRITE, allow, note
from service.access.rules import Action, Caller
from service.roster.calendar import DUTY_FOLLOWED, Said, defects, duty_end
from service.roster.commands.duty import SaidOf, replace_days, replace_week
from service.roster.commands.duty import switch_duty as set_switch
from service.roster.guards import AtLocal, member_to_change, own_member
from service.roster.queries.duty import plans_of, slots_of
from service.roster.rules import LocalTime, duty
from service.roster.schemas.answers import DutyOut
from service.roster.schemas.calendar import PlannedDayOut
from service.roster.schemas.plans import DayIn, WeekIn, WeekOut, refuse
from service.roster.schemas.requests import DutyIn
from service.texts import Language
from service.web.asked import InLanguage
from service.web.fields import Day
from service.web.idempotency import OnceRoute
from service.web.problems import documented
from service.web.transaction import Tx

router = APIRouter(prefix="/api/v1", tags=["duty"], route_class=OnceRoute)

Switching = Annotated[Caller, Depends(allow(Action.DUTY_SWITCH))]
Planning = Annotated[Caller, Depends(allow(Action.DUTY_WRITE))]


@router.get("/me/duty", responses=documented(*READ, 404))
async def read_duty(tx: Tx, at: AtLocal, who: Switching) -> DutyOut:
    """Whether one is on duty, by one's own switch or by the calendar, and until when."""
    return await own_duty(tx, own_member(who), at)


@router.put("/me/duty", responses=documented(*WRITE, 404))
async def switch_duty(tx: Tx, at: AtLocal, who: Switching, body: DutyIn) -> DutyOut:
    """Go on or off duty, whatever the calendar says, until a time if one is named."""
    member_id = own_member(who)
    await set_switch(tx, member_id, body.state, body.until, at.now, at=body.at)
    return await own_duty(tx, member_id, at)


async def own_duty(session: AsyncSession, member_id: UUID, at: LocalTime) -> DutyOut:
    """What the rule says of a member."""
    plans = (await plans_of(session, [member_id], at.day, at.day + DUTY_FOLLOWED))[member_id]
    return DutyOut.of(duty(plans.switch, plans.exceptions, plans.slots, at), duty_end(plans, at))


@router.put("/members/{member_id}/week", responses=documented(*WRITE, 404))
async def write_week(
    request: Request, tx: Tx, at: AtLocal, who: Planning, member_id: UUID, body: WeekIn
) -> WeekOut:
    """Plan a member's week, in place of the one before. A period past midnight is two."""
    found = await member_to_change(tx, who, Action.DUTY_WRITE, member_id)
    await replace_week(tx, found, body.slots_in_order(), at.now)
    note(request, periods=len(body.slots))
    return WeekOut.of(await slots_of(tx, member_id))


@router.put("/members/{member_id}/duty-exceptions/{day}", responses=documented(*WRITE, 404))
async def write_day(
    request: Request,
    tx: Tx,
    at: AtLocal,
    language: InLanguage,
    who: Planning,
    member_id: UUID,
    day: Day,
    body: DayIn,
) -> PlannedDayOut:
    """Say when a member is on or off duty on one day, in place of what was said of it before; where nothing is said
    the week holds. A period past midnight is two, one of each day."""
    return await say(request, tx, at, language, who, member_id, day, body)


@router.delete(
    "/members/{member_id}/duty-exceptions/{day}", status_code=204, responses=documented(*WRITE, 404)
)
async def clear_day(
    request: Request, tx: Tx, at: AtLocal, language: InLanguage, who: Planning, member_id: UUID, day: Day
) -> None:
    """Take back what was said of a member's day: the week holds."""
    await say(request, tx, at, language, who, member_id, day, DayIn(periods=[]))


async def say(
    request: Request,
    session: AsyncSession,
    at: LocalTime,
    language: Language,
    who: Caller,
    member_id: UUID,
    day: date,
    body: DayIn,
) -> PlannedDayOut:
    """Write one day of one member. Raises NotFound, and Invalid with all that is wrong."""
    found = await member_to_change(session, who, Action.DUTY_WRITE, member_id)
    periods = body.said_of(day)
    refuse(defects([Said(member_id, day, periods)], at.day), language)
    await replace_days(session, [SaidOf(found, day, periods)], at.now)
    note(request, day=day.isoformat(), periods=len(periods))
    plans = (await plans_of(session, [member_id], day, day))[member_id]
    return PlannedDayOut.of(plans, day)
