"""What the roster's routes take."""

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from service.roster.commands.members import MemberChanges, NewMember
from service.roster.commands.units import LonLat, NewUnit, UnitChanges
from service.roster.rules import COMMUNITY_DIGITS, DAY_MINUTES, DutyState, HeldSkill, Slot, Tier
from service.web.fields import Body, Code, Day, Line, Moment, Position


class SkillIn(Body):
    """A skill held; without a date it does not expire. The day itself is included."""

    code: Code
    expires_on: Day | None = None


class SlotIn(Body):
    """A weekly period of duty in local minutes of the day; one that runs past midnight is two slots."""

    weekday: Annotated[int, Field(strict=True, ge=0, le=6, description="0 is Monday")]
    from_minute: Annotated[int, Field(strict=True, ge=0, lt=DAY_MINUTES)]
    to_minute: Annotated[int, Field(strict=True, gt=0, le=DAY_MINUTES, description="Not included")]

    @model_validator(mode="after")
    def in_order(self) -> Self:
        """A slot ends after it begins."""
        if self.from_minute >= self.to_minute:
            raise ValueError("from_minute must be before to_minute")
        return self


def without_repeats(skills: list[SkillIn]) -> list[SkillIn]:
    """A skill is held once."""
    if len({skill.code for skill in skills}) < len(skills):
        raise ValueError("names a skill twice")
    return skills


Community = Annotated[
    str,
    StringConstraints(pattern=rf"^[0-9]{{{COMMUNITY_DIGITS}}}$"),
    Field(description="Division code of the community"),
]
Skills = Annotated[list[SkillIn], Field(max_length=100), AfterValidator(without_repeats)]
OptedOut = Annotated[
    list[Code], Field(max_length=100, description="Task categories that law or health exclude")
]
Slots = Annotated[list[SlotIn], Field(max_length=7 * 24)]


class UnitIn(Body):
    """A new unit."""

    code: Code
    name: Line
    name_en: Line | None = None
    kind: Line
    office: Position

    def new(self) -> NewUnit:
        """As the command takes it."""
        office = LonLat(*self.office.cgcs2000())
        return NewUnit(self.code, self.name, self.name_en, self.kind, office)


class UnitPatch(Body):
    """What to change of a unit; null or absent leaves it."""

    name: Line | None = None
    name_en: Line | None = None
    kind: Line | None = None
    office: Position | None = None

    def changes(self) -> UnitChanges:
        """As the command takes it."""
        office = LonLat(*self.office.cgcs2000()) if self.office else None
        return UnitChanges(self.name, self.name_en, self.kind, office)


class MemberIn(Body):
    """A new member."""

    number: Code
    name: Line
    unit_code: Code
    home_community: Community
    tier: Tier
    skills: Skills = Field(default_factory=list)
    opted_out: OptedOut = Field(default_factory=list)
    duty_slots: Slots = Field(default_factory=list)

    def new(self) -> NewMember:
        """As the command takes it."""
        return NewMember(
            number=self.number,
            name=self.name,
            unit_code=self.unit_code,
            home_community=self.home_community,
            tier=self.tier,
            skills=held(self.skills),
            opted_out=self.opted_out,
            duty_slots=week(self.duty_slots),
        )


class MemberPatch(Body):
    """What to change of a member; null or absent leaves it, a list replaces the one before."""

    name: Line | None = None
    unit_code: Code | None = None
    home_community: Community | None = None
    tier: Tier | None = None
    active: Annotated[bool, Field(strict=True)] | None = None
    skills: Skills | None = None
    opted_out: OptedOut | None = None
    duty_slots: Slots | None = None

    def changes(self) -> MemberChanges:
        """As the command takes it."""
        return MemberChanges(
            name=self.name,
            unit_code=self.unit_code,
            home_community=self.home_community,
            tier=self.tier,
            active=self.active,
            skills=None if self.skills is None else held(self.skills),
            opted_out=self.opted_out,
            duty_slots=None if self.duty_slots is None else week(self.duty_slots),
        )


class DutyIn(Body):
    """A member's own switch; without an end it holds until it is set anew."""

    state: DutyState
    until: Moment | None = None
    at: Annotated[
        Moment | None,
        Field(description="When it was set, by the client's clock; without it, when it arrives"),
    ] = None


def held(skills: Iterable[SkillIn]) -> list[HeldSkill]:
    """Skills as the commands take them."""
    return [HeldSkill(skill.code, skill.expires_on) for skill in skills]


def week(slots: Iterable[SlotIn]) -> list[Slot]:
    """Slots as the commands take them."""
    return [Slot(slot.weekday, slot.from_minute, slot.to_minute) for slot in slots]
