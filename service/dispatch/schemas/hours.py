"""Hours of service: sums by unit and community, and a member's own engagements."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, Field

from service.dispatch.queries.hours import OwnHours, Sums
from service.dispatch.rules import CountedFor
from service.grids.queries.names import GridName
from service.texts import Language, either
from service.web.paging import Page


class UnitHoursOut(BaseModel):
    """What was done in working hours, for a unit."""

    unit: str = Field(description="Unit code")
    hours: float


class CommunityHoursOut(BaseModel):
    """What was done in members' own time, for the community where they live."""

    community: str = Field(description="Division code")
    name: str
    hours: float


class HoursOut(BaseModel):
    """Hours of service, each counted once, by unit or by community (双报到); never by person."""

    since: datetime
    until: datetime
    total_hours: float = Field(description="The sum of all below")
    by_unit: list[UnitHoursOut]
    by_community: list[CommunityHoursOut]

    @classmethod
    def of(cls, since: datetime, until: datetime, sums: Sums, names: Mapping[str, GridName]) -> Self:
        """The sums as the query gives them, with the communities' names."""
        return cls(
            since=since,
            until=until,
            total_hours=round(sum(each.hours for each in (*sums.by_unit, *sums.by_community)), 2),
            by_unit=[UnitHoursOut(unit=code, hours=hours) for code, hours in sums.by_unit],
            by_community=[
                CommunityHoursOut(
                    community=code, name=names[code].name if code in names else code, hours=hours
                )
                for code, hours in sums.by_community
            ],
        )


class OwnHoursOut(BaseModel):
    """One of a member's engagements, and what it counts."""

    engagement_id: UUID
    category: str
    category_name: str
    grid_name: str
    drill: bool
    state: str
    accepted_at: datetime
    on_scene_at: datetime | None
    ended_at: datetime | None
    hours: float = Field(
        description="From the yes to the end, or to now; 0 for a drill, and for who did not go"
    )
    counted_for: CountedFor

    @classmethod
    def of(cls, own: OwnHours, language: Language) -> Self:
        """One engagement as its member sees it."""
        engagement, task, playbook, hours = own
        return cls(
            engagement_id=engagement.id,
            category=task.category,
            category_name=either(language, playbook.name_zh, playbook.name_en),
            grid_name=task.grid_name,
            drill=task.drill,
            state=engagement.state,
            accepted_at=engagement.accepted_at,
            on_scene_at=engagement.on_scene_at,
            ended_at=engagement.ended_at,
            hours=round(hours, 2),
            counted_for=CountedFor(engagement.counted_for),
        )


class WeekOut(BaseModel):
    """This calendar week, for which one is asked up to a ceiling of hours."""

    since: datetime = Field(description="Monday, 00:00 local time")
    hours: float
    ceiling: float = Field(description="One's own limit, or the city's")


class OwnHoursPage(Page[OwnHoursOut]):
    """A member's engagements, newest first, and their week."""

    week: WeekOut
