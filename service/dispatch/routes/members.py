"""What a member's phone does: read offers, answer them, report from the way and the scene."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.guards import READ, WRITE, allow
from service.access.rules import Action, Caller
from service.dispatch.commands.answer import Answered, accept, decline
from service.dispatch.commands.confirm import confirm
from service.dispatch.commands.engage import move
from service.dispatch.guards import OnGround
from service.dispatch.queries.ground import Ground
from service.dispatch.queries.offers import own_offer, own_offers
from service.dispatch.rules import EngagementState, OfferState
from service.dispatch.schemas.offers import AcceptedOut, DeclinedOut, OfferOut
from service.dispatch.schemas.requests import ConfirmIn, DoneIn, NoIn
from service.dispatch.schemas.tasks import EngagementOut
from service.errors import NotFound
from service.geo.crs import Crs
from service.texts import Language
from service.web.asked import InCrs, InLanguage
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1", tags=["offers"], route_class=OnceRoute)

Answering = Annotated[Caller, Depends(allow(Action.OFFER_ANSWER))]
Moving = Annotated[Caller, Depends(allow(Action.ENGAGEMENT_MOVE))]
RESPONSES = documented(*WRITE, 404)


def member_of(who: Caller, kind: str) -> UUID:
    """The member that the caller is. Raises NotFound for an account that is nobody's: it has none of that kind."""
    if who.member_id is None:
        raise NotFound(kind)
    return who.member_id


def time_said(body: DoneIn | None) -> datetime | None:
    """When it was done, if the client says so."""
    return body.at if body else None


@router.get("/offers", responses=documented(*READ, 404))
async def read_offers(
    tx: Tx,
    now: Now,
    language: InLanguage,
    who: Annotated[Caller, Depends(allow(Action.OFFER_READ))],
    state: OfferState | None = None,
    limit: Limit = 50,
    after: After = None,
    crs: InCrs = Crs.CGCS2000,
) -> Page[OfferOut]:
    """The member's own offers, newest first."""
    own = await own_offers(tx, member_of(who, "offer"), limit, cursor_id(after), state=state, now=now)
    first = page(own, limit, key=lambda each: each.offer.id)
    return Page(
        items=[OfferOut.of(each, language=language, crs=crs, now=now) for each in first.items],
        next=first.next,
    )


async def answered_offer(
    session: AsyncSession, answered: Answered, language: Language, crs: Crs, now: Now
) -> OfferOut:
    """An offer after its answer."""
    own = await own_offer(session, answered.offer.id)
    return OfferOut.of(own, language=language, crs=crs, now=now)


@router.post("/offers/{offer_id}/accept", responses=RESPONSES)
async def accept_offer(
    offer_id: UUID,
    tx: Tx,
    now: Now,
    ground: OnGround,
    language: InLanguage,
    who: Answering,
    body: DoneIn | None = None,
    crs: InCrs = Crs.CGCS2000,
) -> AcceptedOut:
    """Say yes. It takes any open seat of the task, also late; with none left the offer is stood down."""
    answered = await accept(tx, ground, offer_id, member_of(who, "offer"), now, at=time_said(body))
    engagement = answered.engagement
    return AcceptedOut(
        offer=await answered_offer(tx, answered, language, crs, now),
        engagement=None if engagement is None else EngagementOut.of(engagement, now),
    )


@router.post("/offers/{offer_id}/decline", responses=RESPONSES)
async def decline_offer(
    offer_id: UUID,
    tx: Tx,
    now: Now,
    ground: OnGround,
    language: InLanguage,
    who: Answering,
    body: NoIn | None = None,
    crs: InCrs = Crs.CGCS2000,
) -> DeclinedOut:
    """Say no; the next best is asked at once."""
    reason = body.reason if body else None
    member_id = member_of(who, "offer")
    answered = await decline(tx, ground, offer_id, member_id, reason, now, at=time_said(body))
    return DeclinedOut(offer=await answered_offer(tx, answered, language, crs, now))


async def moved(
    session: AsyncSession,
    ground: Ground,
    engagement_id: UUID,
    to: EngagementState,
    now: Now,
    who: Caller,
    body: DoneIn | None,
    reason: str | None = None,
) -> EngagementOut:
    """One's own engagement after a move."""
    own = member_of(who, "engagement")
    at = time_said(body)
    engagement = await move(session, ground, engagement_id, to, now, member_id=own, reason=reason, at=at)
    return EngagementOut.of(engagement, now)


@router.post("/engagements/{engagement_id}/en-route", responses=RESPONSES)
async def en_route(
    engagement_id: UUID, tx: Tx, now: Now, ground: OnGround, who: Moving, body: DoneIn | None = None
) -> EngagementOut:
    """On the way."""
    return await moved(tx, ground, engagement_id, EngagementState.EN_ROUTE, now, who, body)


@router.post("/engagements/{engagement_id}/on-scene", responses=RESPONSES)
async def on_scene(
    engagement_id: UUID, tx: Tx, now: Now, ground: OnGround, who: Moving, body: DoneIn | None = None
) -> EngagementOut:
    """There."""
    return await moved(tx, ground, engagement_id, EngagementState.ON_SCENE, now, who, body)


@router.post("/engagements/{engagement_id}/release", responses=RESPONSES)
async def release(
    engagement_id: UUID, tx: Tx, now: Now, ground: OnGround, who: Moving, body: DoneIn | None = None
) -> EngagementOut:
    """Done, and free again."""
    return await moved(tx, ground, engagement_id, EngagementState.RELEASED, now, who, body)


@router.post("/engagements/{engagement_id}/withdraw", responses=RESPONSES)
async def withdraw(
    engagement_id: UUID, tx: Tx, now: Now, ground: OnGround, who: Moving, body: NoIn | None = None
) -> EngagementOut:
    """I can't after all: the seat opens, and the next best is asked at once."""
    reason = body.reason if body else None
    return await moved(tx, ground, engagement_id, EngagementState.WITHDRAWN, now, who, body, reason)


@router.post("/engagements/{engagement_id}/confirm", responses=RESPONSES)
async def say_how_one_is(
    engagement_id: UUID, tx: Tx, now: Now, who: Moving, body: ConfirmIn
) -> EngagementOut:
    """Say that one is well, as one is asked to on the scene; or that one needs help: the dispatcher is told at once."""
    own = member_of(who, "engagement")
    return EngagementOut.of(await confirm(tx, engagement_id, own, body.how, now, at=body.at), now)
