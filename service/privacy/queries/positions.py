"""Where members are, for those to whom the table of rules shows it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    select,
    text,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from service.access.queries import within_areas
from service.dispatch.models import Engagement, Offer
from service.dispatch.rules import LIVE, OfferState
from service.grids.models import Grid, GridVersion
from service.grids.rules import Layer
from service.privacy.rules import Standing, Viewer, shown_to
from service.roster.models import DutySwitch, Member, Presence, Unit
from service.roster.queries.duty import on_duty
from service.roster.rules import LocalTime
from service.tasks.models import Task

M = aliased(Member, name="m")
SW = aliased(DutySwitch, name="sw")
HOME = aliased(Grid, name="home")
ASKED_FOR = aliased(Task, name="asked_for")

LEAVES = f"""
    WITH RECURSIVE below AS (
        SELECT id FROM grid WHERE layer = '{Layer.GOVERNANCE}' AND code = :area
        UNION ALL
        SELECT g.id FROM below b JOIN grid g ON g.parent_id = b.id
    )
    SELECT b.id FROM below b JOIN grid_version v ON v.grid_id = b.id AND v.leaf AND v.valid_to IS NULL
"""
"""The leaf grids of an area, along the parents."""

PENDING = Offer.state == OfferState.PENDING
ENGAGED = Engagement.state.in_(LIVE)

PLACE = (
    Presence.at,
    Presence.accuracy_m,
    Presence.coarse,
    Presence.marks,
    Presence.how,
    Presence.how_at,
    func.ST_X(Presence.location).label("lon"),
    func.ST_Y(Presence.location).label("lat"),
    Grid.code.label("grid_code"),
    GridVersion.name.label("grid_name"),
    func.ST_X(func.ST_PointOnSurface(GridVersion.geom)).label("grid_lon"),
    func.ST_Y(func.ST_PointOnSurface(GridVersion.geom)).label("grid_lat"),
)
"""What is known of where somebody is: the place itself, and its grid with a point that stands for it."""


def standing_in(areas: Sequence[str], at: LocalTime) -> ColumnElement[str]:
    """What a member is to a dispatcher of those areas: `rules.Standing` in SQL, the first that applies."""
    engaged_here = and_(Engagement.id.is_not(None), within_areas(Task.grid_code, areas))
    offered_here = and_(Offer.id.is_not(None), within_areas(ASKED_FOR.grid_code, areas))
    return case(
        (and_(engaged_here, Task.drill), Standing.IN_DRILL),
        (engaged_here, Standing.ENGAGED),
        (offered_here, Standing.OFFERED),
        (Engagement.id.is_not(None), Standing.ENGAGED_ELSEWHERE),
        (and_(M.active, within_areas(Grid.code, areas), on_duty(at)), Standing.ON_DUTY),
        else_=Standing.OFF_DUTY,
    )


def positions_of(
    candidates: Select[UUID], areas: Sequence[str], at: LocalTime, after: UUID | None, limit: int
) -> Select[*tuple[Any, ...]]:
    """Up to `limit + 1` of the candidates whom a dispatcher of those areas sees, by id, from behind `after` on."""
    standing = standing_in(areas, at)
    # Materialized: the cost follows the candidates, and not the city.
    near = candidates.cte("near").prefix_with("MATERIALIZED")
    statement = (
        select(
            M.id,
            M.number,
            M.name,
            M.tier,
            Unit.code.label("unit_code"),
            HOME.code.label("home_code"),
            standing.label("standing"),
            Engagement.state.label("engagement_state"),
            Task.id.label("engaged_in"),
            ASKED_FOR.id.label("asked_for"),
            *PLACE,
        )
        .select_from(near)
        .join(M, M.id == near.c.member_id)
        .join(Unit, Unit.id == M.unit_id)
        .join(HOME, HOME.id == M.home_grid_id)
        .outerjoin(SW, SW.member_id == M.id)
        .outerjoin(Presence, Presence.member_id == M.id)
        .outerjoin(Grid, Grid.id == Presence.grid_id)
        .outerjoin(GridVersion, and_(GridVersion.grid_id == Grid.id, GridVersion.valid_to.is_(None)))
        .outerjoin(Engagement, and_(Engagement.member_id == M.id, ENGAGED))
        .outerjoin(Task, Task.id == Engagement.task_id)
        .outerjoin(Offer, and_(Offer.member_id == M.id, PENDING))
        .outerjoin(ASKED_FOR, ASKED_FOR.id == Offer.task_id)
        .where(standing.in_(shown_to(Viewer.DISPATCHER)))
        .order_by(M.id)
        .limit(limit + 1)
    )
    return statement if after is None else statement.where(M.id > after)


async def in_task(
    session: AsyncSession, task_id: UUID, areas: Sequence[str], at: LocalTime, after: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Those who are asked for a task or engaged in it."""
    people = union(
        select(Engagement.member_id).where(Engagement.task_id == task_id, ENGAGED),
        select(Offer.member_id).where(Offer.task_id == task_id, PENDING),
    ).subquery()
    found = positions_of(select(people.c.member_id), areas, at, after, limit)
    return (await session.execute(found)).all()


def people_of_area(leaves: Sequence[UUID], area: str) -> Select[UUID]:
    """The members last seen in those leaf grids, which are the area's, and those asked for or engaged in its tasks."""
    grids = bindparam("leaves", list(leaves), ARRAY(Uuid))
    people = union(
        select(Presence.member_id).where(Presence.grid_id == func.any(grids)),
        select(Engagement.member_id)
        .join(Task, Task.id == Engagement.task_id)
        .where(ENGAGED, Task.grid_code.startswith(area, autoescape=True)),
        select(Offer.member_id)
        .join(Task, Task.id == Offer.task_id)
        .where(PENDING, Task.grid_code.startswith(area, autoescape=True)),
    ).subquery()
    return select(people.c.member_id)


async def in_area(
    session: AsyncSession, area: str, areas: Sequence[str], at: LocalTime, after: UUID | None, limit: int
) -> Sequence[Row[Any]]:
    """Those who were last seen in an area, and those asked for or engaged in its tasks, wherever they are."""
    leaves = (await session.scalars(text(LEAVES), {"area": area})).all()
    found = positions_of(people_of_area(leaves, area), areas, at, after, limit)
    return (await session.execute(found)).all()


async def own(session: AsyncSession, member_id: UUID) -> Row[Any] | None:
    """What is known of where one member is; None where nothing is."""
    found = (
        select(*PLACE)
        .join(Grid, Grid.id == Presence.grid_id)
        .join(GridVersion, and_(GridVersion.grid_id == Grid.id, GridVersion.valid_to.is_(None)))
        .where(Presence.member_id == member_id)
    )
    return (await session.execute(found)).one_or_none()
