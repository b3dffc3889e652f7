"""What is said of when somebody is on duty: weeks and days. Local times are "HH:MM"; a day ends at "24:00"."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from service.errors import Invalid
from service.roster.calendar import Defect
from service.roster.rules import Exceptional, Slot
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


def refuse(found: Sequence[Defect], language: Language) -> None:
    """Raises Invalid with defects in words, if there are any."""
    if found:
        errors = [
            {"field": each.path, "reason": text(f"calendar_defect.{each.wrong}", language, **each.params)}
            for each in found
        ]
        raise Invalid("invalid-calendar", count=len(found), errors=errors)
