"""The outbox: everything that happened, written in the transaction that did it."""

from uuid import UUID

from sqlalchemy import BigInteger, Index, Sequence, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Codes, Json, Timestamp

outbox_id = Sequence("outbox_id_seq", metadata=Base.metadata)


class Event(Base):
    """One event and whom it concerns. `data` holds grids and minutes, never a member's coordinates."""

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "at"), Index(None, "task_id"), Index(None, "xact", "id"))

    id: Mapped[int] = mapped_column(
        BigInteger, outbox_id, primary_key=True, server_default=outbox_id.next_value()
    )
    xact: Mapped[int] = mapped_column(BigInteger, server_default=text("pg_current_xact_id()::text::bigint"))
    """The writing transaction, so that a reader never runs ahead of one that is still open."""
    at: Mapped[Timestamp]
    kind: Mapped[str]
    area_code: Mapped[str | None]
    unit_codes: Mapped[Codes]
    task_id: Mapped[UUID | None]
    member_id: Mapped[UUID | None]
    data: Mapped[Json]


class Reader(Base):
    """How far a reader that must miss nothing and do nothing twice has come in the outbox."""

    __tablename__ = "outbox_reader"

    name: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[str]
    """Opaque: `follow` made it."""
