"""Faults between siblings of the map, by the codes of those concerned."""

import pytest

from service.grids.commands.edit import edit_grids
from service.grids.queries.siblings import sibling_faults_of
from tests.conftest import NOON
from tests.grids.edits.town import COUNTY, TOWN, box, community, found_town, governance

EAST, WEST, NORTH = community(1), community(2), community(3)


async def test_the_children_of_one_grid_are_looked_at_and_no_others(session):
    await found_town(
        session,
        {EAST: box(0, 0, 1510, 2000), WEST: box(1500, 0, 3000, 2000), NORTH: box(0, 2004, 3000, 3000)},
    )
    await edit_grids(session, [governance(f"{EAST}A", box(0, 0, 1510, 1200))], [], NOON)
    found = await sibling_faults_of(session, TOWN)
    assert [(each.fault.kind.value, each.codes) for each in found] == [
        ("overlap", (EAST, WEST)),
        ("gap", (EAST, WEST, NORTH)),
    ]
    assert found[0].fault.area_m2 == pytest.approx(10 * 2000, rel=1e-3)
    assert found[1].fault.area_m2 == pytest.approx(4 * 3000, rel=1e-2)
    assert await sibling_faults_of(session, COUNTY) == []
    assert await sibling_faults_of(session, "9999") == []
