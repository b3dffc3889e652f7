"""The map over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from service.access.guards import READ, allow
from service.access.rules import Action, Caller
from service.geo.crs import Crs, to_cgcs2000
from service.grids.queries import grids_at, map_state
from service.grids.schemas import GridsAtOut, MapOut, PositionOut
from service.texts import choose
from service.web.fields import Moment
from service.web.problems import documented
from service.web.transaction import Tx

router = APIRouter(prefix="/api/v1", tags=["grids"])


@router.get("/grids/at", responses=documented(*READ))
async def read_grids_at(
    tx: Tx,
    who: Annotated[Caller, Depends(allow(Action.GRID_READ))],
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    crs: Annotated[Crs, Query(description="Of lon and lat, and of the position in the answer")],
    on: Annotated[Moment | None, Query(description="A past time; now when left out")] = None,
) -> GridsAtOut:
    """The governance chain and the party grids at a point, with the metres to the nearest boundary."""
    to_lon, to_lat = to_cgcs2000(lon, lat, crs)
    at = await grids_at(tx, float(to_lon), float(to_lat), on)
    return GridsAtOut.of(at, PositionOut.of(float(to_lon), float(to_lat), crs), on)


@router.get("/map", responses=documented(*READ))
async def read_map(
    request: Request, tx: Tx, who: Annotated[Caller, Depends(allow(Action.GRID_READ))]
) -> MapOut:
    """The edition of the map, how many grids it has, and what in it is made up."""
    state = await map_state(tx)
    notice = state.notice and state.notice[choose(request.headers.get("accept-language"))]
    return MapOut(edition=state.edition, changed_at=state.changed_at, grids=state.grids, notice=notice)
