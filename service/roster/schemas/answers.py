"""What the roster's routes give. No answer holds a position of a person."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Self
from urllib.parse import quote
from uuid import UUID

import segno
from pydantic import BaseModel, Field
from sqlalchemy import Row

from service.geo.crs import Crs
from service.grids.schemas import PositionOut
from service.roster.models import Skill
from service.roster.queries.members import MemberRead
from service.roster.rules import Duty, DutyBy, DutyState, Limits, Slot, Tier
from service.roster.schemas.limits import OwnLimitsOut


class Named(BaseModel):
    """A governance grid by code and name."""

    code: str
    name: str


class UnitOut(BaseModel):
    """A unit, its office, and the leaf grid that took it."""

    id: UUID
    code: str
    name: str
    name_en: str | None
    kind: str
    invented: bool = Field(description="Made up for a demo")
    office: PositionOut
    office_grid: Named

    @classmethod
    def of(cls, unit: Row[Any], crs: Crs) -> Self:
        """One unit as the query gives it."""
        return cls(
            id=unit.id,
            code=unit.code,
            name=unit.name,
            name_en=unit.name_en,
            kind=unit.kind,
            invented=unit.invented,
            office=PositionOut.of(unit.lon, unit.lat, crs),
            office_grid=Named(code=unit.grid_code, name=unit.grid_name),
        )


class SkillHeldOut(BaseModel):
    """A skill held, until the end of a day if one is named."""

    code: str
    expires_on: date | None


class SlotOut(BaseModel):
    """A weekly period of duty; 0 is Monday, `to_minute` is not included."""

    weekday: int
    from_minute: int
    to_minute: int


class MemberOut(BaseModel):
    """A member as the roster shows them."""

    id: UUID
    number: str
    name: str
    unit_code: str
    home_community: Named
    tier: Tier
    active: bool
    skills: list[SkillHeldOut]
    opted_out: list[str]
    on_duty: bool = Field(description="Now, by their switch or by the calendar")

    @classmethod
    def of(cls, member: MemberRead, **more: Any) -> Self:
        """One member as the query gives them."""
        row = member.row
        return cls(
            id=row.id,
            number=row.number,
            name=row.name,
            unit_code=row.unit_code,
            home_community=Named(code=row.community_code, name=row.community_name),
            tier=row.tier,
            active=row.active,
            skills=[SkillHeldOut(**skill._asdict()) for skill in member.skills],
            opted_out=row.opted_out,
            on_duty=row.on_duty,
            **more,
        )


class MemberDetailOut(MemberOut):
    """A member with their week, and what they want to be spared."""

    duty_slots: list[SlotOut]
    limits: OwnLimitsOut

    @classmethod
    def with_week(cls, member: MemberRead, slots: Iterable[Slot], limits: Limits) -> Self:
        """One member as the queries give them."""
        return cls.of(
            member,
            duty_slots=[SlotOut.model_validate(slot, from_attributes=True) for slot in slots],
            limits=OwnLimitsOut.of(limits),
        )


class SkillOut(BaseModel):
    """What a member can do."""

    code: str
    name: str
    name_en: str

    @classmethod
    def of(cls, skill: Skill) -> Self:
        """One skill of the catalogue."""
        return cls(code=skill.code, name=skill.name_zh, name_en=skill.name_en)


class DutyOut(BaseModel):
    """Whether one is on duty and what decides it; `until` is the end of a switch that has one."""

    state: DutyState
    until: datetime | None
    on_duty: bool
    by: DutyBy
    ends_at: datetime | None = Field(
        description="When the duty one is on ends, followed for a week at most; null off duty"
    )

    @classmethod
    def of(cls, duty: Duty, ends_at: datetime | None) -> Self:
        """What the rule says, and when that ends."""
        state = DutyState.ON if duty.on_duty else DutyState.OFF
        return cls(state=state, until=duty.until, on_duty=duty.on_duty, by=duty.by, ends_at=ends_at)


class EnrolmentCodeOut(BaseModel):
    """A one-time code for the member's phone; it is shown this once, and the ones before it are dead."""

    code: str
    expires_at: datetime
    link: str = Field(description="Opens the members' app with the code; it stays out of the server's logs")
    qr_svg: str = Field(description="The link as a QR code, to be shown to the member's phone")

    @classmethod
    def of(cls, code: str, expires_at: datetime, root: str) -> Self:
        """A code, for a service that clients reach at `root`."""
        link = f"{root}/m/#enrol={quote(code)}"
        drawn = segno.make(link, micro=False).svg_inline(scale=6, light="#fff", title=code)
        return cls(code=code, expires_at=expires_at, link=link, qr_svg=drawn)
