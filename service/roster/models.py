"""Units, members, skills, duty, presence. The roster holds what dispatch needs and nothing else."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Codes, Key, Point, Timestamp


class Unit(Base):
    """An organisation that owns party grids and members."""

    __tablename__ = "unit"
    __table_args__ = (Index(None, "office_grid_id"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str | None]
    kind: Mapped[str]
    office: Mapped[Point]
    office_grid_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"))
    invented: Mapped[bool] = mapped_column(default=False)
    """Made up for a demo: there is no such unit."""


class Member(Base):
    """A volunteer of one unit, also registered with the community where they live (双报到)."""

    __tablename__ = "member"
    __table_args__ = (
        Index(None, "home_grid_id"),
        Index(None, "unit_id"),
        CheckConstraint("tier IN ('normal', 'standby')", name="tier"),
    )

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"))
    home_grid_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"))
    home: Mapped[Point]
    """A point of the home community, not an address."""
    tier: Mapped[str]
    active: Mapped[bool]
    opted_out: Mapped[Codes]
    """Categories that law or health exclude."""
    created_at: Mapped[Timestamp]


class Skill(Base):
    """What a member can do."""

    __tablename__ = "skill"

    code: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]


class MemberSkill(Base):
    """A member has a skill, until the end of a day if one is named."""

    __tablename__ = "member_skill"

    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"), primary_key=True)
    skill_code: Mapped[str] = mapped_column(ForeignKey("skill.code"), primary_key=True)
    expires_on: Mapped[date | None]


class MemberLimits(Base):
    """What a member wants to be spared; each None is the city's default."""

    __tablename__ = "member_limits"
    __table_args__ = (
        CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name="quiet"),
        CheckConstraint("quiet_from BETWEEN 0 AND 1439 AND quiet_to BETWEEN 0 AND 1439", name="minutes"),
        CheckConstraint("weekly_hours >= 0", name="weekly_hours"),
    )

    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"), primary_key=True)
    weekly_hours: Mapped[float | None]
    """Of service in a calendar week, after which they are not asked."""
    quiet_from: Mapped[int | None]
    """Minute of the local day from which no routine offer is made, up to `quiet_to`, across midnight if that is less;
    equal: no quiet hours."""
    quiet_to: Mapped[int | None]
    unwanted: Mapped[Codes]
    """Categories that they would rather not be asked for; `Member.opted_out` is what law or health excludes."""


class DutySlot(Base):
    """A weekly period of duty in local minutes of the day; one that runs past midnight is two slots."""

    __tablename__ = "duty_slot"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("0 <= from_minute AND from_minute < to_minute AND to_minute <= 1440", name="minutes"),
    )

    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)
    """0 is Monday."""
    from_minute: Mapped[int] = mapped_column(primary_key=True)
    to_minute: Mapped[int]


class DutySwitch(Base):
    """A member's own switch, which overrules the calendar until its end."""

    __tablename__ = "duty_switch"
    __table_args__ = (CheckConstraint("state IN ('on', 'off')", name="state"),)

    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"), primary_key=True)
    state: Mapped[str]
    set_at: Mapped[Timestamp]
    until: Mapped[datetime | None]


class Presence(Base):
    """Last known position, one row a member. No spatial index: it is found by its grid."""

    __tablename__ = "presence"
    __table_args__ = (Index(None, "grid_id"),)

    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"), primary_key=True)
    at: Mapped[Timestamp]
    location: Mapped[Point]
    accuracy_m: Mapped[float]
    grid_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"))
    """The leaf grid that holds it or is nearest."""
    tracked_until: Mapped[datetime | None]
    """While this is ahead, positions are taken although the member is off duty."""
