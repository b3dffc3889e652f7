"""Drills over REST."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from service.dispatch.schemas.requests import SeatsIn
from service.drills.models import Drill, DrillTask, MusterCall
from service.drills.queries.drills import Called
from service.drills.rules import (
    LONGEST_MINUTES,
    MOST_TASKS,
    SCENARIOS,
    Call,
    Incident,
    MusterAnswer,
    Roll,
    roll_of,
)
from service.reports.schemas.response import FiguresOut
from service.tasks.rules import Urgency
from service.web.fields import Body, Code, Line, Position

Minutes = Annotated[
    float, Field(ge=1, le=LONGEST_MINUTES, description="How long it goes on, if nobody ends it before")
]


class MusterIn(Body):
    """点兵: call people, and see who answers."""

    area: Code
    title: Line
    minutes: Minutes = 15
    off_duty: Annotated[bool, Field(strict=True, description="Call those who are off duty as well")] = False


class IncidentIn(Body):
    """One task of an exercise."""

    after_minutes: Annotated[float, Field(ge=0, le=LONGEST_MINUTES, description="From the start")] = 0
    category: Code
    title: Line
    urgency: Urgency
    location: Position
    seats: Annotated[list[SeatsIn], Field(min_length=1, max_length=20)]

    def incident(self) -> Incident:
        """As the command takes it."""
        lon, lat = self.location.cgcs2000()
        return Incident(
            self.after_minutes,
            self.category,
            self.title,
            self.urgency,
            lon,
            lat,
            tuple((tuple(seats.skills), seats.count) for seats in self.seats),
        )


class ExerciseIn(Body):
    """练兵: tasks that the live engine dispatches as drills; by a scenario, or named one by one."""

    area: Code
    title: Line
    minutes: Minutes = 60
    scenario: Annotated[
        str | None, Field(pattern="^(" + "|".join(SCENARIOS) + ")$", description="By its name")
    ] = None
    seed: Annotated[
        int, Field(strict=True, ge=0, le=2**31 - 1, description="Of a scenario: the same gives the same")
    ] = 1
    tasks: Annotated[list[IncidentIn], Field(max_length=MOST_TASKS)] = []

    @model_validator(mode="after")
    def has_one_of_both(self) -> "ExerciseIn":
        """A scenario or tasks, and every task before the end."""
        if (self.scenario is None) == (not self.tasks):
            raise ValueError("name either a scenario or tasks")
        late = next((n for n, each in enumerate(self.tasks) if each.after_minutes >= self.minutes), None)
        if late is not None:
            raise ValueError(f"tasks.{late}.after_minutes must lie before the end of the exercise")
        return self


class AnswerIn(Body):
    """A called member's answer."""

    answer: MusterAnswer


class RollOut(BaseModel):
    """How many were called, and what they answered."""

    called: int
    here: int
    cannot: int
    silent: int
    answered_within: dict[int, int] = Field(
        description="Minutes to how many had answered by then, either way"
    )

    @staticmethod
    def fields_of(roll: Roll) -> dict[str, object]:
        """The fields of each answer about a roll."""
        return {
            "called": roll.called,
            "here": roll.here,
            "cannot": roll.cannot,
            "silent": roll.silent,
            "answered_within": dict(roll.within),
        }


class GroupRollOut(RollOut):
    """The same of one unit or one community, by its code."""

    code: str
    name: str | None


class DrillOut(BaseModel):
    """A drill."""

    id: UUID
    kind: str
    title: str
    area: str
    area_name: str
    started_by: UUID
    started_at: datetime
    until: datetime
    ended_at: datetime | None

    @staticmethod
    def fields_of(drill: Drill) -> dict[str, object]:
        """The fields of each answer about a drill."""
        return {
            "id": drill.id,
            "kind": drill.kind,
            "title": drill.title,
            "area": drill.area_code,
            "area_name": drill.area_name,
            "started_by": drill.started_by,
            "started_at": drill.started_at,
            "until": drill.until,
            "ended_at": drill.ended_at,
        }

    @classmethod
    def of(cls, drill: Drill) -> "DrillOut":
        """One drill."""
        return cls(**DrillOut.fields_of(drill))


class DrillTaskOut(BaseModel):
    """A task of an exercise."""

    number: int
    due_at: datetime
    title: str
    category: str
    urgency: str
    task_id: UUID | None = Field(description="Once it is posted")
    problem: str | None = Field(description="Why it could not be posted")

    @classmethod
    def of(cls, planned: DrillTask) -> "DrillTaskOut":
        """One task."""
        return cls(
            number=planned.number,
            due_at=planned.due_at,
            title=planned.what["title"],
            category=planned.what["category"],
            urgency=planned.what["urgency"],
            task_id=planned.task_id,
            problem=planned.problem,
        )


class DrillReportOut(DrillOut):
    """A drill and what came of it; of a muster the roll, of an exercise the response."""

    roll: RollOut | None
    by_unit: list[GroupRollOut]
    by_community: list[GroupRollOut]
    tasks: list[DrillTaskOut]
    response: FiguresOut | None

    @classmethod
    def of_muster(cls, drill: Drill, calls: Sequence[Call], names: Mapping[str, str]) -> "DrillReportOut":
        """Of a muster."""
        by_unit: dict[str, list[Call]] = defaultdict(list)
        by_community: dict[str, list[Call]] = defaultdict(list)
        for call in calls:
            by_unit[call.unit_code].append(call)
            by_community[call.community_code].append(call)

        def groups(found: Mapping[str, Iterable[Call]]) -> list[GroupRollOut]:
            return [
                GroupRollOut(
                    code=code,
                    name=names.get(code),
                    **RollOut.fields_of(roll_of(found[code], drill.started_at)),
                )
                for code in sorted(found)
            ]

        return cls(
            **DrillOut.fields_of(drill),
            roll=RollOut(**RollOut.fields_of(roll_of(calls, drill.started_at))),
            by_unit=groups(by_unit),
            by_community=groups(by_community),
            tasks=[],
            response=None,
        )

    @classmethod
    def of_exercise(cls, drill: Drill, tasks: Sequence[DrillTask], response: FiguresOut) -> "DrillReportOut":
        """Of an exercise."""
        return cls(
            **DrillOut.fields_of(drill),
            roll=None,
            by_unit=[],
            by_community=[],
            tasks=[DrillTaskOut.of(each) for each in tasks],
            response=response,
        )


class CalledOut(BaseModel):
    """Somebody who was called."""

    member_id: UUID
    number: str
    name: str
    unit_code: str
    answer: str | None
    answered_at: datetime | None

    @classmethod
    def of(cls, called: Called) -> "CalledOut":
        """One member."""
        return cls(**called._asdict())


class OwnCallOut(BaseModel):
    """A muster that calls the member."""

    id: UUID
    title: str
    area_name: str
    started_at: datetime
    until: datetime
    answer: str | None

    @classmethod
    def of(cls, drill: Drill, call: MusterCall) -> "OwnCallOut":
        """One muster."""
        return cls(
            id=drill.id,
            title=drill.title,
            area_name=drill.area_name,
            started_at=drill.started_at,
            until=drill.until,
            answer=call.answer,
        )


class OwnCallsOut(BaseModel):
    """All that call the member now."""

    items: list[OwnCallOut]


class ScenarioOut(BaseModel):
    """A scenario by which an exercise can be made."""

    code: str
    name: str
    name_en: str
    tasks_per_hour: float


class ScenariosOut(BaseModel):
    """All scenarios."""

    items: list[ScenarioOut]
