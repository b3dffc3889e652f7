"""Playbooks, activations, tasks, their seats and messages."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
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
    levels: Mapped[Json]
    """By level of activation: the fields of the emergency section that it sets otherwise."""
    ladder: Mapped[Json]
    """纵横统筹: [{"rung", "minutes"}], who is told while seats are open, so long after they came open."""
    guidance: Mapped[Json]
    """By language."""
    created_at: Mapped[Timestamp]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    """None: it came with the service."""


class Activation(Base):
    """启动: an area and all below it in emergency at a level, for a limited time."""

    __tablename__ = "activation"
    __table_args__ = (
        Index(None, "area_code", "until"),
        ExcludeConstraint(
            ("area_code", "="),
            (func.tstzrange(text("from_at"), text("until")), "&&"),
            name="ex_activation_no_overlap",
            using="gist",
            where=text("ended_at IS NULL"),
        ),
        CheckConstraint("level IN ('I', 'II', 'III', 'IV')", name="level"),
        CheckConstraint("from_at < until", name="period"),
    )

    id: Mapped[Key]
    grid_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"))
    area_code: Mapped[str]
    area_name: Mapped[str]
    level: Mapped[str]
    reason: Mapped[str]
    from_at: Mapped[Timestamp]
    until: Mapped[Timestamp]
    """Its end, however late whoever looks is: what is over does not apply, before anybody has said so."""
    created_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[Timestamp]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    """None with `ended_at`: it ended by itself."""
    end_reason: Mapped[str | None]


class Task(Base):
    """What has to be done, where, by when."""

    __tablename__ = "task"
    __table_args__ = (
        Index(None, "grid_code", postgresql_ops={"grid_code": "text_pattern_ops"}),
        Index(None, "created_at"),
        Index("ix_task_queued", "created_at", postgresql_where=text("queued_for IS NOT NULL")),
        Index("ix_task_live", "state", postgresql_where=text("state IN ('open', 'staffed', 'under_way')")),
        CheckConstraint(
            "state IN ('open', 'staffed', 'under_way', 'closed', 'cancelled', 'expired')", name="state"
        ),
        CheckConstraint("mode IN ('normal', 'emergency')", name="mode"),
        CheckConstraint("level IN ('I', 'II', 'III', 'IV')", name="level"),
        CheckConstraint("urgency IN ('routine', 'urgent', 'critical')", name="urgency"),
    )

    id: Mapped[Key]
    category: Mapped[str]
    title: Mapped[str]
    instructions: Mapped[str | None]
    urgency: Mapped[str]
    mode: Mapped[str]
    level: Mapped[str | None]
    """In an emergency the level whose parameters apply; None in normal mode."""
    drill: Mapped[bool]
    state: Mapped[str]
    queued_for: Mapped[str | None]
    """Why its next wave is wanted (a `dispatch.rules.Trigger`), while it waits for the batch; else None."""
    open_since: Mapped[Timestamp]
    """When its seats came open, the last time that they were all filled before: the ladder counts from here."""
    rung: Mapped[int]
    """Index into the playbook's ladder: the next rung to be told."""
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
    neighbour_units: Mapped[Codes]
    """Responsible for the grids next to it, and not for its own."""
    residents_of: Mapped[str | None]
    """A community's code: only those who live there are asked."""
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


class Message(Base):
    """What a dispatcher tells those who are engaged in a task."""

    __tablename__ = "message"
    __table_args__ = (Index(None, "task_id"),)

    id: Mapped[Key]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    at: Mapped[Timestamp]
    text: Mapped[str]


class Note(Base):
    """What a dispatcher writes down about a task, for dispatchers and auditors."""

    __tablename__ = "note"
    __table_args__ = (Index(None, "task_id"),)

    id: Mapped[Key]
    task_id: Mapped[UUID] = mapped_column(ForeignKey("task.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    at: Mapped[Timestamp]
    text: Mapped[str]
