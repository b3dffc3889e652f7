"""Writes of members."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id, point_wkt
from service.errors import Conflict, Invalid
from service.events.record import record
from service.roster.commands.duty import replace_slots
from service.roster.models import Member, MemberSkill
from service.roster.queries.members import Home, MemberAt, home_in
from service.roster.queries.skills import all_skills
from service.roster.queries.units import unit_id
from service.roster.rules import HeldSkill, Slot, Tier


@dataclass(frozen=True, slots=True)
class NewMember:
    """A member to be stored, active; home is a community, by its code."""

    number: str
    name: str
    unit_code: str
    home_community: str
    tier: Tier
    skills: Sequence[HeldSkill] = ()
    opted_out: Collection[str] = ()
    duty_slots: Sequence[Slot] = ()


@dataclass(frozen=True, slots=True)
class MemberChanges:
    """What to change of a member; None leaves it. Skills, slots and what is opted out of are replaced whole."""

    name: str | None = None
    unit_code: str | None = None
    home_community: str | None = None
    tier: Tier | None = None
    active: bool | None = None
    skills: Sequence[HeldSkill] | None = None
    opted_out: Collection[str] | None = None
    duty_slots: Sequence[Slot] | None = None


async def create_member(session: AsyncSession, new: NewMember, now: datetime) -> UUID:
    """Store a member and give the id. Home is a representative point of the community, never an address.

    Raises Conflict when the number is taken, and Invalid for an unknown unit, community or skill, and for slots
    that overlap.
    """
    if await session.scalar(select(Member.id).where(Member.number == new.number)) is not None:
        raise Conflict("duplicate", field="number", value=new.number)
    unit = await known_unit(session, new.unit_code)
    home = await known_home(session, new.home_community)
    member = Member(
        id=new_id(),
        number=new.number,
        name=new.name,
        unit_id=unit,
        home_grid_id=home.grid_id,
        home=point_wkt(home.lon, home.lat),
        tier=new.tier,
        active=True,
        opted_out=sorted(set(new.opted_out)),
        created_at=now,
    )
    session.add(member)
    await session.flush()
    await replace_skills(session, member.id, new.skills)
    await replace_slots(session, member.id, new.duty_slots)
    await record_member(session, member.id, {new.unit_code}, {home.grid_code}, now)
    return member.id


async def update_member(
    session: AsyncSession, found: MemberAt, changes: MemberChanges, now: datetime
) -> None:
    """Change a member whom `lock_member` has locked. Raises Invalid as `create_member` does.

    Deactivating ends no running engagement and takes no pending offer back: whoever is on the way is still
    expected, reports from their phone, and is released as usual. From the next wave on nobody plans with them,
    and no phone can be enrolled for them.
    """
    member = found.member
    units, areas = {found.unit_code}, {found.home_code}
    if changes.name is not None:
        member.name = changes.name
    if changes.tier is not None:
        member.tier = changes.tier
    if changes.opted_out is not None:
        member.opted_out = sorted(set(changes.opted_out))
    if changes.unit_code is not None:
        member.unit_id = await known_unit(session, changes.unit_code)
        units.add(changes.unit_code)
    if changes.home_community is not None:
        home = await known_home(session, changes.home_community)
        member.home_grid_id, member.home = home.grid_id, point_wkt(home.lon, home.lat)
        areas.add(home.grid_code)
    if changes.active is not None:
        member.active = changes.active
    await session.flush()
    if changes.skills is not None:
        await replace_skills(session, member.id, changes.skills)
    if changes.duty_slots is not None:
        await replace_slots(session, member.id, changes.duty_slots)
    await record_member(session, member.id, units, areas, now)


async def known_unit(session: AsyncSession, code: str) -> UUID:
    """The id of a unit. Raises Invalid."""
    found = await unit_id(session, code)
    if found is None:
        raise Invalid("unknown-unit", code=code)
    return found


async def known_home(session: AsyncSession, community: str) -> Home:
    """The home that a community gives. Raises Invalid."""
    home = await home_in(session, community)
    if home is None:
        raise Invalid("unknown-community", code=community)
    return home


async def replace_skills(session: AsyncSession, member_id: UUID, held: Sequence[HeldSkill]) -> None:
    """Make these the member's skills. Raises Invalid with those that there are, when one is not."""
    if held:
        known = {skill.code for skill in await all_skills(session)}
        if unknown := sorted({skill.code for skill in held} - known):
            raise Invalid("unknown-skill", skills=", ".join(unknown), known=", ".join(sorted(known)))
    await session.execute(delete(MemberSkill).where(MemberSkill.member_id == member_id))
    if held:
        await session.execute(
            insert(MemberSkill),
            [{"member_id": member_id, "skill_code": code, "expires_on": end} for code, end in held],
        )


async def record_member(
    session: AsyncSession, member_id: UUID, units: Iterable[str], areas: Iterable[str], now: datetime
) -> None:
    """One event for each area concerned, with the units old and new; the member by id alone."""
    for area_code in sorted(areas):
        await record(
            session,
            "member.changed",
            now,
            area_code=area_code,
            unit_codes=sorted(units),
            member_ids=[member_id],
        )
