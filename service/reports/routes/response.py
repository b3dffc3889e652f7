"""Response over REST, and as a table."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from service.access.guards import READ, allow
from service.access.rules import Action, Caller
from service.dispatch.engine.problem import Mode
from service.errors import Invalid
from service.grids.queries.names import area_named
from service.reports.guards import threshold_in
from service.reports.queries.facts import Wanted
from service.reports.queries.over_time import samples
from service.reports.queries.response import GroupBy, names_for, response
from service.reports.schemas.response import OverTimeOut, ResponseOut
from service.reports.schemas.response_table import as_table
from service.roster.guards import AtLocal
from service.roster.rules import week_start
from service.web.asked import InLanguage
from service.web.fields import Code, Moment
from service.web.idempotency import OnceRoute
from service.web.problems import documented
from service.web.sheets import Sheet, table
from service.web.transaction import Tx

router = APIRouter(prefix="/api/v1/reports", tags=["reports"], route_class=OnceRoute)

FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            kind.media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
            for kind in Sheet
        }
    }
}


@router.get("/response", response_model=ResponseOut, responses={**documented(*READ), **FILES})
async def read_response(
    tx: Tx,
    at: AtLocal,
    language: InLanguage,
    who: Annotated[Caller, Depends(allow(Action.RESPONSE_READ))],
    since: Annotated[Moment | None, Query(description="Left out: Monday of this week, 00:00")] = None,
    until: Annotated[Moment | None, Query(description="Not included. Left out: now")] = None,
    area: Annotated[Code | None, Query(description="A division code: tasks in it and below")] = None,
    unit: Annotated[Code | None, Query(description="Tasks in the grids that it is responsible for")] = None,
    category: Annotated[Code | None, Query()] = None,
    mode: Mode | None = None,
    by: Annotated[GroupBy | None, Query(description="Divide the figures by this as well")] = None,
    drill: Annotated[bool, Query(description="Of drills instead of the real thing; never of both")] = False,
    format: Annotated[Sheet | None, Query(description="As a file instead of JSON")] = None,
) -> ResponseOut | Response:
    """How fast the tasks of a period were answered, filled and reached, what fell short and why; never of a person.

    Of a dispatcher's and an auditor's areas; a unit manager sees the tasks in their units' grids.
    """
    wanted = Wanted(
        since=since or week_start(at.now, at.zone),
        until=until or at.now,
        drill=drill,
        area=area,
        unit=unit,
        category=category,
        mode=mode,
    )
    if wanted.since >= wanted.until:
        raise Invalid("empty-period")
    if area is not None:
        await area_named(tx, area)
    found = await response(tx, who, wanted, by, at.zone.key, at.now)
    names = await names_for(tx, by, [each.key for each in found if each.key is not None])
    answer = ResponseOut.of(wanted, by, found, names)
    if format is None:
        return answer
    content = await asyncio.to_thread(table, format, *as_table(answer, language))
    name = f"response-{wanted.since.astimezone(at.zone):%Y%m%d}-{wanted.until.astimezone(at.zone):%Y%m%d}"
    return Response(
        content,
        media_type=format.media_type,
        headers={"Content-Disposition": f'attachment; filename="{name}.{format}"'},
    )


@router.get("/coverage", responses=documented(*READ))
async def read_over_time(
    tx: Tx,
    at: AtLocal,
    who: Annotated[Caller, Depends(allow(Action.COVERAGE_READ))],
    since: Annotated[Moment | None, Query(description="Left out: Monday of this week, 00:00")] = None,
    until: Annotated[Moment | None, Query(description="Not included. Left out: now")] = None,
    area: Annotated[Code | None, Query(description="A division code: the counties in it")] = None,
) -> OverTimeOut:
    """Coverage hour by hour, county by county, as it was reckoned then; by time and code."""
    since, until = since or week_start(at.now, at.zone), until or at.now
    if since >= until:
        raise Invalid("empty-period")
    if area is not None:
        await area_named(tx, area)
    found = await samples(tx, who, area, since, until)
    return OverTimeOut.of(found, lambda code: threshold_in(who, code))
