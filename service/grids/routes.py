"""The map over REST."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from service.access.guards import READ, WRITE, allow
from service.access.rules import Action, Caller
from service.errors import NotFound, Refused
from service.geo.crs import Crs, to_cgcs2000
from service.grids.commands.links import switch_link
from service.grids.queries.at import grids_at
from service.grids.queries.links import links
from service.grids.queries.map import map_state
from service.grids.schemas import GridsAtOut, LinkOut, LinkSwitch, MapOut, PositionOut
from service.web.asked import InLanguage
from service.web.fields import Code, Moment
from service.web.idempotency import OnceRoute
from service.web.paging import Page
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1", tags=["grids"], route_class=OnceRoute)


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


@router.get("/links", responses=documented(*READ))
async def list_links(tx: Tx, who: Annotated[Caller, Depends(allow(Action.GRID_READ))]) -> Page[LinkOut]:
    """All links, by code: a city has few, so they are one page."""
    found = [LinkOut.model_validate(link, from_attributes=True) for link in await links(tx)]
    return Page(items=found, next=None)


@router.put("/links/{code}", responses=documented(*WRITE, 404))
async def put_link(
    code: Annotated[Code, Path()],
    body: LinkSwitch,
    tx: Tx,
    now: Now,
    who: Annotated[Caller, Depends(allow(Action.LINK_SWITCH))],
) -> LinkOut:
    """Close a link, or open it again, at either of whose ends one's area lies. Running tasks travel by the new map
    from their next wave."""
    found = await links(tx, code)
    if not found:
        raise NotFound("link")
    if not any(who.may_see_area(Action.LINK_SWITCH, end) for end in (found[0].grid_a, found[0].grid_b)):
        raise Refused("outside-your-area", code=found[0].grid_a)
    await switch_link(tx, code, open=body.open, now=now)
    return LinkOut.model_validate((await links(tx, code))[0], from_attributes=True)


@router.get("/map", responses=documented(*READ))
async def read_map(
    tx: Tx, language: InLanguage, who: Annotated[Caller, Depends(allow(Action.GRID_READ))]
) -> MapOut:
    """The edition of the map, how many grids it has, and what in it is made up."""
    state = await map_state(tx)
    notice = state.notice and state.notice[language]
    return MapOut(edition=state.edition, changed_at=state.changed_at, grids=state.grids, notice=notice)
