"""Calendars of duty and hand-overs, as they are taken and given. Local times are "HH:MM"; a day ends at "24:00"."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from service.errors import Invalid
from service.roster.calendar import Defect, Plans, Stretch, least_by_hour, moment, planned
from service.roster.commands.handovers import NewHandover
from service.roster.queries.calendar import CalendarOf, DayOf, HandedOver, Person
from service.roster.rules import DutyBy, Exceptional, HandoverState, Slot, Tier
from service.roster.schemas.limits import TimeOfDay, clock, minute
from service.texts import Language, text
from service.web.fields import Body, Code, Day

EndOfPeriod = Annotated[
    str,
    StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"),
    Field(description="Local time, HH:MM, not included; 24:00 is the day's end"),
]
MOST_A_DAY = 24


class Times(Body):
    """A part of a local day."""

    from_: Annotated[TimeOfDay, Field(alias="from")]
    to: EndOfPeriod

    @model_validator(mode="after")
    def in_order(self) -> Self:
        """A period ends after it begins, on the same day."""
        if minute(self.from_) >= minute(self.to):
            raise ValueError(
                f"{self.from_}–{self.to} runs past midnight: write {self.from_}–24:00 on this day"
                f" and 00:00–{self.to} on the next"
            )
        return self


class WeekSlotIn(Times):
    """A weekly period of duty."""

    weekday: Annotated[int, Field(strict=True, ge=0, le=6, description="0 is Monday")]


class WeekIn(Body):
    """A member's week, in place of the one before."""

    slots: Annotated[list[WeekSlotIn], Field(max_length=7 * MOST_A_DAY)]

    def slots_in_order(self) -> list[Slot]:
        """As the command takes it."""
        return sorted(Slot(each.weekday, minute(each.from_), minute(each.to)) for each in self.slots)


class WeekSlotOut(BaseModel):
    """A weekly period of duty."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    weekday: int
    from_: str = Field(alias="from")
    to: str


class WeekOut(BaseModel):
    """A member's week."""

    slots: list[WeekSlotOut]

    @classmethod
    def of(cls, slots: Iterable[Slot]) -> Self:
        """A week as the query gives it."""
        return cls(
            slots=[
                WeekSlotOut(weekday=each.weekday, from_=clock(each.from_minute), to=clock(each.to_minute))
                for each in slots
            ]
        )


class PeriodIn(Times):
    """A part of a day in which a member is on or off duty, whatever the week says."""

    on_duty: Annotated[bool, Field(strict=True)]


class DayIn(Body):
    """What is said of a day; nothing: the week holds."""

    periods: Annotated[list[PeriodIn], Field(max_length=MOST_A_DAY)]

    def said_of(self, day: date) -> list[Exceptional]:
        """As the command takes it."""
        return [Exceptional(day, minute(each.from_), minute(each.to), each.on_duty) for each in self.periods]


class MemberDayIn(DayIn):
    """What is said of a day of one member of the unit."""

    member: Annotated[Code, Field(description="Their number, or their id")]
    day: Day


class UnitDaysIn(Body):
    """What is said of days of a unit's members; days that are not named stay as they are."""

    items: Annotated[list[MemberDayIn], Field(min_length=1, max_length=500)]


class HandoverIn(Body):
    """Whom to hand one's duty of a day to: all of it, or what lies between two times."""

    to_member: Annotated[Code, Field(description="A colleague's number, or their id")]
    day: Day
    from_: Annotated[TimeOfDay | None, Field(alias="from")] = None
    to: EndOfPeriod | None = None

    def new(self) -> NewHandover:
        """As the command takes it."""
        from_minute = None if self.from_ is None else minute(self.from_)
        return NewHandover(
            self.to_member, self.day, from_minute, None if self.to is None else minute(self.to)
        )


def refuse(found: Sequence[Defect], language: Language) -> None:
    """Raises Invalid with defects in words, if there are any."""
    if found:
        errors = [
            {"field": each.path, "reason": text(f"calendar_defect.{each.wrong}", language, **each.params)}
            for each in found
        ]
        raise Invalid("invalid-calendar", count=len(found), errors=errors)


class PersonOut(BaseModel):
    """A member, as colleagues know them."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: str
    name: str


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


class HandoverOut(BaseModel):
    """A hand-over of duty, from the one who proposed it to the other."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    id: UUID
    state: HandoverState
    from_member: PersonOut
    to_member: PersonOut
    day: date
    from_: str = Field(alias="from", description="Local time, HH:MM")
    to: str = Field(description="Local time, HH:MM, not included; 24:00 is the day's end")
    start: datetime
    end: datetime
    created_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, handed: HandedOver, zone: ZoneInfo) -> Self:
        """One hand-over."""
        row = handed.row
        return cls(
            id=row.id,
            state=HandoverState(row.state),
            from_member=PersonOut.model_validate(handed.giver),
            to_member=PersonOut.model_validate(handed.taker),
            day=row.day,
            from_=clock(row.from_minute),
            to=clock(row.to_minute),
            start=moment(row.day, row.from_minute, zone),
            end=moment(row.day, row.to_minute, zone),
            created_at=row.created_at,
            decided_at=row.decided_at,
        )


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
