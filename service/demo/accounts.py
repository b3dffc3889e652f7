"""The demo's accounts: one of each role with a random password, and an enrolled phone for every member."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.commands import PHONE, create_account
from service.access.models import Account, Device
from service.access.rules import Role
from service.access.secrets import hash_token, new_token
from service.db.base import new_id
from service.demo.city import City

CITY_CODE = "4408"
PASSWORD_BYTES = 12
DESK = "0759-000-0000"
"""How the demo's dispatcher is reached: nobody has that number."""
Credentials = dict[str, Any]
"""What demo-accounts.json holds."""


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
            contact=DESK if role is Role.DISPATCHER else None,
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
        {"member_id": str(members[member.number]), "device_token": phone}
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
