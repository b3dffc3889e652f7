"""Offers as members read them: little before the yes, everything needed after it."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from service.dispatch.queries.offers import OwnOffer
from service.dispatch.schemas.tasks import EngagementOut
from service.geo.crs import Crs
from service.grids.schemas import PositionOut
from service.texts import Language, either, text


class DispatcherOut(BaseModel):
    """Whom to ask about a task."""

    name: str
    contact: str | None = Field(description="A telephone number or a channel; null: none was given")


class EngagedTaskOut(BaseModel):
    """What somebody who said yes needs to know."""

    id: UUID
    state: str
    title: str
    instructions: str | None
    location: PositionOut
    guidance: str
    needed_by: datetime | None
    dispatcher: DispatcherOut
    messages: int = Field(description="How many there are: GET /api/v1/tasks/{id}/messages has them")


class OfferOut(BaseModel):
    """A member's own offer. Until they accept: category, rough place, travel time."""

    id: UUID
    state: str
    message: str = Field(description="The state in words")
    category: str
    category_name: str
    urgency: str
    drill: bool
    rough_place: str = Field(description="The name of the grid")
    travel_minutes: int | None
    created_at: datetime
    expires_at: datetime
    task: EngagedTaskOut | None = Field(description="After acceptance")
    engagement: EngagementOut | None

    @classmethod
    def of(
        cls,
        own: OwnOffer,
        *,
        language: Language,
        crs: Crs,
        now: datetime,
    ) -> "OfferOut":
        """One offer as its member sees it now."""
        offer, task, playbook, engagement = own.offer, own.task, own.playbook, own.engagement
        return cls(
            id=offer.id,
            state=offer.state,
            message=text(f"offer.{offer.state}", language),
            category=task.category,
            category_name=either(language, playbook.name_zh, playbook.name_en),
            urgency=task.urgency,
            drill=task.drill,
            rough_place=task.grid_name,
            travel_minutes=None if offer.travel_minutes is None else int(offer.travel_minutes),
            created_at=offer.created_at,
            expires_at=offer.expires_at,
            task=None
            if engagement is None
            else EngagedTaskOut(
                id=task.id,
                state=task.state,
                title=task.title,
                instructions=task.instructions,
                location=PositionOut.of(task.lon, task.lat, crs),
                guidance=playbook.guidance[language],
                needed_by=task.needed_by,
                dispatcher=DispatcherOut(name=own.dispatcher, contact=own.contact),
                messages=own.messages,
            ),
            engagement=None if engagement is None else EngagementOut.of(engagement, now),
        )


class AcceptedOut(BaseModel):
    """After a yes; without a seat left the offer is stood down and the engagement null."""

    offer: OfferOut
    engagement: EngagementOut | None


class DeclinedOut(BaseModel):
    """After a no."""

    offer: OfferOut
