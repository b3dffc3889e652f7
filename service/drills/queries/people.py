"""Whom a muster calls, and where an exercise may happen."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from geoalchemy2 import Geometry
from sqlalchemy import Text, func, or_, select, true, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from service.drills.rules import Place
from service.grids.models import Grid, GridVersion
from service.grids.rules import Layer
from service.roster.models import DutySwitch, Member, Unit
from service.roster.queries.duty import on_duty
from service.roster.rules import COMMUNITY_DIGITS, LocalTime

MOST_PLACES = 2000


class Person(NamedTuple):
    """Somebody to be called."""

    member_id: UUID
    unit_code: str
    community_code: str


async def called_in(session: AsyncSession, area: str, at: LocalTime, *, off_duty: bool) -> Sequence[Person]:
    """The active members whose home or unit's office is in an area, by id; without `off_duty` those on duty alone."""
    home, office = aliased(Grid), aliased(Grid)
    # The names that the on-duty rule in SQL goes by.
    m, sw = aliased(Member, name="m"), aliased(DutySwitch, name="sw")
    rows = await session.execute(
        select(m.id, Unit.code, func.left(home.code, COMMUNITY_DIGITS))
        .select_from(m)
        .join(Unit, Unit.id == m.unit_id)
        .join(home, home.id == m.home_grid_id)
        .join(office, office.id == Unit.office_grid_id)
        .outerjoin(sw, sw.member_id == m.id)
        .where(
            m.active,
            or_(home.code.startswith(area, autoescape=True), office.code.startswith(area, autoescape=True)),
            true() if off_duty else on_duty(at),
        )
        .order_by(m.id)
    )
    return [Person(*row) for row in rows]


async def places_in(session: AsyncSession, area: str) -> Sequence[Place]:
    """A point of each leaf grid in an area, by code; of a city's with more than so many, of the first ones."""
    point = type_coerce(func.ST_PointOnSurface(GridVersion.geom), Geometry)
    rows = await session.execute(
        select(type_coerce(GridVersion.name, Text), func.ST_X(point), func.ST_Y(point))
        .join(Grid, Grid.id == GridVersion.grid_id)
        .where(
            Grid.layer == Layer.GOVERNANCE,
            Grid.code.startswith(area, autoescape=True),
            GridVersion.leaf,
            GridVersion.valid_to.is_(None),
        )
        .order_by(Grid.code)
        .limit(MOST_PLACES)
    )
    return [Place(*row) for row in rows]
