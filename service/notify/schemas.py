"""Notifications, channels and contacts as they are asked for and answered. Nothing here holds a channel's secrets."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from service.notify.channels import Channel
from service.notify.models import Delivery
from service.notify.queries.board import Count, Told
from service.notify.rules import Kind, State
from service.tasks.rules import Urgency
from service.texts import Language
from service.web.fields import Body, Code, Line


class ContactIn(Body):
    """Where somebody is reached by a channel."""

    address: Line


class ContactOut(BaseModel):
    """A channel of the city, and one's address on it."""

    channel: str
    kind: Kind
    name: str
    address: str | None = Field(description="Null: not reached by it")

    @classmethod
    def of(cls, channel: Channel, address: str | None, language: Language) -> "ContactOut":
        """One channel."""
        return cls(channel=channel.code, kind=channel.kind, name=channel.name(language), address=address)


class NotifyIn(Body):
    """In which language one is written to, and by which channels in which order."""

    language: Language = Language.ZH
    ladders: dict[Urgency, Annotated[list[Code], Field(min_length=1, max_length=10)]] = Field(
        default={}, description="By urgency; one that is left out has the city's"
    )


class RungOut(BaseModel):
    """One step of a ladder."""

    channel: str = Field(description="A channel's code, or duty_officer")
    minutes: float = Field(description="Until the next one's turn")


class NotifyOut(BaseModel):
    """What one wants, and what follows from it."""

    language: Language
    ladders: dict[str, list[str]] = Field(description="One's own, by urgency")
    in_force: dict[str, list[RungOut]] = Field(description="What holds, by urgency")


class ChannelOut(BaseModel):
    """A channel, and how it is doing."""

    code: str
    kind: Kind
    name_zh: str
    name_en: str
    takes_replies: bool
    due: int = Field(description="Deliveries that are to be sent, or tried again")
    dead: int = Field(description="Deliveries that were given up")
    last_success: datetime | None

    @classmethod
    def of(cls, channel: Channel, count: Count) -> "ChannelOut":
        """One channel."""
        return cls(
            code=channel.code,
            kind=channel.kind,
            name_zh=channel.name_zh,
            name_en=channel.name_en,
            takes_replies=channel.reply_secret is not None,
            due=count.due,
            dead=count.dead,
            last_success=count.last_success,
        )


class TestOut(BaseModel):
    """What a gateway made of a test."""

    sent: bool
    error: str | None = Field(description="What it said, without addresses and secrets")


class DeliveryOut(BaseModel):
    """Sending by one channel."""

    channel: str
    state: str
    attempts: int
    last_error: str | None
    next_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryOut":
        """One delivery."""
        return cls(
            channel=delivery.channel,
            state=delivery.state,
            attempts=delivery.attempts,
            last_error=delivery.last_error,
            next_at=delivery.next_at if delivery.state == "due" else None,
            ended_at=delivery.ended_at,
        )


class NotificationOut(BaseModel):
    """A notification, whom it is for and what became of it; no address."""

    id: UUID
    about: str = Field(description="What it tells of")
    state: State
    urgency: str
    member: str | None = Field(description="The member's number")
    account: str | None = Field(description="A duty officer's username")
    task_id: UUID | None
    created_at: datetime
    ended_at: datetime | None
    deliveries: list[DeliveryOut]

    @classmethod
    def of(cls, told: Told) -> "NotificationOut":
        """One notification."""
        each = told.notification
        return cls(
            id=each.id,
            about=each.template,
            state=State(each.state),
            urgency=each.urgency,
            member=told.member_number,
            account=told.username,
            task_id=each.task_id,
            created_at=each.created_at,
            ended_at=each.ended_at,
            deliveries=[DeliveryOut.of(delivery) for delivery in told.deliveries],
        )


class ReplyOut(BaseModel):
    """What became of a text message, for the gateway to send back."""

    taken: bool
    text: str
