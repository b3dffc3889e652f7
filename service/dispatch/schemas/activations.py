"""Activations over REST: what is asked for, what is on record, and what one changes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from service.dispatch.commands.preview import (
    MOST_TASKS,
    Effects,
    NewlyEligible,
    TurnedTask,
)
from service.dispatch.rules import mode_of
from service.grids.queries.names import Area
from service.tasks.commands.activations import LONGEST, NewActivation
from service.tasks.models import Activation
from service.tasks.queries.activations import state_of
from service.tasks.rules import Level
from service.web.fields import Body, Code, Line, Moment

MOST_NAMED = 200
"""Members named of a task; the count counts them all."""
MaySee = Callable[[str], bool]
"""Whether members whose home has that code are the caller's to see."""


class ActivationIn(Body):
    """An area to be put into emergency."""

    area: Code = Field(description="A division code: the city's, a county's, … or a grid's own")
    level: Level = Field(description="I is the highest, IV the lowest")
    reason: Line
    until: Moment = Field(description=f"At most {LONGEST.days} days after it begins")
    begins: Moment | None = Field(
        default=None, alias="from", description="In the future; left out, it is now"
    )
    replaces: UUID | None = Field(
        default=None, description="An activation of the same area that ends as this one begins"
    )

    def new_activation(self, area: Area, now: datetime) -> NewActivation:
        """As the command takes it."""
        return NewActivation(area, self.level, self.reason, self.begins or now, self.until, self.replaces)


class ActivationOut(BaseModel):
    """An activation as it is on record."""

    id: UUID
    area: str = Field(description="A division code; the activation applies to all below it")
    area_name: str
    level: str
    state: str
    reason: str
    begins: datetime = Field(serialization_alias="from")
    until: datetime
    created_by: UUID
    created_at: datetime
    ended_at: datetime | None
    ended_by: UUID | None = Field(description="The account that ended it; null when it ended by itself")
    end_reason: str | None

    @classmethod
    def fields_of(cls, activation: Activation, now: datetime) -> dict[str, Any]:
        """The fields that every answer about an activation has."""
        return {
            "id": activation.id,
            "area": activation.area_code,
            "area_name": activation.area_name,
            "level": activation.level,
            "state": state_of(activation, now),
            "reason": activation.reason,
            "begins": activation.from_at,
            "until": activation.until,
            "created_by": activation.created_by,
            "created_at": activation.created_at,
            "ended_at": activation.ended_at,
            "ended_by": activation.ended_by,
            "end_reason": activation.end_reason,
        }

    @classmethod
    def of(cls, activation: Activation, now: datetime) -> "ActivationOut":
        """One activation at a time."""
        return cls(**cls.fields_of(activation, now))


class ParameterOut(BaseModel):
    """A parameter of an urgent task in the area that changes."""

    model_config = ConfigDict(from_attributes=True)

    category: str
    field: str
    before: Any = Field(serialization_alias="from")
    after: Any = Field(serialization_alias="to")


class TurnedOut(BaseModel):
    """A live task that changes its mode or level."""

    id: UUID
    category: str
    urgency: str
    state: str
    mode_from: str
    mode_to: str
    level_from: str | None
    level_to: str | None

    @classmethod
    def of(cls, turned: TurnedTask) -> "TurnedOut":
        """One task."""
        return cls(
            id=turned.id,
            category=turned.category,
            urgency=turned.urgency,
            state=turned.state,
            mode_from=mode_of(turned.level_from),
            mode_to=mode_of(turned.level_to),
            level_from=turned.level_from,
            level_to=turned.level_to,
        )


class EligibleOut(BaseModel):
    """Who may be asked for a task that turns, and could not be before."""

    task_id: UUID
    count: int
    member_ids: list[UUID] = Field(
        description=f"The nearest {MOST_NAMED} of those whose home is in the caller's areas"
    )
    by_reason: dict[str, int] = Field(description="What kept them before")

    @classmethod
    def of(cls, eligible: NewlyEligible, may_see: MaySee) -> "EligibleOut":
        """The people of one task."""
        seen = [person.member_id for person in eligible.people if may_see(person.home_code)]
        return cls(
            task_id=eligible.task_id,
            count=len(eligible.people),
            member_ids=seen[:MOST_NAMED],
            by_reason={reason.value: count for reason, count in eligible.by_reason.items()},
        )


class CountyStandbyOut(BaseModel):
    """The standby members of one county."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    name: str
    count: int


class StandbyOut(BaseModel):
    """Standby members on duty in the area who become callable for urgent tasks."""

    count: int
    counties: list[CountyStandbyOut] = Field(description="By the county of their duty place")


class EffectsOut(BaseModel):
    """What an activation changes: the time before it against the time after it."""

    level_from: str | None = Field(description="Of the area; null is normal mode")
    level_to: str | None
    parameters: list[ParameterOut] = Field(description="Of an urgent task that is posted in the area")
    tasks: list[TurnedOut] = Field(description="The live tasks that turn")
    people: list[EligibleOut] = Field(
        description=f"For the {MOST_TASKS} oldest of these that have open seats"
    )
    people_left_out: int = Field(description="How many more of these have open seats")
    standby: StandbyOut

    @classmethod
    def of(cls, effects: Effects, may_see: MaySee) -> "EffectsOut":
        """What a caller is told of the effects."""
        return cls(
            level_from=effects.level_from,
            level_to=effects.level_to,
            parameters=[ParameterOut.model_validate(changed) for changed in effects.parameters],
            tasks=[TurnedOut.of(turned) for turned in effects.tasks],
            people=[EligibleOut.of(eligible, may_see) for eligible in effects.people],
            people_left_out=effects.left_out,
            standby=StandbyOut(
                count=sum(county.count for county in effects.standby),
                counties=[CountyStandbyOut.model_validate(county) for county in effects.standby],
            ),
        )


class ActivatedOut(ActivationOut):
    """A new activation with what it changes."""

    effects: EffectsOut

    @classmethod
    def made(cls, activation: Activation, effects: Effects, may_see: MaySee, now: datetime) -> "ActivatedOut":
        """One that was just made."""
        return cls(**cls.fields_of(activation, now), effects=EffectsOut.of(effects, may_see))
