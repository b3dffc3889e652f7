"""Where people are reached, what they are to be told, and each attempt at it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Json, Key, Timestamp

WHOM = "(member_id IS NULL) <> (account_id IS NULL)"


class Contact(Base):
    """An address of a member, or of an account (a duty officer), on one channel."""

    __tablename__ = "contact"
    __table_args__ = (
        UniqueConstraint("member_id", "channel"),
        UniqueConstraint("account_id", "channel"),
        Index(None, "channel", "address"),
        CheckConstraint(WHOM, name="whom"),
    )

    id: Mapped[Key]
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    channel: Mapped[str]
    """The code of a channel of the settings."""
    address: Mapped[str]
    """What the channel needs: a telephone number, an e-mail address, a user's id."""
    created_at: Mapped[Timestamp]


class NotifyPreference(Base):
    """In which language a member is written to, and by which channels in which order."""

    __tablename__ = "notify_preference"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"), primary_key=True)
    language: Mapped[str]
    ladders: Mapped[Json]
    """By urgency, the codes of channels in their order; an urgency that is not there has the city's."""


class Notification(Base):
    """One thing that somebody is to be told, and how far up their ladder it has come."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("event_id", "member_id"),
        UniqueConstraint("event_id", "account_id"),
        Index(None, "member_id"),
        Index(None, "offer_id"),
        Index("ix_notification_due", "next_at", postgresql_where=text("state = 'waiting'")),
        CheckConstraint("state IN ('waiting', 'done', 'cancelled', 'dead')", name="state"),
        CheckConstraint(WHOM, name="whom"),
    )

    id: Mapped[Key]
    event_id: Mapped[int] = mapped_column(BigInteger)
    """The event of the outbox that it tells of; one tells nobody twice."""
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id"))
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    template: Mapped[str]
    """What is said, by its name in the catalogue of texts."""
    params: Mapped[Json]
    """What the words need, never a precise place before acceptance."""
    urgency: Mapped[str]
    task_id: Mapped[UUID | None] = mapped_column(ForeignKey("task.id"))
    offer_id: Mapped[UUID | None] = mapped_column(ForeignKey("offer.id"))
    state: Mapped[str]
    step: Mapped[int]
    """Index into the ladder: the next rung to be tried."""
    next_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]
    ended_at: Mapped[datetime | None]


class Delivery(Base):
    """Sending one notification by one channel, with its attempts."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index(None, "notification_id"),
        Index("ix_delivery_due", "next_at", postgresql_where=text("state = 'due'")),
        Index("ix_delivery_dead", "created_at", postgresql_where=text("state = 'dead'")),
        CheckConstraint("state IN ('due', 'sent', 'dead', 'cancelled')", name="state"),
    )

    id: Mapped[Key]
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notification.id"))
    channel: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int]
    next_at: Mapped[Timestamp]
    """Not tried before then. Whoever tries it moves this on first, so that nobody else does meanwhile."""
    last_error: Mapped[str | None]
    created_at: Mapped[Timestamp]
    ended_at: Mapped[datetime | None]


class ReplyCode(Base):
    """What answers an offer without a login, once: the secret of a link, or the digits of a text message."""

    __tablename__ = "reply_code"
    __table_args__ = (Index(None, "offer_id"), CheckConstraint("kind IN ('link', 'sms')", name="kind"))

    id: Mapped[Key]
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"))
    kind: Mapped[str]
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]
