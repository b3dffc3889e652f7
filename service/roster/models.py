"""Units, members, skills, duty, presence, check-ins. The roster holds what dispatch needs and nothing else."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base, Codes, Key, OptionalPoint, Point, Timestamp


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
    erased_at: Mapped[datetime | None]
    """Since then nothing here leads to a person; what is counted of them still counts."""


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


class DutyException(Base):
    """On one local day a member is on or off duty otherwise than their week says; one past midnight is two."""

    __tablename__ = "duty_exception"
    __table_args__ = (
        CheckConstraint("0 <= from_minute AND from_minute < to_minute AND to_minute <= 1440", name="minutes"),
    )

    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    from_minute: Mapped[int] = mapped_column(primary_key=True)
    to_minute: Mapped[int]
    on_duty: Mapped[bool]


class Handover(Base):
    """A member asks another to take their duty over on one local day."""

    __tablename__ = "handover"
    __table_args__ = (
        Index(None, "from_member_id"),
        Index(None, "to_member_id"),
        CheckConstraint("state IN ('proposed', 'accepted', 'declined', 'cancelled')", name="state"),
        CheckConstraint("from_member_id <> to_member_id", name="two_people"),
        CheckConstraint("0 <= from_minute AND from_minute < to_minute AND to_minute <= 1440", name="minutes"),
    )

    id: Mapped[Key]
    from_member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"))
    to_member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"))
    day: Mapped[date]
    from_minute: Mapped[int]
    to_minute: Mapped[int]
    state: Mapped[str]
    created_at: Mapped[Timestamp]
    decided_at: Mapped[datetime | None]


class Presence(Base):
    """What is known of where a member is, one row a member. No spatial index: it is found by its grid.

    Without a row, or with none of its places, nothing is known. Check-ins lock it before anything else.
    """

    __tablename__ = "presence"
    __table_args__ = (
        Index(None, "grid_id"),
        CheckConstraint("how IN ('safe', 'need_help')", name="how"),
        CheckConstraint(
            "(at IS NULL) = (location IS NULL) AND (at IS NULL) = (accuracy_m IS NULL)"
            " AND (at IS NULL) = (grid_id IS NULL)",
            name="place",
        ),
        # Room for new versions of a row on its page: it changes with each check-in.
        {"postgresql_with": {"fillfactor": 50}},
    )

    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"), primary_key=True)
    at: Mapped[datetime | None]
    location: Mapped[OptionalPoint]
    accuracy_m: Mapped[float | None]
    grid_id: Mapped[UUID | None] = mapped_column(ForeignKey("grid.id"))
    """The leaf grid that holds it or is nearest."""
    crs: Mapped[str | None]
    """The coordinate system that the phone named for it; without one for places that no phone reported."""
    coarse: Mapped[bool] = mapped_column(default=False, server_default=false())
    """The location is a point of the grid and says no more than that: duty is over."""
    marks: Mapped[Codes] = mapped_column(default=list, server_default="{}")
    """What is odd about the newest check-in, if anything is: some of `checkins.rules.Mark`."""
    how: Mapped[str | None]
    """How the member last said they are."""
    how_at: Mapped[datetime | None]
    duty_until: Mapped[datetime | None]
    """While this is ahead the member is known to be on duty. Whoever changes what decides that clears it."""
    tracked_until: Mapped[datetime | None]
    """While this is ahead, positions are taken although the member is off duty: they are engaged, or in a drill."""


class HelpCall(Base):
    """A member called for help; open until a dispatcher acknowledges it. A grid and a task, never a position."""

    __tablename__ = "help_call"
    __table_args__ = (
        Index(
            "uq_help_call_open", "member_id", unique=True, postgresql_where=text("acknowledged_at IS NULL")
        ),
        Index(None, "member_id"),
        Index(None, "called_at"),
        CheckConstraint("(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name="acknowledged"),
        CheckConstraint("(task_id IS NULL) = (task_area IS NULL)", name="task"),
    )

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"))
    area_code: Mapped[str]
    """The grid that the call came from."""
    task_id: Mapped[UUID | None]
    """What they were engaged in, if in anything, and the grid that it is in."""
    task_area: Mapped[str | None]
    drill: Mapped[bool]
    called_at: Mapped[Timestamp]
    last_at: Mapped[Timestamp]
    times: Mapped[int]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))


class CheckIn(Base):
    """One report of a position, kept for a limited time in partitions by day.

    Without foreign keys, which would be looked up at each: there is none without its member's `Presence`, which has
    them, and no grid is ever deleted.
    """

    __tablename__ = "checkin"
    __table_args__ = (Index(None, "member_id", "id"), {"postgresql_partition_by": "RANGE (at)"})

    at: Mapped[datetime] = mapped_column(primary_key=True)
    """By the client's clock."""
    id: Mapped[Key]
    """Of the client's making, one a member."""
    member_id: Mapped[UUID]
    received_at: Mapped[Timestamp]
    lon: Mapped[float]
    """In CGCS2000, as `lat`. Numbers: the statistics of a geometry column are there for any login to read."""
    lat: Mapped[float]
    accuracy_m: Mapped[float]
    grid_id: Mapped[UUID]
    marks: Mapped[Codes]
    how: Mapped[str | None]


class PositionLook(Base):
    """Somebody looked at a member's position; the member may see that."""

    __tablename__ = "position_look"
    __table_args__ = (
        Index(None, "member_id", "at"),
        CheckConstraint("precision IN ('exact', 'grid')", name="precision"),
    )

    id: Mapped[Key]
    at: Mapped[Timestamp]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id"))
    precision: Mapped[str]
    task_id: Mapped[UUID | None]
    """For which task, if for one."""
