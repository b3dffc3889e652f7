"""Gaps and overlaps over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.access.guards import READ, allow
from service.access.rules import Action, Caller
from service.geo.crs import Crs
from service.grids.queries.siblings import sibling_faults_of
from service.reports.guards import areas_for, cursor_pair, pair_cursor
from service.reports.queries.defects import gaps, overlaps
from service.reports.schemas.defects import FaultOut, GapOut, OverlapOut
from service.web.asked import InCrs
from service.web.fields import Code
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Tx

router = APIRouter(prefix="/api/v1/coverage", tags=["coverage"], route_class=OnceRoute)

Reading = Annotated[Caller, Depends(allow(Action.COVERAGE_READ))]
InArea = Annotated[
    Code | None, Query(description="A division code; left out: all that is the caller's to see")
]
Slivers = Annotated[
    bool | None, Query(description="true: only drawing errors; false: none of them; left out: both")
]
WithGeometry = Annotated[bool, Query(description="The ground itself, in `crs`")]


@router.get("/gaps", responses=documented(*READ))
async def list_gaps(
    tx: Tx,
    who: Reading,
    area: InArea = None,
    slivers: Slivers = None,
    geometry: WithGeometry = False,
    limit: Limit = 50,
    after: After = None,
    crs: InCrs = Crs.CGCS2000,
) -> Page[GapOut]:
    """The ground for which no unit is responsible, by leaf grid, the largest first."""
    areas = await areas_for(tx, who, area)
    rows = await gaps(tx, areas, slivers, limit, cursor_id(after), geometry=geometry)
    found = page(rows, limit, key=lambda row: row.id)
    return Page(items=[GapOut.of(row, crs) for row in found.items], next=found.next)


@router.get("/overlaps", responses=documented(*READ))
async def list_overlaps(
    tx: Tx,
    who: Reading,
    area: InArea = None,
    slivers: Slivers = None,
    geometry: WithGeometry = False,
    limit: Limit = 50,
    after: After = None,
    crs: InCrs = Crs.CGCS2000,
) -> Page[OverlapOut]:
    """The ground that two party grids claim, by pair, the largest first."""
    areas = await areas_for(tx, who, area)
    rows = await overlaps(tx, areas, slivers, limit, cursor_pair(after), geometry=geometry)
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        items=[OverlapOut.of(row, crs) for row in rows[:limit]],
        next=last and pair_cursor(last.party_grid_a_id, last.party_grid_b_id),
    )


@router.get("/siblings", responses=documented(*READ))
async def list_sibling_faults(
    tx: Tx,
    who: Reading,
    area: Annotated[Code, Query(description="A division code: the siblings are the grids next below it")],
    geometry: WithGeometry = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 500,
    crs: InCrs = Crs.CGCS2000,
) -> Page[FaultOut]:
    """Where the grids next below an area overlap or leave gaps too narrow to be meant, with the very edges, the largest
    first; on one page, as most areas have none."""
    await areas_for(tx, who, area)
    faults = sorted(await sibling_faults_of(tx, area), key=lambda each: -each.fault.area_m2)
    return Page(items=[FaultOut.of(each, crs, geometry=geometry) for each in faults[:limit]], next=None)
