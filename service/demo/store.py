"""Write the reference city into the caller's transaction."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from geoalchemy2.shape import from_shape
from shapely import Point
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import SRID, new_id
from service.demo.accounts import Credentials, store_accounts
from service.demo.city import City
from service.dispatch.engine.playbook import columns
from service.grids.commands.editions import set_notice
from service.grids.commands.grids import NewGrid, add_grids
from service.grids.commands.links import NewLink, add_links
from service.grids.commands.rebuild import derive
from service.grids.queries.map import load_graph
from service.grids.rules import Layer
from service.roster.models import DutySlot, Member, MemberSkill, Presence, Skill, Unit
from service.settings import Settings
from service.tasks.commands.playbooks import add_playbook

NOTICE = {
    "zh": "演示数据：市、县（市、区）、镇街、社区的名称和代码以及县级边界是真实的；"
    "镇街和社区边界、单位、党建网格和全部人员都是虚构的。",
    "en": "Demo data: the names and codes of city, counties, towns and communities and the counties' boundaries are"
    " real; the boundaries of towns and communities, the units, their party grids and all people are made up.",
}


async def store(
    session: AsyncSession,
    city: City,
    settings: Settings,
    now: datetime,
    tell: Callable[[str], None] = lambda what: None,
) -> Credentials:
    """Write the whole city; gives the demo accounts with their passwords and the phones' tokens."""
    tell("skills, units and grids")
    await session.execute(
        insert(Skill), [{"code": s.code, "name_zh": s.name, "name_en": s.name_en} for s in city.skills]
    )
    grids = await add_grids(session, governance_grids(city), now)
    units = await store_units(session, city, grids)
    await add_grids(session, party_grids(city), now)
    ends = [(grids[link.from_code], grids[link.to_code]) for link in city.links]
    await add_links(session, links(city), ends)
    tell("overlay and grid graph")
    await derive(session, now)
    await set_notice(session, NOTICE)
    tell("members")
    members = await store_members(session, city, grids, units, settings, now)
    await store_presence(session, city, members, now)
    for playbook in city.playbooks:
        await add_playbook(session, playbook.category, **columns(playbook), now=now)
    tell("accounts and phones")
    accounts = await store_accounts(session, city, members, now)
    # The first queries should not be planned for empty tables.
    await session.execute(
        text("ANALYZE grid, grid_version, unit, member, member_skill, duty_slot, presence, device")
    )
    return accounts


def governance_grids(city: City) -> list[NewGrid]:
    """The divisions as governance grids."""
    return [
        NewGrid(
            layer=Layer.GOVERNANCE,
            code=division.code,
            name=division.name,
            level=division.level,
            parent_code=division.parent_code,
            shape=division.polygon,
            invented=division.level in ("town", "community"),
        )
        for division in city.divisions
    ]


def party_grids(city: City) -> list[NewGrid]:
    """The units' party grids."""
    return [
        NewGrid(
            layer=Layer.PARTY,
            code=grid.code,
            name=grid.name,
            unit_code=grid.unit_code,
            shape=grid.polygon,
            invented=True,
        )
        for grid in city.party_grids
    ]


def links(city: City) -> list[NewLink]:
    """The crossings."""
    return [
        NewLink(
            code=link.code,
            name=link.name,
            name_en=link.name_en,
            kind=link.kind,
            end_a=(link.from_lon, link.from_lat),
            end_b=(link.to_lon, link.to_lat),
            length_m=link.length_m,
            minutes=link.minutes,
            wait_minutes=link.wait_minutes,
            invented=link.invented,
        )
        for link in city.links
    ]


def point(lon: float, lat: float) -> Any:
    """A point for a geometry column."""
    return from_shape(Point(lon, lat), srid=SRID)


async def store_units(session: AsyncSession, city: City, grids: Mapping[str, UUID]) -> dict[str, UUID]:
    """The units; gives their ids by code."""
    ids = {unit.code: new_id() for unit in city.units}
    await session.execute(
        insert(Unit),
        [
            {
                "id": ids[unit.code],
                "code": unit.code,
                "name": unit.name,
                "name_en": unit.name_en,
                "kind": unit.kind,
                "office": point(unit.office_lon, unit.office_lat),
                "office_grid_id": grids[unit.office_code],
                "invented": True,
            }
            for unit in city.units
        ],
    )
    return ids


async def store_members(
    session: AsyncSession,
    city: City,
    grids: Mapping[str, UUID],
    units: Mapping[str, UUID],
    settings: Settings,
    now: datetime,
) -> dict[str, UUID]:
    """The members with skills and duty; gives their ids by number."""
    ids = {member.number: new_id() for member in city.members}
    today = now.astimezone(settings.zone).date()
    await session.execute(
        insert(Member),
        [
            {
                "id": ids[member.number],
                "number": member.number,
                "name": member.name,
                "unit_id": units[member.unit_code],
                "home_grid_id": grids[member.home_code],
                "home": point(member.home_lon, member.home_lat),
                "tier": member.tier,
                "active": True,
                "opted_out": [],
                "created_at": now,
            }
            for member in city.members
        ],
    )
    await session.execute(
        insert(MemberSkill),
        [
            {
                "member_id": ids[member.number],
                "skill_code": skill.code,
                "expires_on": None
                if skill.expires_in_days is None
                else today + timedelta(days=skill.expires_in_days),
            }
            for member in city.members
            for skill in member.skills
        ],
    )
    await session.execute(
        insert(DutySlot),
        [
            {"member_id": ids[member.number], **asdict(slot)}
            for member in city.members
            for slot in member.duty
        ],
    )
    return ids


async def store_presence(
    session: AsyncSession, city: City, members: Mapping[str, UUID], now: datetime
) -> None:
    """The last known positions, each with the leaf grid that holds it or is nearest."""
    graph = await load_graph(session)
    await session.execute(
        insert(Presence),
        [
            {
                "member_id": members[member.number],
                "at": now - timedelta(seconds=member.presence.age_s),
                "location": point(member.presence.lon, member.presence.lat),
                "accuracy_m": member.presence.accuracy_m,
                "grid_id": graph.locate(member.presence.lon, member.presence.lat).leaf.id,
                "tracked_until": None,
            }
            for member in city.members
            if member.presence is not None
        ],
    )
