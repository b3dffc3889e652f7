"""A member to enrol, and a person with a password."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select

from service.access.commands import create_account
from service.access.models import AuditEntry
from service.access.rules import Role
from service.db.base import new_id, point_wkt
from service.grids.models import Grid
from service.roster.models import Member, Unit

PASSWORD = "correct horse 电池"


async def add_member(session, now, *, number="ZJ-00A7", active=True):
    """A member of a unit of their own, committed."""
    grid = Grid(
        id=new_id(), layer="governance", code=f"4408{new_id().int % 10**9}", level="grid", parent_id=None
    )
    point = point_wkt(110.4, 21.2)
    unit = Unit(
        id=new_id(),
        code=new_id().hex,
        name="机关",
        name_en=None,
        kind="bureau",
        office=point,
        office_grid_id=grid.id,
    )
    member = Member(
        id=new_id(),
        number=number,
        name="李四",
        unit_id=unit.id,
        home_grid_id=grid.id,
        home=point,
        tier="normal",
        active=active,
        opted_out=[],
        created_at=now,
    )
    for row in (grid, unit, member):
        session.add(row)
        await session.flush()
    await session.commit()
    return member


async def add_person(session, now, *, username="zhang.san", roles=(Role.DISPATCHER,)):
    """An account whose password is PASSWORD, committed."""
    account = await create_account(
        session,
        username=username,
        display_name="张三",
        roles=roles,
        areas=["4408"],
        now=now,
        password=PASSWORD,
    )
    await session.commit()
    return account


@pytest.fixture
async def person(session, clock):
    """A dispatcher with a password."""
    return await add_person(session, clock.at)


@pytest.fixture
async def member(session, clock):
    """A member without an account."""
    return await add_member(session, clock.at)


@pytest.fixture
def log_in(client):
    """POST /token with a password."""

    async def post(username="zhang.san", password=PASSWORD):
        return await client.post(
            "/api/v1/token", data={"grant_type": "password", "username": username, "password": password}
        )

    return post


@pytest.fixture
def refresh(client):
    """POST /token with a refresh token."""

    async def post(token):
        return await client.post(
            "/api/v1/token", data={"grant_type": "refresh_token", "refresh_token": token}
        )

    return post


@pytest.fixture
def audited(session):
    """The audit as (action, outcome, username, detail), the oldest first."""

    async def read():
        rows = await session.execute(
            select(AuditEntry.action, AuditEntry.outcome, AuditEntry.username, AuditEntry.detail).order_by(
                AuditEntry.at, AuditEntry.id
            )
        )
        return [tuple(row) for row in rows]

    return read


@pytest.fixture
def arrange():
    """The makers of members and persons, for tests on a database of their own."""
    return SimpleNamespace(member=add_member, person=add_person)
