"""Writes of members: of one, or of all in a file."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import among, new_id, point_wkt
from service.errors import Conflict, Invalid
from service.events.record import Concerned, record_all
from service.roster.commands.duty import replace_slots
from service.roster.commands.presence import forget_duty, stop_tracking
from service.roster.models import DutySlot, Member, MemberSkill
from service.roster.queries.members import Home, MemberAt, homes_in
from service.roster.queries.skills import all_skills
from service.roster.queries.units import unit_ids
from service.roster.rules import HeldSkill, Slot, Tier


@dataclass(frozen=True, slots=True)
class NewMember:
    """A member to be stored; home is a community, by its code."""

    number: str
    name: str
    unit_code: str
    home_community: str
    tier: Tier
    skills: Sequence[HeldSkill] = ()
    opted_out: Collection[str] = ()
    duty_slots: Sequence[Slot] = ()
    active: bool = True


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
    """Store one member, as `add_members` does, and give the id."""
    (member_id,) = await add_members(session, [new], now)
    return member_id


async def update_member(
    session: AsyncSession, found: MemberAt, changes: MemberChanges, now: datetime
) -> None:
    """Change one member, as `change_members` does."""
    await change_members(session, [(found, changes)], now)


async def add_members(session: AsyncSession, new: Sequence[NewMember], now: datetime) -> list[UUID]:
    """Store members and give their ids in order. Home is a representative point of the community, never an address.

    Raises Conflict when a number is taken, and Invalid for an unknown unit, community or skill, and for slots
    that overlap. A dozen statements, however many they are.
    """
    await refuse_taken(session, [each.number for each in new])
    units = await known_units(session, {each.unit_code for each in new})
    homes = await known_homes(session, {each.home_community for each in new})
    ids = [new_id() for _ in new]
    if new:
        await session.execute(
            insert(Member),
            [
                {
                    "id": id,
                    "number": each.number,
                    "name": each.name,
                    "unit_id": units[each.unit_code],
                    "home_grid_id": homes[each.home_community].grid_id,
                    "home": point_wkt(homes[each.home_community].lon, homes[each.home_community].lat),
                    "tier": each.tier,
                    "active": each.active,
                    "opted_out": sorted(set(each.opted_out)),
                    "created_at": now,
                }
                for id, each in zip(ids, new, strict=True)
            ],
        )
    of_each = list(zip(ids, new, strict=True))
    await replace_skills(session, {id: each.skills for id, each in of_each})
    await replace_slots(session, {id: each.duty_slots for id, each in of_each})
    await record_members(
        session, [(id, {each.unit_code}, {homes[each.home_community].grid_code}) for id, each in of_each], now
    )
    return ids


async def change_members(
    session: AsyncSession, changes: Sequence[tuple[MemberAt, MemberChanges]], now: datetime
) -> None:
    """Change members whom `lock_member` or `lock_members` has locked. Raises Invalid as `add_members` does.

    Deactivating ends no running engagement and takes no pending offer back: whoever is on the way is still
    expected, reports from their phone, and is released as usual. From the next wave on nobody plans with them,
    and no phone can be enrolled for them.
    """
    units = await known_units(session, {each.unit_code for _, each in changes if each.unit_code is not None})
    homes = await known_homes(
        session, {each.home_community for _, each in changes if each.home_community is not None}
    )
    concerned = []
    for found, wanted in changes:
        member, unit_codes, areas = found.member, {found.unit_code}, {found.home_code}
        if wanted.name is not None:
            member.name = wanted.name
        if wanted.tier is not None:
            member.tier = wanted.tier
        if wanted.opted_out is not None:
            member.opted_out = sorted(set(wanted.opted_out))
        if wanted.unit_code is not None:
            member.unit_id = units[wanted.unit_code]
            unit_codes.add(wanted.unit_code)
        if wanted.home_community is not None:
            home = homes[wanted.home_community]
            member.home_grid_id, member.home = home.grid_id, point_wkt(home.lon, home.lat)
            areas.add(home.grid_code)
        if wanted.active is not None:
            member.active = wanted.active
        concerned.append((member.id, unit_codes, areas))
    await session.flush()
    await replace_skills(
        session, {found.member.id: each.skills for found, each in changes if each.skills is not None}
    )
    await replace_slots(
        session, {found.member.id: each.duty_slots for found, each in changes if each.duty_slots is not None}
    )
    await forget_duty(
        session,
        [
            found.member.id
            for found, each in changes
            if each.duty_slots is not None or each.active is not None
        ],
    )
    await stop_tracking(session, [found.member.id for found, each in changes if each.active is False])
    await record_members(session, concerned, now)


async def remove_members(session: AsyncSession, found: Sequence[MemberAt], now: datetime) -> None:
    """Delete members to whom nothing refers but their skills and their week.

    Whatever else refers to them is a foreign key violation: the caller has a savepoint around it.
    """
    ids = [each.member.id for each in found]
    for table in (MemberSkill, DutySlot):
        await session.execute(delete(table).where(among(table.member_id, ids)))
    await session.execute(
        delete(Member).where(among(Member.id, ids)), execution_options={"synchronize_session": False}
    )
    await record_members(
        session, [(each.member.id, {each.unit_code}, {each.home_code}) for each in found], now
    )


async def refuse_taken(session: AsyncSession, numbers: Sequence[str]) -> None:
    """Raises Conflict for a number that is another member's, or that is there twice."""
    taken = set(await session.scalars(select(Member.number).where(among(Member.number, numbers))))
    taken |= {number for number, times in Counter(numbers).items() if times > 1}
    if taken:
        raise Conflict("duplicate", field="number", value=", ".join(sorted(taken)))


async def known_units(session: AsyncSession, codes: Collection[str]) -> dict[str, UUID]:
    """The ids of units. Raises Invalid for one that is not there."""
    if not codes:
        return {}
    found = await unit_ids(session, codes)
    if unknown := sorted(set(codes) - set(found)):
        raise Invalid("unknown-unit", code=", ".join(unknown))
    return found


async def known_homes(session: AsyncSession, communities: Collection[str]) -> dict[str, Home]:
    """The homes that communities give. Raises Invalid for one that is not on the map."""
    if not communities:
        return {}
    found = await homes_in(session, communities)
    if unknown := sorted(set(communities) - set(found)):
        raise Invalid("unknown-community", code=", ".join(unknown))
    return found


async def replace_skills(session: AsyncSession, held: Mapping[UUID, Sequence[HeldSkill]]) -> None:
    """Make these the members' skills. Raises Invalid with those that there are, when one is not."""
    rows = [
        {"member_id": member_id, "skill_code": code, "expires_on": end}
        for member_id, skills in held.items()
        for code, end in skills
    ]
    if rows:
        known = {skill.code for skill in await all_skills(session)}
        if unknown := sorted({skill.code for skills in held.values() for skill in skills} - known):
            raise Invalid("unknown-skill", skills=", ".join(unknown), known=", ".join(sorted(known)))
    if held:
        await session.execute(delete(MemberSkill).where(among(MemberSkill.member_id, held)))
    if rows:
        await session.execute(insert(MemberSkill), rows)


async def record_members(
    session: AsyncSession, changed: Iterable[tuple[UUID, Collection[str], Collection[str]]], now: datetime
) -> None:
    """For each member (the id, unit codes, area codes) one event for each area concerned, with the units old and new;
    the member by id alone."""
    await record_all(
        session,
        "member.changed",
        now,
        [
            Concerned(area, sorted(units), member_id)
            for member_id, units, areas in changed
            for area in sorted(areas)
        ],
    )
