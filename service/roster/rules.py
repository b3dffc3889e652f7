"""Rules of members and their duty. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
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
    CALENDAR = "calendar"


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

    @classmethod
    def of(cls, now: datetime, zone: ZoneInfo) -> "LocalTime":
        """A moment in the city's time zone."""
        local = now.astimezone(zone)
        return cls(now, local.date(), local.weekday(), local.hour * 60 + local.minute)


def duty(switch: Switch | None, slots: Iterable[Slot], at: LocalTime) -> Duty:
    """The on-duty rule: the switch while it holds, else the weekly calendar in local time.

    `queries.duty.on_duty_sql` is the same rule in SQL; a test holds the two together.
    """
    if switch is not None and switch.holds(at.now):
        return Duty(switch.state is DutyState.ON, DutyBy.SWITCH, switch.until)
    by_calendar = any(
        slot.weekday == at.weekday and slot.from_minute <= at.minute < slot.to_minute for slot in slots
    )
    return Duty(by_calendar, DutyBy.CALENDAR, None)


def overlap(slots: Iterable[Slot]) -> tuple[Slot, Slot] | None:
    """Two slots of one day that share a minute, if there are any. Slots that only touch do not."""
    for first, second in pairwise(sorted(slots)):
        if first.weekday == second.weekday and second.from_minute < first.to_minute:
            return first, second
    return None
