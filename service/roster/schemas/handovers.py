"""Hand-overs of duty, as they are taken and given."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from service.roster.calendar import moment
from service.roster.commands.handovers import NewHandover
from service.roster.queries.calendar import HandedOver
from service.roster.rules import HandoverState
from service.roster.schemas.limits import TimeOfDay, clock, minute
from service.roster.schemas.plans import EndOfPeriod
from service.web.fields import Body, Code, Day


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


class PersonOut(BaseModel):
    """A member, as colleagues know them."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: str
    name: str


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
