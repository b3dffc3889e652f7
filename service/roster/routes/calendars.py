"""Calendars of duty: one's own and a unit's, read, filled, and as iCalendar."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.guards import READ, WRITE, allow, note
from service.access.rules import Action, Caller
from service.errors import Again, Invalid
from service.roster.calendar import MOST_DAYS, Said, defects
from service.roster.commands.duty import SaidOf, replace_days
from service.roster.guards import AtLocal, own_member, unit_for
from service.roster.queries.calendar import CalendarOf, Person, calendars, handovers_between, people
from service.roster.queries.members import lock_members
from service.roster.rules import HandoverState, LocalTime
from service.roster.schemas.calendar import (
    MemberCalendarOut,
    MyCalendarOut,
    UnitCalendarOut,
    cover,
    periods,
)
from service.roster.schemas.handovers import HandoverOut
from service.roster.schemas.ics import MEDIA_TYPE, as_ics
from service.roster.schemas.plans import UnitDaysIn, refuse
from service.texts import text
from service.web.asked import InLanguage
from service.web.fields import Code, Day
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Tx

router = APIRouter(prefix="/api/v1", tags=["duty"], route_class=OnceRoute)

LONGEST = 62
"""Days of one answer."""
OPEN_STATES = (HandoverState.PROPOSED, HandoverState.ACCEPTED)

Reading = Annotated[Caller, Depends(allow(Action.DUTY_READ))]
Since = Annotated[Day | None, Query(alias="from", description="A local day; today where it is left out")]
Days = Annotated[int, Query(ge=1, le=LONGEST)]
ICS: dict[int | str, dict[str, Any]] = {
    200: {"description": "iCalendar, RFC 5545", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}
}


def first_day(since: date | None, at: LocalTime) -> date:
    """The first day of a calendar. Raises Invalid for one that is years away: there is no plan for it."""
    since = at.day if since is None else since
    if abs(since - at.day) > timedelta(days=MOST_DAYS):
        raise Invalid("day-out-of-range", days=MOST_DAYS)
    return since


@router.get("/me/calendar", responses=documented(*READ, 404))
async def read_own(tx: Tx, at: AtLocal, who: Reading, since: Since = None, days: Days = 7) -> MyCalendarOut:
    """When one is on duty and by what. A switch without an end is shown for today alone."""
    since = first_day(since, at)
    [own] = await own_calendar(tx, who, since, days, at, with_switch=True)
    return MyCalendarOut(from_=since, days=days, periods=periods(own, at.zone))


async def own_calendar(
    session: AsyncSession, who: Caller, since: date, days: int, at: LocalTime, *, with_switch: bool
) -> list[CalendarOf]:
    """The caller's own calendar. Raises NotFound for an account that is nobody's."""
    own = await people(session, ids=[own_member(who)])
    return await calendars(session, own, since, days, at, with_switch=with_switch)


@router.get("/me/calendar.ics", response_class=Response, responses=ICS | documented(*READ, 404))
async def read_own_ics(tx: Tx, at: AtLocal, who: Reading, language: InLanguage) -> Response:
    """One's own duty of the next 62 days, planned as of now, for a calendar program."""
    own = await own_calendar(tx, who, at.day, LONGEST, at, with_switch=False)
    name = text("calendar.own_name", language)
    return ics(as_ics(name, own, at.now, at.zone, language, named=False))


@router.get("/units/{code}/calendar", responses=documented(*READ, 404))
async def read_unit(
    tx: Tx,
    at: AtLocal,
    who: Reading,
    code: Code,
    since: Since = None,
    days: Days = 7,
    limit: Limit = 50,
    after: After = None,
) -> UnitCalendarOut:
    """A unit's active members by number and when they are on duty; by the hour, how many of them all; hand-overs."""
    unit = await unit_for(tx, who, code, Action.DUTY_READ)
    since = first_day(since, at)
    found = await calendars(tx, await people(tx, unit=unit.code), since, days, at)
    last = cursor_id(after)
    begin = 0 if last is None else next((n for n, each in enumerate(found, 1) if each.person.id == last), 0)
    shown = page(found[begin : begin + limit + 1], limit, lambda each: each.person.id)
    ids = [each.person.id for each in found]
    until = since + timedelta(days=days - 1)
    return UnitCalendarOut(
        from_=since,
        days=days,
        items=[MemberCalendarOut.of(each, at.zone) for each in shown.items],
        next=shown.next,
        cover=cover(found, since, days),
        handovers=[
            HandoverOut.of(each, at.zone)
            for each in await handovers_between(tx, ids, since, until, OPEN_STATES)
        ],
    )


@router.get("/units/{code}/calendar.ics", response_class=Response, responses=ICS | documented(*READ, 404))
async def read_unit_ics(tx: Tx, at: AtLocal, who: Reading, language: InLanguage, code: Code) -> Response:
    """A unit's duty of the next 62 days, planned as of now, for a calendar program."""
    unit = await unit_for(tx, who, code, Action.DUTY_READ)
    members = await people(tx, unit=unit.code)
    found = await calendars(tx, members, at.day, LONGEST, at, with_switch=False)
    name = text("calendar.unit_name", language, unit=unit.name)
    return ics(as_ics(name, found, at.now, at.zone, language, named=True))


def ics(calendar: bytes) -> Response:
    """The answer; it is a person's, so nobody keeps it on the way."""
    return Response(calendar, media_type=MEDIA_TYPE, headers={"Cache-Control": "private, no-cache"})


@router.put("/units/{code}/calendar", status_code=204, responses=documented(*WRITE, 404))
async def write_unit(
    request: Request,
    tx: Tx,
    at: AtLocal,
    language: InLanguage,
    who: Annotated[Caller, Depends(allow(Action.DUTY_WRITE))],
    code: Code,
    body: UnitDaysIn,
) -> None:
    """Say when members of a unit are on or off duty on many days at once: all of it or, where anything is wrong,
    nothing. `errors` names all that is wrong."""
    unit = await unit_for(tx, who, code, Action.DUTY_WRITE)
    named = by_name(await people(tx, unit=unit.code))
    said = [
        Said(
            named.get(each.member, named.get(each.member.lower())),
            each.day,
            each.said_of(each.day),
            f"items.{n}.",
        )
        for n, each in enumerate(body.items)
    ]
    refuse(defects(said, at.day), language)
    wanted = {each.member_id for each in said if each.member_id is not None}
    locked = {each.member.id: each for each in await lock_members(tx, wanted)}
    if any(each.unit_code != unit.code for each in locked.values()):
        raise Again
    days = [SaidOf(locked[each.member_id], each.day, each.periods) for each in said if each.member_id]
    await replace_days(tx, days, at.now)
    note(request, unit=code, days=len(days), members=len(wanted))


def by_name(members: list[Person]) -> dict[str, UUID]:
    """The ids of members by their numbers and, in lower case, by themselves."""
    return {name: each.id for each in members for name in (str(each.id), each.number)}
