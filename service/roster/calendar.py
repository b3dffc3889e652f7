"""Duty laid out over days: what a day holds, when duty ends, what one member can hand to another. Pure.

Minutes are of the local day, by the clock on the wall; `to_minute` is not included, and 1440 is the day's end.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from service.roster.rules import (
    DAY_MINUTES,
    DutyBy,
    DutyState,
    Exceptional,
    LocalTime,
    Slot,
    Switch,
    duty,
)

DUTY_FOLLOWED = timedelta(days=7)
"""How far duty that goes on and on is followed."""
MOST_DAYS = 366
"""How far from today a calendar is read, and ahead of it planned."""


@dataclass(frozen=True, slots=True, order=True)
class Stretch:
    """A part of a day in which one thing decides whether a member is on duty."""

    from_minute: int
    to_minute: int
    on_duty: bool
    by: DutyBy


@dataclass(frozen=True, slots=True)
class Plans:
    """All that decides when one member is on duty."""

    slots: Sequence[Slot] = ()
    exceptions: Sequence[Exceptional] = ()
    switch: Switch | None = None


def moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """A minute of a local day in UTC; 1440 is the next day's first."""
    days, minute = divmod(minute, DAY_MINUTES)
    local = datetime.combine(day + timedelta(days=days), time(*divmod(minute, 60)), zone)
    return local.astimezone(UTC)


def planned(plans: Plans, day: date) -> list[Stretch]:
    """What a day holds by the member's week and by what is said of the day, the switch left aside."""
    said = [
        Stretch(each.from_minute, each.to_minute, each.on_duty, DutyBy.EXCEPTION)
        for each in plans.exceptions
        if each.day == day
    ]
    usual = [
        Stretch(slot.from_minute, slot.to_minute, True, DutyBy.CALENDAR)
        for slot in plans.slots
        if slot.weekday == day.weekday()
    ]
    return over(said, usual)


def expected(plans: Plans, day: date, at: LocalTime) -> list[Stretch]:
    """What a day holds, as it stands at a moment, with the member's switch.

    A switch without an end is a word about today: it is not taken to mean all days to come.
    """
    switch = plans.switch
    below = planned(plans, day)
    if switch is None or not switch.holds(at.now) or day < at.day:
        return below
    until = DAY_MINUTES if day == at.day else 0
    if switch.until is not None:
        # The minute in which it ends is still the switch's: whole minutes are all that a calendar shows.
        end = LocalTime.of(switch.until - timedelta(microseconds=1), at.zone)
        until = DAY_MINUTES if day < end.day else end.minute + 1 if day == end.day else 0
    start = at.minute if day == at.day else 0
    if start >= until:
        return below
    return over([Stretch(start, until, switch.state is DutyState.ON, DutyBy.SWITCH)], below)


def over(upper: Iterable[Stretch], lower: Iterable[Stretch]) -> list[Stretch]:
    """Stretches laid over others, which show where they leave off; in order."""
    above = list(upper)
    shown = list(lower)
    for each in above:
        shown = [part for below in shown for part in without(below, each.from_minute, each.to_minute)]
    return sorted([*above, *shown])


def without(stretch: Stretch, from_minute: int, to_minute: int) -> list[Stretch]:
    """What is left of a stretch when some minutes are taken out."""
    left = (stretch.from_minute, min(stretch.to_minute, from_minute))
    right = (max(stretch.from_minute, to_minute), stretch.to_minute)
    return [replace(stretch, from_minute=start, to_minute=end) for start, end in (left, right) if start < end]


def duty_end(plans: Plans, at: LocalTime) -> datetime | None:
    """When the duty that a member is on ends, in UTC: whatever follows without a gap belongs to it.

    None off duty. Duty that goes on is followed for DUTY_FOLLOWED.
    """
    last = at.now + DUTY_FOLLOWED
    end = at
    while end.now < last:
        now = duty(plans.switch, plans.exceptions, plans.slots, end)
        if not now.on_duty:
            break
        if now.by is DutyBy.SWITCH:
            end = LocalTime.of(now.until or last, at.zone)
        else:
            minute = next(
                each.to_minute
                for each in planned(plans, end.day)
                if each.on_duty and each.from_minute <= end.minute < each.to_minute
            )
            until = moment(end.day, minute, at.zone)
            # Where the clock is set back the wall's minute comes twice; time goes on all the same.
            end = LocalTime.of(max(until, end.now + timedelta(minutes=1)), at.zone)
    return None if end is at else min(end.now, last)


def on_duty_within(plans: Plans, day: date, from_minute: int, to_minute: int) -> list[Stretch]:
    """The parts of some minutes of a day in which the member is on duty by plan; those that touch are one."""
    parts: list[Stretch] = []
    for each in planned(plans, day):
        start, end = max(each.from_minute, from_minute), min(each.to_minute, to_minute)
        if not each.on_duty or start >= end:
            continue
        if parts and parts[-1].to_minute == start:
            parts[-1] = replace(parts[-1], to_minute=end)
        else:
            parts.append(replace(each, from_minute=start, to_minute=end))
    return parts


def with_said(
    exceptions: Iterable[Exceptional], day: date, parts: Iterable[Stretch], on_duty: bool
) -> list[Exceptional]:
    """A day's exceptions after something is said of some parts of it: it takes the place of what was said before."""
    before = [
        Stretch(each.from_minute, each.to_minute, each.on_duty, DutyBy.EXCEPTION)
        for each in exceptions
        if each.day == day
    ]
    said = [replace(each, on_duty=on_duty, by=DutyBy.EXCEPTION) for each in parts]
    return [Exceptional(day, each.from_minute, each.to_minute, each.on_duty) for each in over(said, before)]


class Wrong(StrEnum):
    """What can be wrong with a plan; the catalogue has it in words (`calendar_defect.<…>`)."""

    DAY_PAST = "day_past"
    DAY_TOO_FAR = "day_too_far"
    DAY_TWICE = "day_twice"
    NOT_IN_UNIT = "not_in_unit"
    OVERLAP = "overlap"


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong, and what the words for it need."""

    path: str
    """Of the field: `items.3.day`."""
    wrong: Wrong
    params: dict[str, str] = field(default_factory=dict)


class Said(NamedTuple):
    """What somebody wants to say of a member's day."""

    member_id: UUID | None
    """None: there is nobody of that name."""
    day: date
    periods: Sequence[Exceptional]
    path: str = ""
    """What the paths of its fields begin with."""


def defects(said: Sequence[Said], today: date) -> list[Defect]:
    """Everything that is wrong with what somebody wants to say of members' days, in its order."""
    times = Counter((each.member_id, each.day) for each in said)
    return [defect for each in said for defect in _in_day(each, today, times[each.member_id, each.day])]


def _in_day(said: Said, today: date, times: int) -> Iterator[Defect]:
    if said.member_id is None:
        yield Defect(f"{said.path}member", Wrong.NOT_IN_UNIT)
    elif times > 1:
        yield Defect(f"{said.path}day", Wrong.DAY_TWICE, {"day": said.day.isoformat()})
    if said.day < today:
        yield Defect(f"{said.path}day", Wrong.DAY_PAST, {"today": today.isoformat()})
    elif said.day > today + timedelta(days=MOST_DAYS):
        yield Defect(f"{said.path}day", Wrong.DAY_TOO_FAR, {"days": str(MOST_DAYS)})
    for index, period in enumerate(said.periods):
        if any(
            period.from_minute < before.to_minute and before.from_minute < period.to_minute
            for before in said.periods[:index]
        ):
            yield Defect(f"{said.path}periods.{index}", Wrong.OVERLAP)


def least_by_hour(days: Iterable[Iterable[Stretch]]) -> list[int]:
    """Of members' same day, by hour of it: the fewest who are on duty at any minute of that hour."""
    change = [0] * (DAY_MINUTES + 1)
    for stretches in days:
        for each in stretches:
            if each.on_duty:
                change[each.from_minute] += 1
                change[each.to_minute] -= 1
    there, least = 0, [0] * 24
    for minute in range(DAY_MINUTES):
        there += change[minute]
        hour = minute // 60
        least[hour] = there if minute % 60 == 0 else min(least[hour], there)
    return least
