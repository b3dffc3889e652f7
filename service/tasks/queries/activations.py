"""Reading activations. One applies by its times, whether or not anybody has said that it began or ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.queries import within_areas
from service.db import driver
from service.errors import NotFound
from service.grids.models import Grid
from service.grids.rules import lineage
from service.tasks.models import Activation, Task
from service.tasks.rules import LIVE_STATES, Level, highest


class ActivationState(StrEnum):
    """planned → live → ended; one that is called off ends without ever having been live."""

    PLANNED = "planned"
    LIVE = "live"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Levels:
    """The activations that apply at one time, by the code of their area."""

    by_area: Mapping[str, Level]

    def at(self, code: str) -> Level | None:
        """The highest of the place with that code and of all above it; None is normal."""
        return highest(self.by_area[area] for area in lineage(code) if area in self.by_area)

    def having(self, area: str, level: Level) -> "Levels":
        """The same with the area at that level."""
        return Levels({**self.by_area, area: level})


def live_at(now: datetime) -> ColumnElement[bool]:
    """Whether an activation applies at that time, whoever has said so."""
    return (Activation.ended_at.is_(None)) & (Activation.from_at <= now) & (Activation.until > now)


def over_at(now: datetime) -> ColumnElement[bool]:
    """Whether it is over at that time: ended by somebody, or by itself."""
    return or_(Activation.ended_at.is_not(None), Activation.until <= now)


def in_state(state: ActivationState, now: datetime) -> ColumnElement[bool]:
    """Whether it is in that state; `state_of` is the same rule in Python."""
    match state:
        case ActivationState.PLANNED:
            return ~over_at(now) & (Activation.from_at > now)
        case ActivationState.LIVE:
            return live_at(now)
        case ActivationState.ENDED:
            return over_at(now)


def state_of(activation: Activation, now: datetime) -> ActivationState:
    """The state of an activation."""
    if activation.ended_at is not None or activation.until <= now:
        return ActivationState.ENDED
    return ActivationState.PLANNED if activation.from_at > now else ActivationState.LIVE


LEVELS_AT = """
    SELECT level FROM activation
    WHERE area_code = ANY($1) AND ended_at IS NULL AND from_at <= $2 AND until > $2
"""
"""`live_at` of the areas of a lineage."""


async def level_at(session: AsyncSession, code: str, now: datetime) -> Level | None:
    """The highest live activation of the place with that division or grid code; None is normal."""
    rows = await driver.fetch(session, LEVELS_AT, lineage(code), now)
    return highest(Level(row.level) for row in rows)


async def levels_around(session: AsyncSession, area: str, at: datetime) -> Levels:
    """All activations that apply at that time to an area or to anything in it; of each area there is but one."""
    found = await session.execute(
        select(Activation.area_code, Activation.level).where(concerns(area), live_at(at))
    )
    return Levels({code: Level(level) for code, level in found})


def concerns(area: str) -> ColumnElement[bool]:
    """Whether an activation is one of the area, of what holds it, or of something in it."""
    return or_(Activation.area_code.in_(lineage(area)), within_areas(Activation.area_code, [area]))


async def lock_area(session: AsyncSession, grid_id: UUID) -> None:
    """Lock an area, before any task in it. All that happens to its activations happens under this lock; tasks may
    still be posted there meanwhile."""
    await session.execute(select(Grid.id).where(Grid.id == grid_id).with_for_update(key_share=True))


async def overlapping(
    session: AsyncSession, area: str, from_at: datetime, until: datetime
) -> Sequence[Activation]:
    """The activations of the same area, not ended by anybody, that share time with that period, earliest first."""
    found = await session.scalars(
        select(Activation)
        .where(
            Activation.area_code == area,
            Activation.ended_at.is_(None),
            Activation.from_at < until,
            Activation.until > from_at,
        )
        .order_by(Activation.from_at)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def activation_by_id(session: AsyncSession, activation_id: UUID) -> Activation:
    """One activation as it is now. Raises NotFound."""
    found = await session.get(Activation, activation_id, populate_existing=True)
    if found is None:
        raise NotFound("activation")
    return found


async def list_activations(
    session: AsyncSession,
    limit: int,
    after: UUID | None,
    *,
    now: datetime,
    area: str | None = None,
    state: ActivationState | None = None,
    since: datetime | None = None,
) -> Sequence[Activation]:
    """Up to `limit` + 1 activations, the last made first, from behind the one with the id `after`."""
    statement = select(Activation).order_by(Activation.created_at.desc(), Activation.id.desc())
    if area is not None:
        statement = statement.where(concerns(area))
    if state is not None:
        statement = statement.where(in_state(state, now))
    if since is not None:
        statement = statement.where(Activation.created_at >= since)
    if after is not None:
        made = select(Activation.created_at).where(Activation.id == after).scalar_subquery()
        statement = statement.where(
            or_(
                Activation.created_at < made,
                (Activation.created_at == made) & (Activation.id < after),
            )
        )
    return (await session.scalars(statement.limit(limit + 1))).all()


async def live_tasks_in(session: AsyncSession, area: str) -> Sequence[Task]:
    """The tasks in an area that go on, in the order in which they were posted."""
    found = await session.scalars(
        select(Task)
        .where(Task.state.in_(LIVE_STATES), within_areas(Task.grid_code, [area]))
        .order_by(Task.created_at, Task.id)
    )
    return found.all()
