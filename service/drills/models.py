"""Drills: what was started where, whom a muster called, what an exercise posts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Json, Key, Timestamp


class Drill(Base):
    """A muster (点兵) or an exercise (练兵) in an area, for a limited time."""

    __tablename__ = "drill"
    __table_args__ = (
        Index(None, "area_code", "started_at"),
        CheckConstraint("kind IN ('muster', 'exercise')", name="kind"),
        CheckConstraint("started_at < until", name="period"),
    )

    id: Mapped[Key]
    kind: Mapped[str]
    title: Mapped[str]
    area_code: Mapped[str]
    area_name: Mapped[str]
    started_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    started_at: Mapped[Timestamp]
    until: Mapped[Timestamp]
    """Its end, however late whoever looks is."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    """None with `ended_at`: it ended by itself."""


class MusterCall(Base):
    """A muster called a member; the answer, if one came."""

    __tablename__ = "muster_call"
    __table_args__ = (
        Index(None, "member_id"),
        CheckConstraint("answer IN ('here', 'cannot')", name="answer"),
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answered"),
    )

    drill_id: Mapped[UUID] = mapped_column(ForeignKey("drill.id"), primary_key=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"), primary_key=True)
    unit_code: Mapped[str]
    """As it was then, as the next: a report stays what it was."""
    community_code: Mapped[str]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]


class DrillTask(Base):
    """One task of an exercise: posted as a drill when its time has come."""

    __tablename__ = "drill_task"
    __table_args__ = (UniqueConstraint("drill_id", "number"), Index(None, "task_id"))

    id: Mapped[Key]
    drill_id: Mapped[UUID] = mapped_column(ForeignKey("drill.id"))
    number: Mapped[int]
    due_at: Mapped[Timestamp]
    what: Mapped[Json]
    """The fields of `rules.Incident`."""
    task_id: Mapped[UUID | None] = mapped_column(ForeignKey("task.id"))
    problem: Mapped[str | None]
    """Why it could not be posted: the slug of the error."""
