"""The SQL filter of a scope picks the rows that the caller's own methods say they may see."""

import pytest
from sqlalchemy import Text, Uuid, column, select, values

from service.access.queries import seen
from service.access.rules import Action, Caller, Role
from service.db.base import new_id

MINE, THEIRS = new_id(), new_id()
ROWS = [
    (area, unit, member)
    for area in ("4408", "440802", "440802001", "44080200A", "440802_01", "440803001", "450000")
    for unit in ("U01", "U02", "U_1")
    for member in (MINE, THEIRS)
]


def caller(*roles, areas=(), units=(), member_id=None):
    """A caller with those scopes."""
    return Caller(new_id(), "li", frozenset(map(Role, roles)), areas, units, member_id)


CALLERS = [
    caller("admin"),
    caller("dispatcher"),
    caller("dispatcher", areas=("4408",)),
    caller("dispatcher", areas=("440802001", "450000")),
    caller("dispatcher", areas=("440802_",)),
    caller("unit_manager"),
    caller("unit_manager", units=("U_1",)),
    caller("unit_manager", "dispatcher", areas=("440803",), units=("U01",)),
    caller("member", member_id=MINE),
    caller("member"),
    caller("gis", areas=("4408",), units=("U01",)),
]


@pytest.mark.parametrize(
    "who", CALLERS, ids=lambda who: f"{sorted(who.roles)}{who.areas}{who.units}{bool(who.member_id)}"
)
@pytest.mark.parametrize("action", list(Action))
async def test_the_filter_and_the_methods_agree(session, who, action):
    rows = values(column("area", Text), column("unit", Text), column("member_id", Uuid), name="rows").data(
        ROWS
    )
    condition = seen(who, action, area=rows.c.area, unit=rows.c.unit, member_id=rows.c.member_id)
    found = {tuple(row) for row in await session.execute(select(rows).where(condition))}
    assert found == {
        row for row in ROWS if who.may_see_member(action, member_id=row[2], unit=row[1], area=row[0])
    }


async def test_a_reach_whose_column_is_not_named_reaches_nothing(session):
    who = caller("dispatcher", "unit_manager", areas=("4408",), units=("U01",))
    rows = values(column("unit", Text), name="rows").data([("U01",), ("U02",)])
    found = await session.scalars(select(rows).where(seen(who, Action.ROSTER_READ, unit=rows.c.unit)))
    assert found.all() == ["U01"]
    assert (
        await session.scalars(select(rows).where(seen(who, Action.TASK_READ, unit=rows.c.unit)))
    ).all() == []
