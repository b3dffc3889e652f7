"""Accounts, the devices that hold their refresh tokens, enrolment codes, API keys, the audit, failed attempts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Codes, Json, Key, Timestamp


class Account(Base):
    """Who may call: roles say what, areas and units say where. A member's account names the member."""

    __tablename__ = "account"

    id: Mapped[Key]
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    """None for an account that is only reached by an enrolled phone."""
    display_name: Mapped[str]
    contact: Mapped[str | None]
    """How those whom a dispatcher has sent out reach the desk: a telephone number, a channel."""
    roles: Mapped[Codes]
    areas: Mapped[Codes]
    units: Mapped[Codes]
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id"), unique=True)
    active: Mapped[bool]
    created_at: Mapped[Timestamp]


class Device(Base):
    """One phone or browser; its refresh token is stored as SHA-256 and may be revoked at any time."""

    __tablename__ = "device"
    __table_args__ = (Index(None, "account_id"),)

    id: Mapped[Key]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str]
    """phone: enrolled, its token stays the same; session: from a password, its token changes at each use."""
    name: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[Timestamp]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class EnrolmentCode(Base):
    """A one-time code from the unit manager that turns a phone into a member's device."""

    __tablename__ = "enrolment_code"
    __table_args__ = (Index(None, "member_id"),)

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_by: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[Timestamp]
    expires_at: Mapped[Timestamp]
    used_at: Mapped[datetime | None]


class ApiKey(Base):
    """A key that a program reads with for an account: a map client, a script. It is stored as SHA-256."""

    __tablename__ = "api_key"
    __table_args__ = (Index(None, "account_id"),)

    id: Mapped[Key]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    prefix: Mapped[str]
    """Its first characters, by which its owner tells it from others."""
    actions: Mapped[Codes]
    """What it may do of what its account may: some of `rules.READ_ACTIONS`."""
    created_at: Mapped[Timestamp]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    """To the minute."""
    revoked_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Who did or was refused what, when."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "at"), Index(None, "account_id", "at"))

    id: Mapped[Key]
    at: Mapped[Timestamp]
    account_id: Mapped[UUID | None]
    username: Mapped[str | None]
    action: Mapped[str]
    outcome: Mapped[str]
    """done, refused or failed."""
    subject: Mapped[str | None]
    request_id: Mapped[str | None]
    detail: Mapped[Json]


class Attempts(Base):
    """Failed attempts of one kind by one subject (a username, an address), in the current window."""

    __tablename__ = "attempts"

    subject: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    window_until: Mapped[Timestamp]
