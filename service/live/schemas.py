"""Events as they are told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from service.events.follow import Happened
from service.live.rules import View, rule_of


class EventOut(BaseModel):
    """Something that happened, as far as the caller may know of it."""

    id: str = Field(description="The cursor of whoever has read as far as this: opaque, and each event's own")
    kind: str = Field(description="What happened, like `offer.made`")
    at: datetime
    area_code: str | None = Field(description="The division or grid where it happened")
    task_id: UUID | None
    member_id: UUID | None
    data: dict[str, Any] = Field(description="More about it, by its kind; never a position")

    @classmethod
    def of(cls, event: Happened, view: View) -> "EventOut":
        """One event as somebody with that view of it is told."""
        task_id, data = event.task_id, event.data
        rule = rule_of(event.kind)
        if view is View.OWN and rule is not None:
            task_id = event.task_id if rule.own_task else None
            data = {name: value for name, value in event.data.items() if name in rule.own_data}
        return cls(
            id=event.cursor,
            kind=event.kind,
            at=event.at,
            area_code=event.area_code,
            task_id=task_id,
            member_id=event.member_id,
            data=data,
        )


class EventsOut(BaseModel):
    """Some events in order."""

    items: list[EventOut]
    next: str = Field(
        description="Where to go on from, also when there are no items: `after` of the next request"
    )
    more: bool = Field(description="Whether there is more by now: ask again at once")


class CursorOut(BaseModel):
    """A place in the events."""

    cursor: str = Field(description="Now: `after` of GET /events")
