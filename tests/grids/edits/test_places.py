"""Offices, homes and presences follow the ground when the map changes under them."""

from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import event, text

from service.db.base import new_id
from service.grids.commands.edit import edit_grids, undo_edit
from service.roster.commands.places import relocate
from tests.conftest import NOON
from tests.grids.edits.town import box, closed, community, found_town, governance, party, place

EAST, WEST, NEW = community(1), community(2), community(3)
LATER = NOON + timedelta(hours=1)

GRIDS = """
    SELECT u.code, g.code FROM unit u JOIN grid g ON g.id = u.office_grid_id
    UNION ALL SELECT m.number, g.code FROM member m JOIN grid g ON g.id = m.home_grid_id
    UNION ALL SELECT 'at ' || m.number, g.code
    FROM presence p JOIN member m ON m.id = p.member_id JOIN grid g ON g.id = p.grid_id
"""


@pytest.fixture
async def town(session):
    """Two communities, units with offices in both, and members who live in the one and are in the other."""
    await found_town(session, {EAST: box(0, 0, 1500, 2000), WEST: box(1500, 0, 3000, 2000)})
    grids = {code: id for code, id in (await session.execute(text("SELECT code, id FROM grid"))).all()}
    for code, (x, y) in {"U1": (200, 1000), "U2": (1400, 1000), "U3": (2000, 1000)}.items():
        lon, lat = place(x, y)
        await session.execute(
            text(
                "UPDATE unit SET office = ST_SetSRID(ST_MakePoint(:lon, :lat), 4490), office_grid_id = :grid"
                " WHERE code = :code"
            ),
            {"code": code, "lon": lon, "lat": lat, "grid": grids[EAST if x < 1500 else WEST]},
        )
    unit = await session.scalar(text("SELECT id FROM unit WHERE code = 'U1'"))
    for number, home, position in [("M1", (300, 500), (2500, 500)), ("M2", (2500, 500), (1450, 1500))]:
        member = new_id()
        for statement, (x, y) in [
            (
                "INSERT INTO member (id, number, name, unit_id, home_grid_id, home, tier, active, opted_out,"
                " created_at)"
                " VALUES (:id, :number, '某某', :unit, :grid, ST_SetSRID(ST_MakePoint(:lon, :lat), 4490), 'normal',"
                " true, '{}', :now)",
                home,
            ),
            (
                "INSERT INTO presence (member_id, at, location, accuracy_m, grid_id)"
                " VALUES (:id, :now, ST_SetSRID(ST_MakePoint(:lon, :lat), 4490), 10, :grid)",
                position,
            ),
        ]:
            lon, lat = place(x, y)
            values = {"id": member, "now": NOON, "lon": lon, "lat": lat}
            values["grid"] = grids[EAST if x < 1500 else WEST]
            if "unit_id" in statement:
                values |= {"unit": unit, "number": number}
            await session.execute(text(statement), values)
    return session


async def where(session):
    """The grid of each office, home and presence."""
    return {name: code for name, code in (await session.execute(text(GRIDS))).all()}


AT_FIRST = {"U1": EAST, "U2": EAST, "U3": WEST, "M1": EAST, "at M1": WEST, "M2": WEST, "at M2": EAST}


async def test_a_split_moves_those_on_the_other_side_and_undoing_it_brings_them_back(town):
    assert await where(town) == AT_FIRST
    edited = await edit_grids(
        town, [governance(EAST, box(0, 0, 1000, 2000)), governance(NEW, box(1000, 0, 1500, 2000))], [], LATER
    )
    await relocate(town, edited.leaves, LATER)
    assert await where(town) == AT_FIRST | {"U2": NEW, "at M2": NEW}
    undone = await undo_edit(town, edited.written, LATER)
    await relocate(town, undone.leaves, LATER)
    assert await where(town) == AT_FIRST


async def test_a_leaf_that_grows_over_its_neighbour_takes_those_whom_it_holds_by_the_lower_code(town):
    edited = await edit_grids(town, [governance(EAST, box(0, 0, 2200, 2000))], [], LATER)
    await relocate(town, edited.leaves, LATER)
    assert await where(town) == AT_FIRST | {"U3": EAST}


async def test_children_take_over_from_a_leaf_and_give_back(town):
    edited = await edit_grids(
        town,
        [governance(f"{EAST}A", box(0, 0, 700, 2000)), governance(f"{EAST}B", box(700, 0, 1500, 2000))],
        [],
        LATER,
    )
    await relocate(town, edited.leaves, LATER)
    lower = {"U1": f"{EAST}A", "U2": f"{EAST}B", "M1": f"{EAST}A", "at M2": f"{EAST}B"}
    assert await where(town) == AT_FIRST | lower
    edited = await edit_grids(town, [], closed(f"{EAST}A", f"{EAST}B"), LATER)
    await relocate(town, edited.leaves, LATER)
    assert await where(town) == AT_FIRST


async def test_nobody_is_lost_with_the_ground_they_were_on(town):
    await edit_grids(town, [governance(NEW, box(20_000, 0, 21_000, 1000))], [], LATER)
    edited = await edit_grids(town, [], closed(EAST, WEST), LATER)
    await relocate(town, edited.leaves, LATER)
    assert set((await where(town)).values()) == {NEW}


async def test_an_edit_of_the_other_layer_moves_nobody_and_asks_nothing(town, connection):
    edited = await edit_grids(town, [party("P1", box(0, 0, 900, 900))], [], LATER)
    asked = []
    event.listen(connection.sync_connection, "before_cursor_execute", lambda *each: asked.append(each[2]))
    await relocate(town, edited.leaves, LATER)
    assert asked == []
    assert await where(town) == AT_FIRST


async def test_a_crowd_is_moved_in_a_handful_of_statements(town, connection):
    random = np.random.default_rng(3)
    unit, grid = (
        await town.execute(
            text("SELECT u.id, g.id FROM unit u, grid g WHERE u.code = 'U1' AND g.code = :east"),
            {"east": EAST},
        )
    ).one()
    for number in range(200):
        lon, lat = place(random.uniform(0, 1500), random.uniform(0, 2000))
        await town.execute(
            text(
                "INSERT INTO member (id, number, name, unit_id, home_grid_id, home, tier, active, opted_out,"
                " created_at)"
                " VALUES (:id, :number, '某某', :unit, :grid, ST_SetSRID(ST_MakePoint(:lon, :lat), 4490), 'normal',"
                " true, '{}', :now)"
            ),
            {
                "id": new_id(),
                "number": f"C{number}",
                "unit": unit,
                "grid": grid,
                "lon": lon,
                "lat": lat,
                "now": NOON,
            },
        )
    edited = await edit_grids(
        town, [governance(EAST, box(0, 0, 700, 2000)), governance(NEW, box(700, 0, 1500, 2000))], [], LATER
    )
    asked = []
    event.listen(connection.sync_connection, "before_cursor_execute", lambda *each: asked.append(each[2]))
    await relocate(town, edited.leaves, LATER)
    assert len(asked) <= 12
    wrong = await town.scalar(
        text(
            "SELECT count(*) FROM member m JOIN grid_version v ON v.grid_id = m.home_grid_id AND v.valid_to IS NULL"
            " WHERE number LIKE 'C%' AND NOT ST_Covers(v.geom, m.home)"
        )
    )
    assert wrong == 0
    found = await where(town)
    assert 50 < sum(found[f"C{number}"] == NEW for number in range(200)) < 150
