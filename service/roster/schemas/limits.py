"""A member's own limits, as they are taken and given. Quiet hours are times of the day, "22:00"."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.roster.rules import InForce, Limits, Quiet
from service.web.fields import Body, Code

TimeOfDay = Annotated[
    str,
    StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    Field(description="Local time, HH:MM"),
]


def minute(time: str) -> int:
    """The minute of the day that a TimeOfDay says."""
    return int(time[:2]) * 60 + int(time[3:])


def clock(minute: int) -> str:
    """A minute of the day as a TimeOfDay."""
    return f"{minute // 60:02}:{minute % 60:02}"


class QuietIn(Body):
    """Quiet hours, across midnight where `to` is before `from`; the two equal: none at all."""

    from_: Annotated[TimeOfDay, Field(alias="from")]
    to: TimeOfDay

    def quiet(self) -> Quiet:
        """As the command takes it."""
        return Quiet(minute(self.from_), minute(self.to))


class LimitsIn(Body):
    """What a member wants to be spared, in place of what they set before; null is the city's default."""

    weekly_hours: (
        Annotated[float, Field(strict=True, ge=0, le=168, description="Of service in a calendar week")] | None
    ) = None
    quiet: QuietIn | None = None
    unwanted: Annotated[
        list[Code],
        Field(max_length=100, description="Task categories that they would rather not be asked for"),
    ] = []

    def limits(self) -> Limits:
        """As the command takes it."""
        quiet = self.quiet.quiet() if self.quiet else None
        return Limits(self.weekly_hours, quiet, tuple(self.unwanted))


class QuietOut(BaseModel):
    """Quiet hours; `from` and `to` equal: none at all."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    from_: str = Field(alias="from", description="Local time, HH:MM")
    to: str = Field(description="Local time, HH:MM, not included")

    @classmethod
    def of(cls, quiet: Quiet | None) -> Self | None:
        """Quiet hours as the query gives them."""
        return cls(from_=clock(quiet.from_minute), to=clock(quiet.to_minute)) if quiet else None


class OwnLimitsOut(BaseModel):
    """What a member has set; null is the city's default."""

    weekly_hours: float | None
    quiet: QuietOut | None
    unwanted: list[str]

    @classmethod
    def of(cls, limits: Limits, **more: Any) -> Self:
        """Limits as the query gives them."""
        return cls(
            weekly_hours=limits.weekly_hours,
            quiet=QuietOut.of(limits.quiet),
            unwanted=[*limits.unwanted],
            **more,
        )


class InForceOut(BaseModel):
    """What holds for a member: their own limits, else the city's."""

    weekly_hours: float
    quiet: QuietOut | None = Field(description="null where the city has no quiet hours")


class LimitsOut(OwnLimitsOut):
    """What a member has set, and what holds for them."""

    in_force: InForceOut

    @classmethod
    def in_city(cls, limits: Limits, city: InForce) -> Self:
        """Limits as the query gives them, over the city's defaults."""
        holds = limits.in_force(city)
        in_force = InForceOut(weekly_hours=holds.weekly_hours, quiet=QuietOut.of(holds.quiet))
        return cls.of(limits, in_force=in_force)
