"""Durable timers: what has to happen at a time, whoever is alive then; and how workers share them by area."""

from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Key, Timestamp


class Timer(Base):
    """One thing due; its row is deleted in the transaction that does it."""

    __tablename__ = "timer"
    __table_args__ = (Index(None, "due_at"), Index(None, "area"), UniqueConstraint("kind", "subject_id"))

    id: Mapped[Key]
    area: Mapped[str]
    """The share that it belongs to: see `Share`."""
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    due_at: Mapped[Timestamp]
    attempts: Mapped[int]
    last_error: Mapped[str | None]


class Worker(Base):
    """A registration of a running worker; one that is not seen for the takeover time is taken for dead."""

    __tablename__ = "worker"

    id: Mapped[Key]
    name: Mapped[str]
    """Host and process, for people."""
    started_at: Mapped[Timestamp]
    seen_at: Mapped[Timestamp]


class Share(Base):
    """The timers of one area, and the worker registration that does them.

    The fence: a worker's transaction holds its share's row while it does a timer, so a share changes hands
    only between two timers, and a worker that lost its share finds nothing to do there.
    """

    __tablename__ = "share"

    area: Mapped[str] = mapped_column(primary_key=True)
    worker_id: Mapped[UUID | None]
    taken_at: Mapped[Timestamp]
