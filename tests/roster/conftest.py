"""A small map of squares in two counties, two units, a few skills, and members to be added."""

from dataclasses import dataclass

import pytest
import shapely
from sqlalchemy import select

from service.access.models import AuditEntry
from service.access.queries import account_of_member
from service.events.models import Event
from service.grids.commands.grids import NewGrid, add_grids
from service.grids.commands.rebuild import derive
from service.grids.rules import Layer
from service.roster.commands.members import NewMember, create_member
from service.roster.commands.units import LonLat, NewUnit, create_unit
from service.roster.models import Skill
from service.roster.rules import Tier

SIDE = 0.02
"""Degrees, some 2 km."""
WEST, EAST = "440802001001", "440803001001"
"""Communities of different counties, both of them leaves."""
PARTED = "440803001002"
"""A community with two grids below it."""
NAMES = {WEST: "西社区", EAST: "东社区", PARTED: "分网格社区"}
IN_WEST = {"lon": 110.41, "lat": 21.21, "crs": "CGCS2000"}
IN_EAST = {"lon": 110.43, "lat": 21.21, "crs": "CGCS2000"}
FAR_OUT = {"lon": 112.0, "lat": 21.21, "crs": "CGCS2000"}
WEST_UNIT, EAST_UNIT = "U-WEST", "U-EAST"


def square(column, columns=1):
    """A square of the row, or several side by side."""
    return shapely.box(110.4 + column * SIDE, 21.2, 110.4 + (column + columns) * SIDE, 21.2 + SIDE)


def governance(code, level, shape, name=None):
    """A governance grid under the one whose code is the longest beginning of its own."""
    length = {"city": 0, "county": 4, "town": 6, "community": 9, "grid": 12}[level]
    return NewGrid(Layer.GOVERNANCE, code, name or code, shape, level, parent_code=code[:length] or None)


GRIDS = [
    governance("4408", "city", square(0, 4)),
    governance("440802", "county", square(0)),
    governance("440803", "county", square(1, 3)),
    governance("440802001", "town", square(0)),
    governance("440803001", "town", square(1, 3)),
    governance(WEST, "community", square(0), NAMES[WEST]),
    governance(EAST, "community", square(1), NAMES[EAST]),
    governance(PARTED, "community", square(2, 2), NAMES[PARTED]),
    governance(f"{PARTED}G01", "grid", square(2)),
    governance(f"{PARTED}G02", "grid", square(3)),
]


async def build(session, now):
    """The map, the units and the skills, committed."""
    await add_grids(session, GRIDS, now)
    await derive(session, now)
    session.add_all(
        Skill(code=code, name_zh=zh, name_en=en)
        for code, zh, en in [("boat", "驾船", "Boat"), ("first_aid", "急救", "Aid")]
    )
    for code, name, name_en, office in [
        (WEST_UNIT, "西局", "West Bureau", IN_WEST),
        (EAST_UNIT, "东局", None, IN_EAST),
    ]:
        await create_unit(
            session, NewUnit(code, name, name_en, "bureau", LonLat(office["lon"], office["lat"])), now
        )
    await session.commit()


@dataclass
class City:
    """The city of a test, in which members can be put."""

    session: object
    clock: object

    async def member(self, number, unit=WEST_UNIT, home=WEST, tier=Tier.NORMAL, **more):
        """A new member's id, committed."""
        new = NewMember(number, f"队员{number}", unit, home, tier, **more)
        member_id = await create_member(self.session, new, self.clock.at)
        await self.session.commit()
        return member_id

    async def events(self, kind):
        """(area, units, member, data) of each event of that kind, the oldest first."""
        found = select(Event.area_code, Event.unit_codes, Event.member_id, Event.data)
        rows = await self.session.execute(found.where(Event.kind == kind).order_by(Event.id))
        return [tuple(row) for row in rows]

    async def audited(self, outcome):
        """(action, subject, detail) of each entry of that outcome."""
        found = select(AuditEntry.action, AuditEntry.subject, AuditEntry.detail).where(
            AuditEntry.outcome == outcome
        )
        return [
            tuple(row) for row in await self.session.execute(found.order_by(AuditEntry.at, AuditEntry.id))
        ]

    async def account_of(self, member_id):
        """The member's account, read anew."""
        self.session.expire_all()
        return await account_of_member(self.session, member_id)


@pytest.fixture
async def city(session, clock):
    """The map with its units and skills, and nobody in it."""
    await build(session, clock.at)
    return City(session, clock)


WHO = {
    "admin": {},
    "unit_manager": {"units": [WEST_UNIT]},
    "dispatcher": {"areas": ["440802"]},
}
"""The scopes that the tests give to each role: the west's."""


@pytest.fixture
async def as_role(login):
    """`headers = await as_role("dispatcher")`, with the scope in WHO."""
    return lambda role: login(role, **WHO.get(role, {}))


@pytest.fixture
async def admin(login):
    """Headers of an administrator."""
    return await login("admin")


@pytest.fixture
async def manager(login):
    """Headers of the western unit's manager."""
    return await login("unit_manager", **WHO["unit_manager"])


@pytest.fixture
async def dispatcher(login):
    """Headers of the western county's dispatcher."""
    return await login("dispatcher", **WHO["dispatcher"])
