"""What a member's phone does: read offers, answer them, report from the way and the scene."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.guards import READ, WRITE, allow
from service.access.rules import Action, Caller
from service.dispatch.commands.answer import Answered, accept, decline
from service.dispatch.commands.engage import move
from service.dispatch.guards import InCrs, InLanguage, OnGround
from service.dispatch.queries.offers import own_offers
from service.dispatch.rules import EngagementState, OfferState
from service.dispatch.schemas.offers import AcceptedOut, DeclinedOut, OfferOut
from service.dispatch.schemas.requests import EndIn
from service.dispatch.schemas.tasks import EngagementOut
from service.errors import NotFound
from service.geo.crs import Crs
from service.tasks.models import Playbook
from service.texts import Language
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
        items=[OfferOut.of(*each, language=language, crs=crs, now=now) for each in first.items],
        next=first.next,
    )


async def answered_offer(
    session: AsyncSession, answered: Answered, language: Language, crs: Crs, now: Now
) -> OfferOut:
    """An offer after its answer."""
    playbook = await session.get_one(Playbook, answered.task.playbook_id)
    return OfferOut.of(
        answered.offer, answered.task, playbook, answered.engagement, language=language, crs=crs, now=now
    )


@router.post("/offers/{offer_id}/accept", responses=RESPONSES)
async def accept_offer(
    offer_id: UUID,
    tx: Tx,
    now: Now,
    ground: OnGround,
    language: InLanguage,
    who: Answering,
    crs: InCrs = Crs.CGCS2000,
) -> AcceptedOut:
    """Say yes. It takes any open seat of the task, also late; with none left the offer is stood down."""
    answered = await accept(tx, ground, offer_id, member_of(who, "offer"), now)
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
    body: EndIn | None = None,
    crs: InCrs = Crs.CGCS2000,
) -> DeclinedOut:
    """Say no; the next best is asked at once."""
    reason = body.reason if body else None
    answered = await decline(tx, ground, offer_id, member_of(who, "offer"), reason, now)
    return DeclinedOut(offer=await answered_offer(tx, answered, language, crs, now))


@router.post("/engagements/{engagement_id}/en-route", responses=RESPONSES)
async def en_route(engagement_id: UUID, tx: Tx, now: Now, ground: OnGround, who: Moving) -> EngagementOut:
    """On the way."""
    member_id = member_of(who, "engagement")
    moved = await move(tx, ground, engagement_id, EngagementState.EN_ROUTE, now, member_id=member_id)
    return EngagementOut.of(moved, now)


@router.post("/engagements/{engagement_id}/on-scene", responses=RESPONSES)
async def on_scene(engagement_id: UUID, tx: Tx, now: Now, ground: OnGround, who: Moving) -> EngagementOut:
    """There."""
    member_id = member_of(who, "engagement")
    moved = await move(tx, ground, engagement_id, EngagementState.ON_SCENE, now, member_id=member_id)
    return EngagementOut.of(moved, now)


@router.post("/engagements/{engagement_id}/release", responses=RESPONSES)
async def release(engagement_id: UUID, tx: Tx, now: Now, ground: OnGround, who: Moving) -> EngagementOut:
    """Done, and free again."""
    member_id = member_of(who, "engagement")
    moved = await move(tx, ground, engagement_id, EngagementState.RELEASED, now, member_id=member_id)
    return EngagementOut.of(moved, now)


@router.post("/engagements/{engagement_id}/withdraw", responses=RESPONSES)
async def withdraw(
    engagement_id: UUID, tx: Tx, now: Now, ground: OnGround, who: Moving, body: EndIn | None = None
) -> EngagementOut:
    """I can't after all: the seat opens, and the next best is asked at once."""
    member_id = member_of(who, "engagement")
    reason = body.reason if body else None
    moved = await move(
        tx, ground, engagement_id, EngagementState.WITHDRAWN, now, member_id=member_id, reason=reason
    )
    return EngagementOut.of(moved, now)
