"""平急调度 over REST: preview, activate, end, and the history."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.guards import READ, WRITE, allow, note
from service.access.rules import Action, Caller
from service.dispatch.commands import activate as commands
from service.dispatch.commands.preview import preview as preview_effects
from service.dispatch.guards import OnGround
from service.dispatch.routes.tasks import CodeFilter
from service.dispatch.schemas.activations import ActivatedOut, ActivationIn, ActivationOut, EffectsOut, MaySee
from service.dispatch.schemas.requests import EndIn
from service.errors import Refused
from service.grids.queries.names import Area, area_named
from service.tasks.queries.activations import (
    ActivationState,
    activation_by_id,
    list_activations,
)
from service.web.fields import Moment
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1/activations", tags=["activations"], route_class=OnceRoute)

Reading = Annotated[Caller, Depends(allow(Action.ACTIVATION_READ))]
Writing = Annotated[Caller, Depends(allow(Action.ACTIVATION_WRITE))]


async def area_for(session: AsyncSession, who: Caller, code: str) -> Area:
    """An area that the caller may activate. Raises Invalid for one that is not there, Refused for others."""
    area = await area_named(session, code)
    if not who.may_see_area(Action.ACTIVATION_WRITE, area.code):
        raise Refused("outside-your-area", code=area.code)
    return area


def may_see(who: Caller) -> MaySee:
    """Which members are the caller's to see, by the code of their home."""
    return partial(who.may_see_area, Action.ROSTER_READ)


@router.post("", status_code=201, responses=documented(*WRITE))
async def activate(
    request: Request, body: ActivationIn, tx: Tx, now: Now, ground: OnGround, who: Writing
) -> ActivatedOut:
    """Put an area and all below it into emergency at a level, for a limited time, now or later.

    The live tasks in it turn at once, or when it begins. It ends by itself.
    """
    note(request, area=body.area, level=body.level)
    new = body.new_activation(await area_for(tx, who, body.area), now)
    made = await commands.activate(tx, ground, new, by=who.account_id, now=now)
    note(request, activation_id=str(made.activation.id))
    return ActivatedOut.made(made.activation, made.effects, may_see(who), now)


@router.post("/preview", responses=documented(*WRITE))
async def preview(body: ActivationIn, tx: Tx, now: Now, ground: OnGround, who: Writing) -> EffectsOut:
    """What the same body would change if it were sent to `POST /activations` now; nothing does."""
    new = body.new_activation(await area_for(tx, who, body.area), now)
    return EffectsOut.of(await preview_effects(tx, ground, new, now), may_see(who))


@router.post("/{activation_id}/end", responses=documented(*WRITE, 404))
async def end(
    request: Request, activation_id: UUID, tx: Tx, now: Now, who: Writing, body: EndIn | None = None
) -> ActivationOut:
    """End an activation before its time, or call off one that is planned. Repeats are harmless."""
    activation = await activation_by_id(tx, activation_id)
    if not who.may_see_area(Action.ACTIVATION_WRITE, activation.area_code):
        raise Refused("outside-your-area", code=activation.area_code)
    reason = body.reason if body else None
    note(request, area=activation.area_code, level=activation.level)
    return ActivationOut.of(await commands.end(tx, activation_id, reason, by=who.account_id, now=now), now)


@router.get("", responses=documented(*READ))
async def read_list(
    tx: Tx,
    now: Now,
    who: Reading,
    area: Annotated[
        CodeFilter, Query(description="A division code: what concerns it, its own, those above and below")
    ] = None,
    state: ActivationState | None = None,
    since: Moment | None = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[ActivationOut]:
    """The activations of the city, those that have ended too, the last made first."""
    found = await list_activations(tx, limit, cursor_id(after), now=now, area=area, state=state, since=since)
    first = page(found, limit, key=lambda activation: activation.id)
    return Page(items=[ActivationOut.of(each, now) for each in first.items], next=first.next)


@router.get("/{activation_id}", responses=documented(*READ, 404))
async def read(activation_id: UUID, tx: Tx, now: Now, who: Reading) -> ActivationOut:
    """One activation."""
    return ActivationOut.of(await activation_by_id(tx, activation_id), now)
