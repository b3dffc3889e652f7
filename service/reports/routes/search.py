"""Search over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.access.guards import READ, allow
from service.access.rules import Action, Caller
from service.geo.crs import Crs
from service.reports.queries.search import search
from service.reports.schemas.search import HitOut, HitsOut
from service.web.asked import InCrs
from service.web.fields import Line
from service.web.idempotency import OnceRoute
from service.web.problems import documented
from service.web.transaction import Tx

router = APIRouter(prefix="/api/v1/search", tags=["grids"], route_class=OnceRoute)


@router.get("", responses=documented(*READ))
async def read_search(
    tx: Tx,
    who: Annotated[Caller, Depends(allow(Action.GRID_READ))],
    q: Annotated[Line, Query(description="A part of a name in either language, or a whole code")],
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    crs: InCrs = Crs.CGCS2000,
) -> HitsOut:
    """Areas, party grids and the posts of units by a part of their name, or by their code."""
    found = await search(tx, q, limit + 1)
    return HitsOut(items=[HitOut.of(hit, crs) for hit in found[:limit]], more=len(found) > limit)
