"""Load the reference city into an empty database: all of it or nothing, in one transaction."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from geoalchemy2.shape import from_shape
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from shapely import Point
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.commands import PHONE, create_account
from service.access.models import Account, Device
from service.access.rules import Role
from service.access.secrets import hash_token, new_token
from service.db.base import SRID, new_id, utcnow
from service.db.engine import make_engine, make_sessions
from service.demo.city import City, build_city
from service.errors import SetupError
from service.grids.commands import NewGrid, NewLink, add_grids, add_links, derive
from service.grids.models import Grid
from service.grids.queries import load_graph
from service.grids.rules import Layer
from service.roster.models import DutySlot, Member, MemberSkill, Presence, Skill, Unit
from service.settings import Settings
from service.tasks.commands import add_playbook

CITY_CODE = "4408"
PASSWORD_BYTES = 12
Credentials = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A member with their enrolled phone: its token is their refresh token."""

    member_id: str
    device_token: str


async def load(settings: Settings, console: Console) -> None:
    """Load the city and write the accounts' file, or say that it is there already.

    Raises SetupError when the database holds another map.
    """
    engine = make_engine(settings)
    sessions = make_sessions(engine)
    accounts_file = settings.home / "demo-accounts.json"
    try:
        async with sessions() as session:
            loaded = await is_loaded(session)
        if loaded:
            console.print(f"The reference city is already loaded. Accounts: {accounts_file}", soft_wrap=True)
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=console) as progress:
            step = progress.add_task("The reference city: building", total=None)

            def tell(what: str) -> None:
                progress.update(step, description=f"The reference city: {what}")

            city = build_city(progress=tell)
            async with sessions.begin() as session:
                accounts = await store(session, city, settings, utcnow(), tell)
                write_accounts(accounts_file, accounts)
            tell("loaded")
        print_summary(console, city, accounts, accounts_file)
    finally:
        await engine.dispose()


async def is_loaded(session: AsyncSession) -> bool:
    """Whether the reference city is there. Raises SetupError when another map is."""
    codes = (await session.scalars(select(Grid.code).where(Grid.level == "city"))).all()
    if codes and codes[0] != CITY_CODE:
        raise SetupError("The database holds another city's map; load the demo into an empty database.")
    return bool(codes)


async def store(
    session: AsyncSession, city: City, settings: Settings, now: datetime, tell: Any = lambda what: None
) -> Credentials:
    """Write the whole city; gives the demo accounts with their passwords and the phones' tokens."""
    tell("skills, units and grids")
    await session.execute(
        insert(Skill), [{"code": s.code, "name_zh": s.name, "name_en": s.name_en} for s in city.skills]
    )
    grids = await add_grids(session, governance_grids(city), now)
    units = await store_units(session, city, grids)
    await add_grids(session, party_grids(city), now)
    await add_links(session, links(city), grids)
    tell("overlay and grid graph")
    await derive(session, now)
    tell("members")
    members = await store_members(session, city, grids, units, settings, now)
    await store_presence(session, city, members, now)
    for playbook in city.playbooks:
        await add_playbook(
            session,
            playbook.category,
            name_zh=playbook.name,
            name_en=playbook.name_en,
            sections={mode: asdict(section) for mode, section in playbook.sections.items()},
            guidance=dict(playbook.guidance),
            now=now,
        )
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
        )
        for division in city.divisions
    ]


def party_grids(city: City) -> list[NewGrid]:
    """The units' party grids."""
    return [
        NewGrid(
            layer=Layer.PARTY, code=grid.code, name=grid.name, unit_code=grid.unit_code, shape=grid.polygon
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
            code_a=link.from_code,
            code_b=link.to_code,
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


async def store_accounts(
    session: AsyncSession, city: City, members: Mapping[str, UUID], now: datetime
) -> Credentials:
    """An account of each role with a random password, and an enrolled phone for every member."""
    first = city.members[0]
    made: Credentials = {}
    for name, role, areas, units in (
        ("dispatcher", Role.DISPATCHER, [CITY_CODE], []),
        ("gis", Role.GIS, [CITY_CODE], []),
        ("unit", Role.UNIT_MANAGER, [], [first.unit_code]),
        ("admin", Role.ADMIN, [], []),
        ("auditor", Role.AUDITOR, [CITY_CODE], []),
    ):
        username, password = f"demo-{name}", token_urlsafe(PASSWORD_BYTES)
        await create_account(
            session,
            username=username,
            display_name=username,
            roles=[role],
            now=now,
            password=password,
            areas=areas,
            units=units,
        )
        made[name] = {"username": username, "password": password}
    password = token_urlsafe(PASSWORD_BYTES)
    member_id = members[first.number]
    account = await create_account(
        session,
        username=first.number,
        display_name=first.name,
        roles=[Role.MEMBER],
        now=now,
        password=password,
        member_id=member_id,
    )
    made["member"] = {"member_id": str(member_id), "username": account.username, "password": password}
    accounts = {first.number: account.id} | {member.number: new_id() for member in city.members[1:]}
    await session.execute(
        insert(Account),
        [
            {
                "id": accounts[member.number],
                "username": member.number.lower(),
                "password_hash": None,
                "display_name": member.name,
                "roles": [Role.MEMBER],
                "areas": [],
                "units": [],
                "member_id": members[member.number],
                "active": True,
                "created_at": now,
            }
            for member in city.members[1:]
        ],
    )
    phones = await enrol(session, [accounts[member.number] for member in city.members], now)
    made["members"] = [
        asdict(Enrolled(str(members[member.number]), phone))
        for member, phone in zip(city.members, phones, strict=True)
    ]
    return made


async def enrol(session: AsyncSession, accounts: Sequence[UUID], now: datetime) -> list[str]:
    """A phone for each account; gives their device tokens, which are stored only as hashes."""
    tokens = [new_token() for _ in accounts]
    await session.execute(
        insert(Device),
        [
            {
                "id": new_id(),
                "account_id": account_id,
                "kind": PHONE,
                "name": "demo phone",
                "token_hash": hash_token(token),
                "created_at": now,
                "expires_at": None,
                "last_used_at": None,
                "revoked_at": None,
            }
            for account_id, token in zip(accounts, tokens, strict=True)
        ],
    )
    return tokens


def write_accounts(path: Path, accounts: Credentials) -> None:
    """The demo accounts, readable by their owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(accounts, file, indent=1)
    partial.replace(path)


def print_summary(console: Console, city: City, accounts: Credentials, path: Path) -> None:
    """What was loaded, and the accounts that people use."""
    levels = [division.level for division in city.divisions]
    console.print(
        f"Zhanjiang: {levels.count('county')} counties, {levels.count('town')} towns,"
        f" {levels.count('community')} communities (real names and codes; inner boundaries made up),"
        f" {len(city.party_grids)} party grids of {len(city.units)} units and"
        f" {len(city.members)} members (all made up).",
        soft_wrap=True,
    )
    for role in ("dispatcher", "gis", "unit", "admin", "auditor", "member"):
        console.print(
            f"  {role:<11}{accounts[role]['username']:<17}{accounts[role]['password']}", highlight=False
        )
    console.print(f"Kept in {path}, with the phones of all members.", soft_wrap=True)
