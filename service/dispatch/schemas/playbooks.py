"""Playbooks as they are written and read, what is wrong with one, and what it would have changed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from service.dispatch.commands.rehearse import Rehearsal
from service.dispatch.engine.playbook import Defect, Draft
from service.dispatch.engine.problem import Mode, Section
from service.dispatch.rules import Rung
from service.tasks.rules import Level, Urgency
from service.texts import Language, text
from service.web.fields import Body, without_nul
from service.web.problems import FieldFault

Number = Annotated[float, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Yes = Annotated[bool, Field(strict=True)]
Reach = Annotated[
    list[Number], Field(max_length=20, description="Minutes of travel, the steps of reach, rising")
]
Prior = Annotated[
    list[tuple[Whole, Number]],
    Field(
        max_length=24,
        description="[from this hour of the local day on, the probability of a yes], rising from hour 0",
    ),
]
# What is empty is named with everything else that is wrong: see engine.playbook.
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), AfterValidator(without_nul)]
Guidance = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=4000), AfterValidator(without_nul)
]


class SectionFields(Body):
    """The parameters of one mode. Minutes, km/h, probabilities in 0..1."""

    reach_minutes: Reach
    target_probability: Number
    acceptance_prior: Prior
    answer_minutes: Number
    move_minutes: Number
    max_offers: Whole
    calls_standby: Yes = False
    rest_minutes: Number = 0.0
    confirm_minutes: Number = 0.0
    speed_kmh: Number = 30.0
    road_factor: Number = 1.4

    def section(self) -> Section:
        """As the engine takes it."""
        return Section(**in_tuples(self.model_dump()))


class SectionChanges(Body):
    """What a level of activation sets otherwise than the emergency section; null or absent leaves it.

    A field that there is not is named with everything else that is wrong, hence let pass here.
    """

    model_config = ConfigDict(extra="allow")

    reach_minutes: Reach | None = None
    target_probability: Number | None = None
    acceptance_prior: Prior | None = None
    answer_minutes: Number | None = None
    move_minutes: Number | None = None
    max_offers: Whole | None = None
    calls_standby: Yes | None = None
    rest_minutes: Number | None = None
    confirm_minutes: Number | None = None
    speed_kmh: Number | None = None
    road_factor: Number | None = None

    def changes(self) -> dict[str, Any]:
        """Those that are set, and the unknown ones."""
        unknown = self.model_extra or {}
        known = self.model_dump(exclude=set(unknown), exclude_none=True)
        return in_tuples(known) | unknown


class RungFields(Body):
    """Who is told when seats have been open for so many minutes."""

    rung: Rung
    minutes: Number


class GuidanceFields(Body):
    """What members are told after they accept, by language."""

    zh: Guidance = ""
    en: Guidance = ""


class PlaybookIn(Body):
    """A playbook as a whole."""

    name_zh: Name = ""
    name_en: Name = ""
    sections: dict[Mode, SectionFields] = {}
    levels: dict[Level, SectionChanges] = {}
    ladder: Annotated[list[RungFields], Field(max_length=20)] = []
    guidance: GuidanceFields = GuidanceFields()
    based_on: Annotated[
        int,
        Field(strict=True, ge=0, description="The number of the version that was edited; 0: there was none"),
    ] = 0

    def draft(self) -> Draft:
        """As the engine takes it."""
        return Draft(
            name_zh=self.name_zh,
            name_en=self.name_en,
            sections={mode: fields.section() for mode, fields in self.sections.items()},
            levels={level: fields.changes() for level, fields in self.levels.items()},
            ladder=[(each.rung, each.minutes) for each in self.ladder],
            guidance=self.guidance.model_dump(),
        )


def in_tuples(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of a section with their lists as the engine keeps them: frozen."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


class PlaybookOut(BaseModel):
    """One version of a category's playbook."""

    model_config = ConfigDict(from_attributes=True)

    category: str
    version: int
    name_zh: str
    name_en: str
    sections: dict[Mode, SectionFields]
    levels: dict[Level, dict[str, Any]] = Field(
        description="What a level of activation sets otherwise than the emergency section"
    )
    ladder: list[RungFields]
    guidance: GuidanceFields
    created_at: datetime
    created_by: UUID | None = Field(description="The account; null: it came with the service")


class VersionOut(BaseModel):
    """That there is a version: when it was made, and by which account."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    name_zh: str
    name_en: str
    created_at: datetime
    created_by: UUID | None


class OutcomeOut(BaseModel):
    """What a first wave comes to."""

    model_config = ConfigDict(from_attributes=True)

    asked: int
    reach: float = Field(description="Minutes of travel")
    probability: float = Field(description="That all seats fill, a lower bound")
    target_met: bool


class ChangeOut(BaseModel):
    """A task whose first wave would have been another."""

    model_config = ConfigDict(from_attributes=True)

    task_id: UUID
    posted_at: datetime
    urgency: Urgency
    level: Level | None = Field(description="Null in normal mode")
    before: OutcomeOut
    after: OutcomeOut


class SummaryOut(BaseModel):
    """All rehearsed tasks together: the people asked, and the tasks whose target is met."""

    model_config = ConfigDict(from_attributes=True)

    asked_before: int
    asked_after: int
    met_before: int
    met_after: int


class RehearsalOut(BaseModel):
    """What would have changed for the last week's tasks of the category."""

    tasks: int = Field(description="Posted in the last seven days, drills left out")
    rehearsed: int = Field(description="The newest of them")
    changed: list[ChangeOut]
    summary: SummaryOut
    note: str = Field(description="What the figures rest on, in words")

    @classmethod
    def of(cls, rehearsal: Rehearsal, language: Language) -> "RehearsalOut":
        """One rehearsal in words."""
        return cls(
            tasks=rehearsal.tasks,
            rehearsed=rehearsal.rehearsed,
            changed=[ChangeOut.model_validate(each) for each in rehearsal.changed],
            summary=SummaryOut.model_validate(rehearsal),
            note=text("rehearsal.note", language),
        )


class PlaybookCheckOut(BaseModel):
    """What is wrong with a playbook; where nothing is, what it would have changed."""

    version: int | None = Field(
        description="The one in force, with which it is compared; null: there is none"
    )
    defects: list[FieldFault]
    rehearsal: RehearsalOut | None = Field(description="Null where there are defects, or no version yet")


def faults(defects: Iterable[Defect], language: Language) -> list[FieldFault]:
    """Defects in words."""
    return [
        FieldFault(field=each.path, reason=text(f"defect.{each.wrong}", language, **each.params))
        for each in defects
    ]
