"""Playbooks, tasks and their seats."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Codes, Json, Key, Point, Timestamp


class Playbook(Base):
    """One version of the rules and guidance of a category; the newest in force applies to new tasks."""

    __tablename__ = "playbook"
    __table_args__ = (UniqueConstraint("category", "version"),)

    id: Mapped[Key]
    category: Mapped[str]
    version: Mapped[int]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    sections: Mapped[Json]
    """By mode: the fields of `dispatch.engine.problem.Section`."""
    guidance: Mapped[Json]
    """By language."""
    created_at: Mapped[Timestamp]


class Task(Base):
    """What has to be done, where, by when."""

    __tablename__ = "task"
    __table_args__ = (
        Index(None, "grid_code", postgresql_ops={"grid_code": "text_pattern_ops"}),
        Index(None, "created_at"),
        Index("ix_task_live", "state", postgresql_where=text("state IN ('open', 'staffed', 'under_way')")),
        CheckConstraint(
            "state IN ('open', 'staffed', 'under_way', 'closed', 'cancelled', 'expired')", name="state"
        ),
        CheckConstraint("mode IN ('normal', 'emergency')", name="mode"),
        CheckConstraint("urgency IN ('routine', 'urgent', 'critical')", name="urgency"),
    )

    id: Mapped[Key]
    category: Mapped[str]
    title: Mapped[str]
    instructions: Mapped[str | None]
    urgency: Mapped[str]
    mode: Mapped[str]
    drill: Mapped[bool]
    state: Mapped[str]
    location: Mapped[Point]
    lon: Mapped[float]
    lat: Mapped[float]
    """`location` once more, as numbers that need no decoding on the way out."""
    grid_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"))
    grid_code: Mapped[str]
    grid_name: Mapped[str]
    """As it was when the task was posted: all that a member is told of the place before accepting."""
    snapped_m: Mapped[float]
    """How far the place is from the grid that took it; 0 inside."""
    responsible_units: Mapped[Codes]
    playbook_id: Mapped[UUID] = mapped_column(ForeignKey("playbook.id"))
    step: Mapped[int]
    """Index into the playbook's steps of reach."""
    needed_by: Mapped[datetime | None]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[Timestamp]
    staffed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class Seat(Base):
    """One person's place in a task."""

    __tablename__ = "seat"
    __table_args__ = (UniqueConstraint("task_id", "number"),)

    id: Mapped[Key]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    number: Mapped[int]
    skills: Mapped[Codes]
    dropped_at: Mapped[datetime | None]
