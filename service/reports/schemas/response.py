"""Response over REST: times in seconds, counts of tasks, seats and offers."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, Field

from service.reports.models import CoverageSample
from service.reports.queries.facts import Wanted
from service.reports.queries.response import Figures, Times
from service.reports.rules import ENOUGH_MINUTES, ENOUGH_PEOPLE, is_small


class TimesOut(BaseModel):
    """How long it took, of the tasks that came so far."""

    tasks: int
    median_s: float | None
    p90_s: float | None

    @classmethod
    def of(cls, times: Times) -> "TimesOut":
        """One stage."""
        return cls(tasks=times.tasks, median_s=times.median, p90_s=times.p90)


class OffersOut(BaseModel):
    """What became of the offers; those that ended before their time are in `made` alone."""

    made: int
    yes: int
    no: int
    unanswered: int


class ShortfallOut(BaseModel):
    """Tasks that ended, or are past the time by which they were needed, with seats that nobody served."""

    tasks: int
    seats: int
    causes: dict[str, int] = Field(
        description="Seats by reason: what kept most people from them, or `not_taken`: enough were asked, too few came"
    )


class FiguresOut(BaseModel):
    """The figures of a group of tasks."""

    tasks: int = Field(description="Posted in the period, the cancelled ones among them")
    cancelled: int
    seats: int
    offers: OffersOut
    first_accept: TimesOut = Field(description="From the post to the first yes")
    filled: TimesOut = Field(description="From the post to the moment when all seats were first filled")
    on_scene: TimesOut = Field(description="From the post to the first member on the scene")
    shortfall: ShortfallOut

    @staticmethod
    def fields_of(figures: Figures) -> dict[str, object]:
        """The fields of each answer about a group."""
        return {
            "tasks": figures.tasks,
            "cancelled": figures.cancelled,
            "seats": figures.seats,
            "offers": OffersOut(
                made=figures.offers, yes=figures.yes, no=figures.no, unanswered=figures.unanswered
            ),
            "first_accept": TimesOut.of(figures.times["accepted"]),
            "filled": TimesOut.of(figures.times["filled"]),
            "on_scene": TimesOut.of(figures.times["on_scene"]),
            "shortfall": ShortfallOut(
                tasks=figures.short_tasks, seats=figures.short_seats, causes=figures.causes
            ),
        }


class GroupOut(FiguresOut):
    """One group, by its key: a code, a mode, a day, an hour."""

    key: str
    name: str | None = Field(description="What the key is called, if it is called anything")
    name_en: str | None


class ResponseOut(BaseModel):
    """How tasks were responded to in a period."""

    since: datetime
    until: datetime
    drill: bool = Field(description="Of drills alone; else of the real thing alone")
    by: str | None
    total: FiguresOut
    groups: list[GroupOut] = Field(description="By key; those without a task are not there")

    @classmethod
    def of(
        cls,
        wanted: Wanted,
        by: str | None,
        found: list[Figures],
        names: Mapping[str, tuple[str, str | None]],
    ) -> "ResponseOut":
        """The whole answer."""
        total, *groups = found
        return cls(
            since=wanted.since,
            until=wanted.until,
            drill=wanted.drill,
            by=by,
            total=FiguresOut(**FiguresOut.fields_of(total)),
            groups=[
                GroupOut(
                    **FiguresOut.fields_of(each),
                    key=each.key,
                    name=names.get(each.key or "", (None, None))[0],
                    name_en=names.get(each.key or "", (None, None))[1],
                )
                for each in groups
            ],
        )


class SampleOut(BaseModel):
    """What covered a county at a moment."""

    at: datetime
    area: str
    available: int | None = Field(
        description="Members in the county who might have been asked; null when few"
    )
    leaves: int
    covered: int = Field(description="Leaf grids that at least `people` of them reached within `minutes`")


class OverTimeOut(BaseModel):
    """Coverage over time."""

    minutes: int
    people: int
    items: list[SampleOut]

    @classmethod
    def of(cls, samples: Sequence[CoverageSample], threshold: Callable[[str], int]) -> "OverTimeOut":
        """The answer; `threshold` says below which a county's count is not said."""
        return cls(
            minutes=ENOUGH_MINUTES,
            people=ENOUGH_PEOPLE,
            items=[
                SampleOut(
                    at=each.at,
                    area=each.area_code,
                    available=None if is_small(each.available, threshold(each.area_code)) else each.available,
                    leaves=each.leaves,
                    covered=each.covered,
                )
                for each in samples
            ],
        )
