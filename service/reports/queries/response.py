"""精准问效: how fast tasks were answered, filled and reached, what fell short and why. Never about a person.

A task counts in the period in which it was posted. Times and shortfall of each: `facts`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Row,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.rules import Caller
from service.dispatch.models import Wave
from service.grids.queries.names import names_of
from service.grids.rules import CODE_LENGTHS, LEVELS
from service.reports.engine.shortfall import causes
from service.reports.queries.facts import Wanted, facts
from service.roster.models import Unit
from service.tasks.queries.playbooks import newest_playbooks

STAGES = ("accepted", "filled", "on_scene")
QUANTILES = (0.5, 0.9)


class GroupBy(StrEnum):
    """By what the figures are divided."""

    COUNTY = "county"
    TOWN = "town"
    COMMUNITY = "community"
    GRID = "grid"
    UNIT = "unit"
    """Responsible for the grid: a task of two units counts for either."""
    CATEGORY = "category"
    MODE = "mode"
    URGENCY = "urgency"
    DAY = "day"
    """Local."""
    HOUR = "hour"
    """Of the local day."""


class Times(NamedTuple):
    """Seconds from the post of the tasks that came so far; None where none did."""

    tasks: int
    median: float | None
    p90: float | None


@dataclass(slots=True)
class Figures:
    """The figures of one group of tasks, or of all."""

    key: str | None
    tasks: int
    cancelled: int
    seats: int
    offers: int
    yes: int
    no: int
    unanswered: int
    times: Mapping[str, Times]
    """By stage."""
    short_tasks: int
    short_seats: int
    causes: dict[str, int] = field(default_factory=dict)
    """Of the seats that fell short, by reason."""


async def response(
    session: AsyncSession, who: Caller, wanted: Wanted, by: GroupBy | None, zone: str, now: datetime
) -> list[Figures]:
    """The figures of all tasks first (`key` None), then those of each group that has any, by its key."""
    task = facts(who, wanted, now).cte("facts", nesting=False).prefix_with("MATERIALIZED")
    total = await summed(session, select(literal(None).label("key"), task).subquery())
    found = total or [nothing()]
    if by is not None:
        found += await summed(session, select(key_of(task, by, zone).label("key"), task).subquery())
    await add_causes(session, task, by, zone, {each.key: each for each in found})
    return found


def nothing() -> Figures:
    """Of no task at all."""
    return Figures(None, 0, 0, 0, 0, 0, 0, 0, dict.fromkeys(STAGES, Times(0, None, None)), 0, 0)


def key_of(task: Any, by: GroupBy, zone: str) -> ColumnElement[Any]:
    """What a task is grouped by, as text; by unit a task has several."""
    local = func.timezone(zone, task.c.created_at)
    if by is GroupBy.UNIT:
        return func.unnest(task.c.responsible_units)
    if by is GroupBy.DAY:
        return func.to_char(local, "YYYY-MM-DD")
    if by is GroupBy.HOUR:
        return func.to_char(local, "HH24")
    if by is GroupBy.GRID:
        return task.c.grid_code  # type: ignore[no-any-return]
    if by in LEVELS:
        return func.left(task.c.grid_code, CODE_LENGTHS[LEVELS.index(by)])
    return task.c[by]  # type: ignore[no-any-return]


async def summed(session: AsyncSession, task: Any) -> list[Figures]:
    """The figures by key."""
    columns = [
        func.count().label("tasks"),
        func.count().filter(task.c.cancelled).label("cancelled"),
        *(func.sum(task.c[name]).label(name) for name in ("seats", "offers", "yes", "no", "unanswered")),
        func.count().filter(task.c.short).label("short_tasks"),
        func.coalesce(func.sum(task.c.unserved).filter(task.c.short), 0).label("short_seats"),
    ]
    for stage in STAGES:
        columns.append(func.count(task.c[stage]).label(f"{stage}_tasks"))
        columns += [
            func.percentile_cont(quantile).within_group(task.c[stage]).label(f"{stage}_{place}")
            for place, quantile in enumerate(QUANTILES)
        ]
    rows = await session.execute(select(task.c.key, *columns).group_by(task.c.key).order_by(task.c.key))
    return [as_figures(row) for row in rows]


def as_figures(row: Row[Any]) -> Figures:
    """One group's row."""
    return Figures(
        key=row.key,
        tasks=row.tasks,
        cancelled=row.cancelled,
        seats=int(row.seats),
        offers=int(row.offers),
        yes=int(row.yes),
        no=int(row.no),
        unanswered=int(row.unanswered),
        times={
            stage: Times(
                getattr(row, f"{stage}_tasks"),
                *(seconds(getattr(row, f"{stage}_{place}")) for place in (0, 1)),
            )
            for stage in STAGES
        },
        short_tasks=row.short_tasks,
        short_seats=int(row.short_seats),
    )


def seconds(value: Any) -> float | None:
    """A percentile, to the tenth."""
    return None if value is None else round(float(value), 1)


async def add_causes(
    session: AsyncSession, task: Any, by: GroupBy | None, zone: str, figures: Mapping[str | None, Figures]
) -> None:
    """Why seats fell short, as the last wave of each such task has it."""
    last = (
        select(Wave.shortfall)
        .where(Wave.task_id == task.c.id)
        .order_by(Wave.number.desc())
        .limit(1)
        .lateral()
    )
    key = literal(None) if by is None else key_of(task, by, zone)
    rows = await session.execute(
        select(task.c.id, key.label("key"), task.c.unserved, last.c.shortfall)
        .select_from(task)
        .outerjoin(last, true())
        .where(task.c.short)
        .order_by(task.c.id)
    )
    seen_tasks = set()
    for row in rows:
        for reason, seats in causes(row.shortfall, row.unserved).items():
            # By unit a task has several rows, and counts once in the total.
            keys = {row.key} if row.id in seen_tasks else {row.key, None}
            for each in keys:
                figures[each].causes[reason] = figures[each].causes.get(reason, 0) + seats
        seen_tasks.add(row.id)


async def names_for(
    session: AsyncSession, by: GroupBy | None, keys: Sequence[str]
) -> dict[str, tuple[str, str | None]]:
    """What the keys of groups are called, in Chinese and English; those that are called nothing are left out."""
    if by is GroupBy.UNIT:
        return await unit_names(session, keys)
    if by is GroupBy.CATEGORY:
        return {each.category: (each.name_zh, each.name_en) for each in await newest_playbooks(session)}
    if by in LEVELS:
        return {code: (name.name, name.name_en) for code, name in (await names_of(session, keys)).items()}
    return {}


async def unit_names(session: AsyncSession, codes: Collection[str]) -> dict[str, tuple[str, str | None]]:
    """What units are called, in Chinese and English, by code."""
    rows = await session.execute(select(Unit.code, Unit.name, Unit.name_en).where(Unit.code.in_(codes)))
    return {code: (name, name_en) for code, name, name_en in rows}
