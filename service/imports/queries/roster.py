"""The roster as the checks of a file need it."""

from collections import defaultdict

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.models import Engagement
from service.dispatch.rules import LIVE
from service.grids.models import Grid, GridVersion
from service.imports.checks.members import KnownMember, Roster
from service.imports.checks.units import KnownUnit
from service.roster.models import Member, MemberSkill, Skill, Unit
from service.roster.rules import COMMUNITY_DIGITS, HeldSkill, Tier


async def units(session: AsyncSession) -> dict[str, KnownUnit]:
    """All units by code."""
    rows = await session.execute(
        select(Unit.code, Unit.name, Unit.name_en, Unit.kind, func.ST_X(Unit.office), func.ST_Y(Unit.office))
    )
    return {
        code: KnownUnit(code, name, name_en, kind, (lon, lat))
        for code, name, name_en, kind, lon, lat in rows.all()
    }


async def roster(session: AsyncSession) -> Roster:
    """All members, and what a file may name."""
    units = await session.execute(select(Unit.code, Unit.name))
    communities = await session.execute(
        select(Grid.code, GridVersion.name)
        .join(GridVersion, GridVersion.grid_id == Grid.id)
        .where(Grid.level == "community", GridVersion.valid_to.is_(None))
    )
    skills = await session.execute(select(Skill.code, Skill.name_zh, Skill.name_en))
    engaged = await session.scalars(
        select(Member.number)
        .join(Engagement, Engagement.member_id == Member.id)
        .where(Engagement.state.in_(LIVE))
    )
    return Roster(
        members=await members(session),
        units={code: name for code, name in units.all()},
        communities={code: name for code, name in communities.all()},
        skills={code: (zh, en) for code, zh, en in skills.all()},
        engaged=frozenset(engaged),
    )


async def members(session: AsyncSession) -> dict[str, KnownMember]:
    """All members by number."""
    held: dict[object, list[HeldSkill]] = defaultdict(list)
    skills = select(MemberSkill.member_id, MemberSkill.skill_code, MemberSkill.expires_on)
    for member_id, code, expires_on in (await session.execute(skills)).all():
        held[member_id].append(HeldSkill(code, expires_on))
    rows = await session.execute(
        select(
            Member.id,
            Member.number,
            Member.name,
            Unit.code,
            func.left(Grid.code, COMMUNITY_DIGITS),
            Member.tier,
            Member.active,
        )
        .join(Unit, Unit.id == Member.unit_id)
        .join(Grid, Grid.id == Member.home_grid_id)
    )
    return {
        number: KnownMember(number, name, unit, home, Tier(tier), tuple(sorted(held[id])), active)
        for id, number, name, unit, home, tier, active in rows.all()
    }
