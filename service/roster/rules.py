"""Rules of members and their duty. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY_MINUTES = 24 * 60
COMMUNITY_DIGITS = 12


class Tier(StrEnum):
    """Normal members, and standby (战备) members who are called only in emergencies."""

    NORMAL = "normal"
    STANDBY = "standby"


class DutyState(StrEnum):
    """What a member's own switch says."""

    ON = "on"
    OFF = "off"


class DutyBy(StrEnum):
    """What decides whether a member is on duty."""

    SWITCH = "switch"
    EXCEPTION = "exception"
    CALENDAR = "calendar"


class HandoverState(StrEnum):
    """What became of asking a colleague to take one's duty."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CANCELLED = "cancelled"


class Quiet(NamedTuple):
    """Quiet hours in minutes of the local day: `from_minute` included, `to_minute` not, across midnight where it is
    less; equal: none at all."""

    from_minute: int
    to_minute: int


@dataclass(frozen=True, slots=True)
class InForce:
    """The limits that hold for a member: their own, else the city's."""

    weekly_hours: float
    """Of service in a calendar week, after which they are not asked."""
    quiet: Quiet | None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a member wants to be spared; None is the city's default."""

    weekly_hours: float | None = None
    quiet: Quiet | None = None
    unwanted: tuple[str, ...] = ()
    """Categories that they would rather not be asked for."""

    def in_force(self, city: InForce) -> InForce:
        """What holds, given the city's defaults."""
        hours = city.weekly_hours if self.weekly_hours is None else self.weekly_hours
        return InForce(hours, self.quiet or city.quiet)


class HeldSkill(NamedTuple):
    """A skill of a member, held until the end of a day if one is named."""

    code: str
    expires_on: date | None


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A weekly period of duty: `from_minute` of the local day included, `to_minute` (at most 1440) not; Monday is 0."""

    weekday: int
    from_minute: int
    to_minute: int


@dataclass(frozen=True, slots=True, order=True)
class Exceptional:
    """On one local day on or off duty otherwise than the week says, from a minute (included) to another (not)."""

    day: date
    from_minute: int
    to_minute: int
    on_duty: bool

    def holds(self, at: "LocalTime") -> bool:
        """Whether it says something about a moment."""
        return self.day == at.day and self.from_minute <= at.minute < self.to_minute


@dataclass(frozen=True, slots=True)
class Switch:
    """A member's own switch; without an end it holds until it is set anew."""

    state: DutyState
    until: datetime | None

    def holds(self, now: datetime) -> bool:
        """Whether it overrules the calendar; at its end it does not any more."""
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Duty:
    """Whether a member is on duty, by what, and until when if the switch has an end."""

    on_duty: bool
    by: DutyBy
    until: datetime | None


@dataclass(frozen=True, slots=True)
class LocalTime:
    """A moment as the city's calendar has it."""

    now: datetime
    day: date
    weekday: int
    minute: int
    zone: ZoneInfo

    @classmethod
    def of(cls, now: datetime, zone: ZoneInfo) -> "LocalTime":
        """A moment in the city's time zone."""
        local = now.astimezone(zone)
        return cls(now, local.date(), local.weekday(), local.hour * 60 + local.minute, zone)

    @property
    def hour(self) -> int:
        """Of the local day."""
        return self.minute // 60


def duty(
    switch: Switch | None, exceptions: Iterable[Exceptional], slots: Iterable[Slot], at: LocalTime
) -> Duty:
    """The on-duty rule: the switch while it holds, else what is said of that day, else the weekly calendar, in local
    time. The exceptions of a day do not overlap.

    `queries.duty.on_duty_sql` is the same rule in SQL; a test holds the two together.
    """
    if switch is not None and switch.holds(at.now):
        return Duty(switch.state is DutyState.ON, DutyBy.SWITCH, switch.until)
    for each in exceptions:
        if each.holds(at):
            return Duty(each.on_duty, DutyBy.EXCEPTION, None)
    by_calendar = any(
        slot.weekday == at.weekday and slot.from_minute <= at.minute < slot.to_minute for slot in slots
    )
    return Duty(by_calendar, DutyBy.CALENDAR, None)


def quiet_until(quiet_from: int, quiet_to: int, at: LocalTime) -> datetime | None:
    """The end of the quiet hours that a moment lies in, in UTC; None outside them, and where both are equal.

    They go by the clock on the wall. An end that comes twice that day is the next one; one that the clock skips
    is where it would have been.
    """
    if quiet_from <= quiet_to:
        inside = quiet_from <= at.minute < quiet_to
    else:
        inside = at.minute >= quiet_from or at.minute < quiet_to
    if not inside:
        return None
    day = at.day if at.minute < quiet_to else at.day + timedelta(days=1)
    ends = (datetime.combine(day, time(*divmod(quiet_to, 60), fold=fold), at.zone) for fold in (0, 1))
    return next(end.astimezone(UTC) for end in ends if end.astimezone(UTC) > at.now)


def week_start(now: datetime, zone: ZoneInfo) -> datetime:
    """When the calendar week of a moment began, in UTC: on Monday at 00:00 local time."""
    at = LocalTime.of(now, zone)
    monday = at.day - timedelta(days=at.weekday)
    return datetime.combine(monday, time(), zone).astimezone(UTC)


def overlap(slots: Iterable[Slot]) -> tuple[Slot, Slot] | None:
    """Two slots of one day that share a minute, if there are any. Slots that only touch do not."""
    for first, second in pairwise(sorted(slots)):
        if first.weekday == second.weekday and second.from_minute < first.to_minute:
            return first, second
    return None
