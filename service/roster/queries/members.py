"""Reads of members. Never a position of a person."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from service.access.queries import seen, within_areas
from service.access.rules import Action, Caller
from service.db.base import among
from service.grids.models import Grid, GridVersion
from service.grids.rules import Layer
from service.roster.models import DutySwitch, Member, MemberSkill, Unit
from service.roster.queries.duty import on_duty
from service.roster.rules import COMMUNITY_DIGITS, HeldSkill, LocalTime, Tier

M = aliased(Member, name="m")
SW = aliased(DutySwitch, name="sw")
COMMUNITY = aliased(Grid, name="community")
COMMUNITY_NAME = aliased(GridVersion, name="community_name")


@dataclass(frozen=True, slots=True)
class MemberFilter:
    """What a list of members is narrowed to. `area` is the beginning of the home's code, `skill` one held today."""

    unit: str | None = None
    area: str | None = None
    tier: Tier | None = None
    skill: str | None = None
    active: bool | None = None
    on_duty: bool | None = None


class MemberRead(NamedTuple):
    """A member as the roster shows them: the row, and the skills by code."""

    row: Row[Any]
    skills: list[HeldSkill]


def select_members(at: LocalTime) -> Select[*tuple[Any, ...]]:
    """Members with unit, home community and whether they are on duty. A home grid below the community is not told,
    nor is anybody who was erased."""
    return (
        select(
            M.id,
            M.number,
            M.name,
            M.tier,
            M.active,
            M.opted_out,
            Unit.code.label("unit_code"),
            Grid.code.label("home_code"),
            func.left(Grid.code, COMMUNITY_DIGITS).label("community_code"),
            func.coalesce(COMMUNITY_NAME.name, func.left(Grid.code, COMMUNITY_DIGITS)).label(
                "community_name"
            ),
            on_duty(at).label("on_duty"),
        )
        .select_from(M)
        .join(Unit, Unit.id == M.unit_id)
        .join(Grid, Grid.id == M.home_grid_id)
        .outerjoin(
            COMMUNITY,
            (COMMUNITY.layer == Layer.GOVERNANCE)
            & (COMMUNITY.code == func.left(Grid.code, COMMUNITY_DIGITS)),
        )
        .outerjoin(
            COMMUNITY_NAME,
            (COMMUNITY_NAME.grid_id == COMMUNITY.id) & COMMUNITY_NAME.valid_to.is_(None),
        )
        .outerjoin(SW, SW.member_id == M.id)
        .where(M.erased_at.is_(None))
    )


def narrowed(wanted: MemberFilter, at: LocalTime) -> list[ColumnElement[bool]]:
    """The conditions of a filter, over `select_members`."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.unit is not None:
        conditions.append(Unit.code == wanted.unit)
    if wanted.area is not None:
        conditions.append(within_areas(Grid.code, [wanted.area]))
    if wanted.tier is not None:
        conditions.append(M.tier == wanted.tier)
    if wanted.active is not None:
        conditions.append(M.active.is_(wanted.active))
    if wanted.on_duty is not None:
        conditions.append(on_duty(at).is_(wanted.on_duty))
    if wanted.skill is not None:
        held = select(MemberSkill.member_id).where(
            MemberSkill.member_id == M.id,
            MemberSkill.skill_code == wanted.skill,
            or_(MemberSkill.expires_on.is_(None), MemberSkill.expires_on >= at.day),
        )
        conditions.append(held.exists())
    return conditions


async def members(
    session: AsyncSession, who: Caller, wanted: MemberFilter, after: UUID | None, limit: int, at: LocalTime
) -> list[MemberRead]:
    """Up to `limit + 1` members that the caller may see, by number, from the one behind `after` on. Two statements."""
    found = select_members(at).where(
        seen(who, Action.ROSTER_READ, area=Grid.code, unit=Unit.code), *narrowed(wanted, at)
    )
    if after:
        found = found.where(M.number > select(Member.number).where(Member.id == after).scalar_subquery())
    rows = (await session.execute(found.order_by(M.number).limit(limit + 1))).all()
    skills = await skills_of(session, [row.id for row in rows])
    return [MemberRead(row, skills[row.id]) for row in rows]


async def member_by_id(session: AsyncSession, member_id: UUID, at: LocalTime) -> MemberRead | None:
    """One member, as `members` gives them."""
    row = (await session.execute(select_members(at).where(M.id == member_id))).one_or_none()
    if row is None:
        return None
    return MemberRead(row, (await skills_of(session, [member_id]))[member_id])


async def skills_of(session: AsyncSession, member_ids: Sequence[UUID]) -> dict[UUID, list[HeldSkill]]:
    """The members' skills by code, also expired ones; an empty list for those who have none."""
    held: dict[UUID, list[HeldSkill]] = defaultdict(list)
    found = select(MemberSkill.member_id, MemberSkill.skill_code, MemberSkill.expires_on)
    rows = await session.execute(
        found.where(MemberSkill.member_id.in_(member_ids)).order_by(MemberSkill.skill_code)
    )
    for member_id, code, expires_on in rows:
        held[member_id].append(HeldSkill(code, expires_on))
    return held


class MemberAt(NamedTuple):
    """A member's row, and the codes of the unit and of the leaf grid that say whose they are."""

    member: Member
    unit_code: str
    home_code: str


def members_at() -> Select[Member, str, str]:
    """Members with what says whose they are, to be locked until the transaction ends. Rows that refer to them may
    still be added meanwhile."""
    return (
        select(Member, Unit.code, Grid.code)
        .join(Unit, Unit.id == Member.unit_id)
        .join(Grid, Grid.id == Member.home_grid_id)
        .where(Member.erased_at.is_(None))
        .with_for_update(of=Member, key_share=True)
        .execution_options(populate_existing=True)
    )


async def lock_member(session: AsyncSession, member_id: UUID) -> MemberAt | None:
    """A member, locked."""
    row = (await session.execute(members_at().where(Member.id == member_id))).one_or_none()
    return MemberAt(*row) if row else None


async def lock_members(session: AsyncSession, member_ids: Collection[UUID]) -> list[MemberAt]:
    """Members, locked in the order of their ids."""
    found = members_at().where(among(Member.id, member_ids)).order_by(Member.id)
    return [MemberAt(*row) for row in (await session.execute(found)).all()]


async def member_ids(session: AsyncSession, numbers: Collection[str]) -> list[UUID]:
    """The ids of members; numbers that nobody has are left out."""
    return list(await session.scalars(select(Member.id).where(among(Member.number, numbers))))


class Home(NamedTuple):
    """A leaf grid and a point in it, in CGCS2000 degrees."""

    grid_id: UUID
    grid_code: str
    lon: float
    lat: float


async def homes_in(session: AsyncSession, communities: Collection[str]) -> dict[str, Home]:
    """A representative point of each community, and the leaf grid that it lies in: the community, or one below it.

    Communities that are not on the map are left out.
    """
    found = await session.execute(
        text(
            """
            WITH home AS MATERIALIZED (
                SELECT g.code, ST_PointOnSurface(v.geom) AS point FROM grid g
                JOIN grid_version v ON v.grid_id = g.id
                WHERE g.layer = 'governance' AND g.code = ANY(:codes) AND v.valid_to IS NULL
            )
            SELECT DISTINCT ON (h.code) h.code AS community, g.id, g.code,
                   ST_X(h.point) AS lon, ST_Y(h.point) AS lat
            FROM home h JOIN grid g ON g.layer = 'governance' AND left(g.code, length(h.code)) = h.code
            JOIN grid_version v ON v.grid_id = g.id
            WHERE v.leaf AND v.valid_to IS NULL
            ORDER BY h.code, v.geom <-> h.point, g.code
            """
        ),
        {"codes": sorted(communities)},
    )
    return {row.community: Home(*row[1:]) for row in found}
