"""Calendars of duty as they are shown. Local times are "HH:MM"; a day ends at "24:00"."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from service.roster.calendar import Plans, Stretch, least_by_hour, moment, planned
from service.roster.queries.calendar import CalendarOf, DayOf, HandedOver, Person
from service.roster.rules import DutyBy, Tier
from service.roster.schemas.handovers import HandoverOut, PersonOut
from service.roster.schemas.limits import clock


class PlannedPeriodOut(BaseModel):
    """A part of a day in which one thing decides whether a member is on duty."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    from_: str = Field(alias="from", description="Local time, HH:MM")
    to: str = Field(description="Local time, HH:MM, not included; 24:00 is the day's end")
    on_duty: bool
    by: DutyBy = Field(description="The week (calendar), what is said of the day (exception), or the switch")


class PlannedDayOut(BaseModel):
    """A day of one member by their week and by what is said of it."""

    day: date
    periods: list[PlannedPeriodOut]

    @classmethod
    def of(cls, plans: Plans, day: date) -> Self:
        """A day as the plans have it."""
        return cls(day=day, periods=[PlannedPeriodOut(**in_clock(each)) for each in planned(plans, day)])


class PeriodOut(PlannedPeriodOut):
    """A period of a calendar, with its day and its times in UTC."""

    day: date
    start: datetime
    end: datetime
    handed_over_to: PersonOut | None
    handed_over_from: PersonOut | None

    @classmethod
    def of(cls, person: Person, day: DayOf, each: Stretch, zone: ZoneInfo) -> Self:
        """One period of one member."""
        to, from_ = handed(person, day.handed, each)
        return cls(
            **in_clock(each),
            day=day.day,
            start=moment(day.day, each.from_minute, zone),
            end=moment(day.day, each.to_minute, zone),
            handed_over_to=None if to is None else PersonOut.model_validate(to),
            handed_over_from=None if from_ is None else PersonOut.model_validate(from_),
        )


def in_clock(each: Stretch) -> dict[str, object]:
    """A stretch in times of the day."""
    return {
        "from_": clock(each.from_minute),
        "to": clock(each.to_minute),
        "on_duty": each.on_duty,
        "by": each.by,
    }


def handed(
    person: Person, handovers: Iterable[HandedOver], each: Stretch
) -> tuple[Person | None, Person | None]:
    """To whom and from whom a period was handed over, if it was: the one is off duty then and the other on."""
    if each.by is DutyBy.EXCEPTION:
        for row, giver, taker in handovers:
            if row.from_minute <= each.from_minute and each.to_minute <= row.to_minute:
                if giver == person and not each.on_duty:
                    return taker, None
                if taker == person and each.on_duty:
                    return None, giver
    return None, None


def periods(calendar: CalendarOf, zone: ZoneInfo) -> list[PeriodOut]:
    """The periods of one member, in order."""
    return [PeriodOut.of(calendar.person, day, each, zone) for day in calendar.days for each in day.stretches]


class MyCalendarOut(BaseModel):
    """One's own calendar. Where nothing is said one is off duty."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    from_: date = Field(alias="from")
    days: int
    periods: list[PeriodOut]


class MemberCalendarOut(BaseModel):
    """The calendar of one member of a unit."""

    member: PersonOut
    tier: Tier
    periods: list[PeriodOut]

    @classmethod
    def of(cls, calendar: CalendarOf, zone: ZoneInfo) -> Self:
        """One member's calendar."""
        person = calendar.person
        return cls(member=PersonOut.model_validate(person), tier=person.tier, periods=periods(calendar, zone))


class CoverOut(BaseModel):
    """How many members of a unit are on duty on a day."""

    day: date
    normal: list[int] = Field(description="By hour of the day: the fewest at any minute of it")
    standby: list[int] = Field(description="The same for standby members")


class UnitCalendarOut(BaseModel):
    """A unit's calendar: members by number, how many of them all are there by the hour, and who hands over to whom."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    from_: date = Field(alias="from")
    days: int
    items: list[MemberCalendarOut]
    next: str | None
    cover: list[CoverOut]
    handovers: list[HandoverOut] = Field(description="Proposed and accepted ones")


def cover(calendars: Sequence[CalendarOf], since: date, days: int) -> list[CoverOut]:
    """How many of a unit's members are on duty, day by day."""

    def least(number: int, tier: Tier) -> list[int]:
        return least_by_hour(each.days[number].stretches for each in calendars if each.person.tier is tier)

    return [
        CoverOut(
            day=since + timedelta(days=number),
            normal=least(number, Tier.NORMAL),
            standby=least(number, Tier.STANDBY),
        )
        for number in range(days)
    ]
