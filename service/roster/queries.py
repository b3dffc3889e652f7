"""Reads of units, members, skills and duty, kept within what the caller may see. Never a position of a person."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, ColumnElement, Row, Select, func, or_, select, text, type_coerce
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from service.access.queries import seen, within_areas
from service.access.rules import Action, Caller
from service.errors import NotFound
from service.grids.models import Grid, GridVersion
from service.grids.rules import Layer
from service.roster.models import DutySlot, DutySwitch, Member, MemberSkill, Skill, Unit
from service.roster.rules import COMMUNITY_DIGITS, DutyState, HeldSkill, LocalTime, Slot, Switch, Tier

M = aliased(Member, name="m")
SW = aliased(DutySwitch, name="sw")
COMMUNITY = aliased(Grid, name="community")
COMMUNITY_NAME = aliased(GridVersion, name="community_name")


def on_duty_sql() -> str:
    """The on-duty rule as a boolean SQL expression; `rules.duty` is the same rule in Python.

    It wants `member m` and `duty_switch sw` (left join) in scope, and the binds :now, :weekday (Monday is 0) and
    :minute (of the local day): `on_duty_binds`.
    """
    return """
        CASE WHEN sw.state IS NOT NULL AND (sw.until IS NULL OR sw.until > :now) THEN sw.state = 'on'
             ELSE EXISTS (SELECT 1 FROM duty_slot d WHERE d.member_id = m.id AND d.weekday = :weekday
                          AND d.from_minute <= :minute AND :minute < d.to_minute) END
    """


def on_duty_binds(at: LocalTime) -> dict[str, Any]:
    """The values of the binds that `on_duty_sql` wants."""
    return {"now": at.now, "weekday": at.weekday, "minute": at.minute}


def on_duty(at: LocalTime) -> ColumnElement[bool]:
    """`on_duty_sql` at a moment, as a column."""
    return type_coerce(text(f"({on_duty_sql()})").bindparams(**on_duty_binds(at)), Boolean)


# Units


def select_units() -> Select[*tuple[Any, ...]]:
    """Units with their office and the grid it lies in."""
    return (
        select(
            Unit.id,
            Unit.code,
            Unit.name,
            Unit.name_en,
            Unit.kind,
            func.ST_X(Unit.office).label("lon"),
            func.ST_Y(Unit.office).label("lat"),
            Grid.code.label("grid_code"),
            func.coalesce(GridVersion.name, Grid.code).label("grid_name"),
        )
        .join(Grid, Grid.id == Unit.office_grid_id)
        .outerjoin(GridVersion, (GridVersion.grid_id == Grid.id) & GridVersion.valid_to.is_(None))
    )


async def units(
    session: AsyncSession, who: Caller, after: UUID | None, limit: int, *, code: str | None, q: str | None
) -> Sequence[Row[Any]]:
    """Up to `limit + 1` units that the caller may see, by code, from the one behind `after` on.

    `q` is a part of the name in either language.
    """
    found = select_units().where(seen(who, Action.ROSTER_READ, area=Grid.code, unit=Unit.code))
    if code:
        found = found.where(Unit.code == code)
    if q:
        found = found.where(
            or_(Unit.name.icontains(q, autoescape=True), Unit.name_en.icontains(q, autoescape=True))
        )
    if after:
        found = found.where(Unit.code > select(Unit.code).where(Unit.id == after).scalar_subquery())
    return (await session.execute(found.order_by(Unit.code).limit(limit + 1))).all()


async def unit_named(session: AsyncSession, code: str) -> Row[Any] | None:
    """One unit, as `units` gives it."""
    return (await session.execute(select_units().where(Unit.code == code))).one_or_none()


async def unit_id(session: AsyncSession, code: str) -> UUID | None:
    """The id of a unit."""
    found: UUID | None = await session.scalar(select(Unit.id).where(Unit.code == code))
    return found


# Members


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
    """Members with unit, home community and whether they are on duty. A home grid below the community is not told."""
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


async def lock_member(session: AsyncSession, member_id: UUID) -> MemberAt | None:
    """A member, locked until the transaction ends. Rows that refer to the member may still be added meanwhile."""
    found = (
        select(Member, Unit.code, Grid.code)
        .join(Unit, Unit.id == Member.unit_id)
        .join(Grid, Grid.id == Member.home_grid_id)
        .where(Member.id == member_id)
        .with_for_update(of=Member, key_share=True)
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(found)).one_or_none()
    return MemberAt(*row) if row else None


class Home(NamedTuple):
    """A leaf grid and a point in it, in CGCS2000 degrees."""

    grid_id: UUID
    lon: float
    lat: float


async def home_in(session: AsyncSession, community: str) -> Home | None:
    """A representative point of a community, and the leaf grid that it lies in: the community, or one below it."""
    found = await session.execute(
        text(
            """
            WITH home AS MATERIALIZED (
                SELECT ST_PointOnSurface(v.geom) AS point FROM grid g JOIN grid_version v ON v.grid_id = g.id
                WHERE g.layer = 'governance' AND g.code = :code AND v.valid_to IS NULL
            )
            SELECT g.id, ST_X(h.point) AS lon, ST_Y(h.point) AS lat
            FROM home h, grid g JOIN grid_version v ON v.grid_id = g.id
            WHERE g.layer = 'governance' AND g.code LIKE :below AND v.leaf AND v.valid_to IS NULL
            ORDER BY v.geom <-> h.point, g.code LIMIT 1
            """
        ),
        {"code": community, "below": f"{community}%"},
    )
    row = found.one_or_none()
    return Home(*row) if row else None


# Skills and duty


async def skills(session: AsyncSession) -> Sequence[Skill]:
    """Every skill there is, by code."""
    return (await session.scalars(select(Skill).order_by(Skill.code))).all()


async def slots_of(session: AsyncSession, member_id: UUID) -> list[Slot]:
    """A member's week, from Monday on."""
    found = select(DutySlot.weekday, DutySlot.from_minute, DutySlot.to_minute)
    rows = await session.execute(found.where(DutySlot.member_id == member_id))
    return sorted(Slot(*row) for row in rows)


async def switch_of(session: AsyncSession, member_id: UUID) -> Switch | None:
    """A member's switch as last set, whether or not it still holds."""
    found = select(DutySwitch.state, DutySwitch.until).where(DutySwitch.member_id == member_id)
    row = (await session.execute(found)).one_or_none()
    return Switch(DutyState(row.state), row.until) if row else None


async def area_and_unit(session: AsyncSession, member_id: UUID) -> tuple[str, str]:
    """The codes of a member's home grid and unit. Raises NotFound."""
    found = (
        select(Grid.code, Unit.code)
        .select_from(Member)
        .join(Grid, Grid.id == Member.home_grid_id)
        .join(Unit, Unit.id == Member.unit_id)
        .where(Member.id == member_id)
    )
    row = (await session.execute(found)).one_or_none()
    if row is None:
        raise NotFound("member")
    return row[0], row[1]
