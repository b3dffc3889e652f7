"""Hours of service, counted once (双报到): sums for those who answer for areas and units, and one's own."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.access.guards import READ, allow
from service.access.rules import Action, Caller
from service.dispatch.queries.hours import own_hours, sums, week_hours
from service.dispatch.schemas.hours import HoursOut, OwnHoursOut, OwnHoursPage, WeekOut
from service.errors import Invalid
from service.grids.queries.names import names_of
from service.roster.guards import AtLocal, CityLimits, own_member
from service.roster.queries.limits import limits_of
from service.roster.rules import week_start
from service.web.asked import InLanguage
from service.web.fields import Moment
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Tx

router = APIRouter(prefix="/api/v1", tags=["hours"], route_class=OnceRoute)


@router.get("/hours", responses=documented(*READ))
async def read_hours(
    tx: Tx,
    at: AtLocal,
    who: Annotated[Caller, Depends(allow(Action.HOURS_READ))],
    since: Annotated[Moment | None, Query(description="Left out: Monday of this week, 00:00")] = None,
    until: Annotated[Moment | None, Query(description="Left out: now")] = None,
) -> HoursOut:
    """Hours of service within a period: what began in working hours by unit, the rest by home community.

    Of the tasks in a dispatcher's or auditor's areas; of a unit manager's units what counts for them.
    """
    since = since or week_start(at.now, at.zone)
    until = until or at.now
    if since >= until:
        raise Invalid("empty-period")
    found = await sums(tx, who, since, until, at.now)
    names = await names_of(tx, [each.code for each in found.by_community])
    return HoursOut.of(since, until, found, names)


@router.get("/me/hours", responses=documented(*READ, 404))
async def read_own_hours(
    tx: Tx,
    at: AtLocal,
    city: CityLimits,
    language: InLanguage,
    who: Annotated[Caller, Depends(allow(Action.ENGAGEMENT_READ))],
    limit: Limit = 50,
    after: After = None,
) -> OwnHoursPage:
    """One's own engagements, newest first, what each counts and for whom; and this week beside its ceiling."""
    member_id = own_member(who)
    since = week_start(at.now, at.zone)
    week = WeekOut(
        since=since,
        hours=round(await week_hours(tx, member_id, since, at.now), 2),
        ceiling=(await limits_of(tx, member_id)).in_force(city).weekly_hours,
    )
    own = await own_hours(tx, member_id, limit, cursor_id(after), now=at.now)
    first = page(own, limit, key=lambda each: each.engagement.id)
    return OwnHoursPage(
        items=[OwnHoursOut.of(each, language) for each in first.items], next=first.next, week=week
    )
