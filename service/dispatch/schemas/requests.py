"""Request bodies of dispatch."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator

from service.roster.checkins.rules import How
from service.tasks.commands.tasks import NewTask, SeatGroup
from service.tasks.rules import MOST_SEATS, Urgency
from service.web.fields import Body, Code, Line, Moment, Position, Prose


class SeatsIn(Body):
    """So many seats that need the same skills."""

    skills: Annotated[list[Code], Field(max_length=10)] = []
    count: Annotated[int, Field(strict=True, ge=1, le=MOST_SEATS)] = 1

    def group(self) -> SeatGroup:
        """As the command takes it."""
        return SeatGroup(self.skills, self.count)


Seats = Annotated[list[SeatsIn], Field(max_length=20)]


class TaskIn(Body):
    """A task to be posted."""

    category: Code
    title: Line
    urgency: Urgency
    location: Position
    seats: Annotated[Seats, Field(min_length=1)]
    needed_by: Moment | None = None
    instructions: Prose | None = None
    drill: Annotated[bool, Field(strict=True)] = False
    residents_only: Annotated[
        bool, Field(strict=True, description="Ask only those who live in the community of the place")
    ] = False

    def new_task(self) -> NewTask:
        """As the command takes it."""
        lon, lat = self.location.cgcs2000()
        return NewTask(
            category=self.category,
            title=self.title,
            urgency=self.urgency,
            lon=lon,
            lat=lat,
            seats=[seats.group() for seats in self.seats],
            needed_by=self.needed_by,
            instructions=self.instructions,
            drill=self.drill,
            residents_only=self.residents_only,
        )


class TaskChange(Body):
    """Fields to change; those left out stay as they are, `null` empties the last two."""

    title: Line | None = None
    instructions: Prose | None = None
    needed_by: Moment | None = None

    @model_validator(mode="after")
    def has_change(self) -> "TaskChange":
        """A title may be changed, not emptied."""
        if not self.model_fields_set:
            raise ValueError("name at least one field to change")
        if "title" in self.model_fields_set and self.title is None:
            raise ValueError("title must not be null")
        return self


class SeatsChange(Body):
    """Seats to add, and open seats to drop."""

    add: Seats = []
    drop: Annotated[list[UUID], Field(max_length=MOST_SEATS)] = []

    @model_validator(mode="after")
    def has_change(self) -> "SeatsChange":
        """Something must change."""
        if not self.add and not self.drop:
            raise ValueError("name seats to add or to drop")
        return self


class EndIn(Body):
    """Why a task is cancelled, or a member did not show up."""

    reason: Line | None = None


At = Annotated[
    Moment | None,
    Field(description="When it was done, by the client's clock; without it, when it arrives"),
]


class DoneIn(Body):
    """What a member did, maybe offline and some time ago."""

    at: At = None


class NoIn(DoneIn):
    """Why a member declines or withdraws."""

    reason: Line | None = None


class ConfirmIn(DoneIn):
    """How a member says they are."""

    how: How


class ChoiceIn(Body):
    """Members chosen by hand."""

    member_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_SEATS)]


class OffersIn(ChoiceIn):
    """Members to be asked by hand; `overrule` says why soft rules are set aside."""

    overrule: Line | None = None
