"""What was imported, what each import changed, and how far a running one has got."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Json, Key, Timestamp


class Import(Base):
    """One import that was stored, or the undoing of one."""

    __tablename__ = "import"
    __table_args__ = (
        Index(None, "at"),
        CheckConstraint(
            "kind IN ('governance-grids', 'party-grids', 'links', 'units', 'members')", name="kind"
        ),
    )

    id: Mapped[Key]
    kind: Mapped[str]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    """None: by the command line."""
    at: Mapped[Timestamp]
    file_name: Mapped[str]
    report: Mapped[Json]
    """What the caller was told: `imports.schemas.ReportOut`."""
    edition: Mapped[int | None] = mapped_column(BigInteger)
    """The map's, after it; None where it left the map alone."""
    undoes: Mapped[UUID | None] = mapped_column(ForeignKey("import.id"), unique=True)
    """The import that this one took back."""


class ImportChange(Base):
    """One thing that an import changed: what was there before it (None: nothing) and after it."""

    __tablename__ = "import_change"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("import.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    code: Mapped[str]
    before: Mapped[Json | None]
    """A grid's version by its id; a link, a unit or a member by its values."""
    after: Mapped[Json | None]


class ImportProgress(Base):
    """How far an import is that runs now. Written in transactions of its own, so that others can read it."""

    __tablename__ = "import_progress"

    id: Mapped[Key]
    """Of the client's making."""
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    at: Mapped[Timestamp]
    stage: Mapped[str]
    done: Mapped[int]
    total: Mapped[int | None]
