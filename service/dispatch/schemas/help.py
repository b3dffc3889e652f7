"""Calls for help as they are read."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from service.access.rules import Action, Caller
from service.dispatch.queries.help import Call


class CallGrid(BaseModel):
    """Where a call came from: a grid, never where in it."""

    code: str
    name: str | None


class CallTask(BaseModel):
    """The task that whoever calls is engaged in."""

    id: UUID
    title: str


class HelpCallOut(BaseModel):
    """A member called for help."""

    id: UUID
    member_id: UUID
    grid: CallGrid = Field(description="Of the check-in; of the task, for whoever called from within it")
    task: CallTask | None = Field(description="Where it is the caller's to know of")
    drill: bool
    called_at: datetime
    last_at: datetime = Field(description="When they called last: it is one call until it is acknowledged")
    times: int
    acknowledged_at: datetime | None
    acknowledged_by: str | None = Field(description="The dispatcher's name")

    @classmethod
    def of(cls, found: Call, who: Caller) -> "HelpCallOut":
        """One call, as far as the caller may know of it."""
        call, task = found.call, None
        known = call.task_area is not None and who.may_see_area(Action.TASK_READ, call.task_area)
        if known and call.task_id is not None and found.task_title is not None:
            task = CallTask(id=call.task_id, title=found.task_title)
        return cls(
            id=call.id,
            member_id=call.member_id,
            grid=CallGrid(code=call.area_code, name=found.grid_name),
            task=task,
            drill=call.drill,
            called_at=call.called_at,
            last_at=call.last_at,
            times=call.times,
            acknowledged_at=call.acknowledged_at,
            acknowledged_by=found.by,
        )
