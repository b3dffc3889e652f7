"""Waves with their ledger, offers, engagements, escalations. The partial unique indexes are the guarantees."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Codes, Json, Key, Timestamp

LIVE = text("state IN ('accepted', 'en_route', 'on_scene')")
PENDING = text("state = 'pending'")


class Wave(Base):
    """One round of offers for a task, with the reach and the reasons it was made with."""

    __tablename__ = "wave"
    __table_args__ = (
        UniqueConstraint("task_id", "number"),
        Index(None, "considered", postgresql_using="gin"),
    )

    id: Mapped[Key]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    number: Mapped[int]
    trigger: Mapped[str]
    """Why it was planned: one of `rules.Trigger`."""
    mode: Mapped[str]
    level: Mapped[str | None]
    batch_id: Mapped[UUID | None]
    """The waves that were matched together have the same one; None: planned alone."""
    step: Mapped[int]
    """Index into the playbook's steps of reach, as far as the search went."""
    playbook_version: Mapped[int]
    reach_minutes: Mapped[float]
    searched_minutes: Mapped[float]
    target_probability: Mapped[float]
    probability: Mapped[float]
    offers_until: Mapped[datetime | None]
    chosen: Mapped[Json]
    not_chosen: Mapped[Json]
    considered: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    """Whom `not_chosen` names, so that they can be found by it."""
    people: Mapped[int]
    """Within `searched_minutes`: those asked and all that `counts` counts."""
    counts: Mapped[Json]
    shortfall: Mapped[Json]
    overrule_reason: Mapped[str | None]
    planned_by: Mapped[UUID | None]
    """The account that asked for it; None when the service did by itself."""
    created_at: Mapped[Timestamp]


class Offer(Base):
    """Asking one member to take one seat."""

    __tablename__ = "offer"
    __table_args__ = (
        Index("uq_offer_pending_member", "member_id", unique=True, postgresql_where=PENDING),
        Index(None, "member_id", "created_at"),
        Index(None, "task_id"),
        Index(None, "wave_id"),
        CheckConstraint(
            "state IN ('pending', 'accepted', 'declined', 'expired', 'stood_down', 'superseded', 'cancelled')",
            name="state",
        ),
    )

    id: Mapped[Key]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    wave_id: Mapped[UUID] = mapped_column(ForeignKey("wave.id"))
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("seat.id"))
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"))
    precedence: Mapped[str]
    state: Mapped[str]
    travel_minutes: Mapped[float | None]
    """Whole minutes; None where the member cannot get there by any known way."""
    acceptance: Mapped[float]
    created_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]
    answer: Mapped[str | None]
    """The member's own yes or no, which is never contradicted."""
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    decline_reason: Mapped[str | None]


class Engagement(Base):
    """A member's commitment after accepting."""

    __tablename__ = "engagement"
    __table_args__ = (
        Index("uq_engagement_live_member", "member_id", unique=True, postgresql_where=LIVE),
        Index("uq_engagement_live_seat", "seat_id", unique=True, postgresql_where=LIVE),
        Index(None, "task_id"),
        Index(None, "member_id", "accepted_at"),
        CheckConstraint(
            "state IN ('accepted', 'en_route', 'on_scene',"
            " 'released', 'withdrawn', 'no_show', 'preempted', 'cancelled')",
            name="state",
        ),
        CheckConstraint("counted_for IN ('unit', 'community')", name="counted_for"),
    )

    id: Mapped[Key]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    seat_id: Mapped[UUID] = mapped_column(ForeignKey("seat.id"))
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"))
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"), unique=True)
    precedence: Mapped[str]
    state: Mapped[str]
    accepted_at: Mapped[Timestamp]
    move_by: Mapped[Timestamp]
    """Not moved by then: shown as a likely no-show."""
    en_route_at: Mapped[datetime | None]
    on_scene_at: Mapped[datetime | None]
    confirm_by: Mapped[datetime | None]
    """On the scene: when the member is next to say that they are well; past it they are overdue."""
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    rest_until: Mapped[datetime | None]
    """After it ended: not asked again before then."""
    counted_for: Mapped[str]
    """双报到: the hours count once, for the `unit` or the `community`."""


class Escalation(Base):
    """纵横统筹: one rung of a task's ladder, and who was told."""

    __tablename__ = "escalation"
    __table_args__ = (UniqueConstraint("task_id", "number"),)

    id: Mapped[Key]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    number: Mapped[int]
    rung: Mapped[str]
    """One of `rules.Rung`."""
    area_code: Mapped[str | None]
    """Of the town, county or city; None on a horizontal rung."""
    unit_codes: Mapped[Codes]
    """On a horizontal rung."""
    officers: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    """The accounts of the duty officers who were told."""
    at: Mapped[Timestamp]
