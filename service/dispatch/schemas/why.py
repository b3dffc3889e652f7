"""What a member is told of a task that was near them: their own part of the ledger, and nothing of anybody else."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from service.dispatch.models import Offer
from service.dispatch.queries.ledger import Named
from service.dispatch.rules import OfferState
from service.dispatch.schemas.words import Voice, not_chosen_yourself
from service.tasks.models import Task


class OwnWaveOut(BaseModel):
    """A wave that did not ask the member, though they were among the nearest; and why."""

    number: int
    at: datetime
    travel_minutes: int | None = Field(description="Whole minutes; null where there was no known way")
    reason: str
    text: str

    @classmethod
    def of(cls, named: Named, voice: Voice) -> "OwnWaveOut":
        """The member's own entry of a wave."""
        return cls(
            number=named.number,
            at=named.at,
            travel_minutes=named.entry["travel_minutes"],
            reason=named.entry["reason"],
            text=not_chosen_yourself(named.entry, named.searched_minutes, voice.day(named.at), voice),
        )


class NearbyOut(BaseModel):
    """A task near which the member was, and the waves that did not ask them."""

    task_id: UUID
    category: str
    category_name: str
    drill: bool
    rough_place: str = Field(description="The name of the grid")
    posted_at: datetime
    waves: list[OwnWaveOut]

    @classmethod
    def of(cls, task: Task, named: Sequence[Named], voice: Voice) -> "NearbyOut":
        """As much of a task as a member is told before they are asked."""
        return cls(
            task_id=task.id,
            category=task.category,
            category_name=voice.names.categories[task.category],
            drill=task.drill,
            rough_place=task.grid_name,
            posted_at=task.created_at,
            waves=[OwnWaveOut.of(each, voice) for each in named],
        )


class WhyOut(BaseModel):
    """Whether a task asked the member; if so what became of it, if not why."""

    called: bool
    text: str
    waves: list[OwnWaveOut] = Field(
        description="Those that did not ask them, though they were among the nearest"
    )

    @classmethod
    def of(cls, offers: Sequence[Offer], named: Sequence[Named], voice: Voice, now: datetime) -> "WhyOut":
        """From a member's offers and own entries, at least one of either."""
        waves = [OwnWaveOut.of(each, voice) for each in named]
        text = voice.told(asked(offer, voice, now) for offer in offers) if offers else waves[-1].text
        return cls(called=bool(offers), text=text, waves=waves)


def asked(offer: Offer, voice: Voice, now: datetime) -> str:
    """When the member was asked, and what became of it. What is overdue has expired before the worker says so."""
    overdue = offer.state == OfferState.PENDING and offer.expires_at <= now
    state = OfferState.EXPIRED if overdue else offer.state
    at, until = (voice.moment(moment, voice.day(now)) for moment in (offer.created_at, offer.expires_at))
    return voice.say(f"asked.{state}", at=at, until=until)
