"""Answers kept so that a repeated request gets the same one."""

from uuid import UUID

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Timestamp


class KeptAnswer(Base):
    """One answered unsafe request, replayed for 24 h to the same account, route and key."""

    __tablename__ = "kept_answer"
    __table_args__ = (Index(None, "created_at"),)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[Timestamp]
