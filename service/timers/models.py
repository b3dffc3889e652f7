"""Durable timers: what has to happen at a time, whoever is alive then."""

from uuid import UUID

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from service.db.base import Base, Key, Timestamp


class Timer(Base):
    """One thing due; its row is deleted in the transaction that does it."""

    __tablename__ = "timer"
    __table_args__ = (Index(None, "due_at"), UniqueConstraint("kind", "subject_id"))

    id: Mapped[Key]
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    due_at: Mapped[Timestamp]
    attempts: Mapped[int]
    last_error: Mapped[str | None]
