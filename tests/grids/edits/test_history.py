"""Who was responsible here on that day: the boundaries change under a fixed point, and each day keeps its answer."""

from datetime import timedelta

import pytest

from service.grids.commands.edit import edit_grids, undo_edit
from tests.conftest import NOON
from tests.grids.edits.town import (
    CITY,
    COUNTY,
    TOWN,
    box,
    closed,
    community,
    found_town,
    governance,
    party,
    place,
)

HERE = place(1000, 1000)
EAST, NEW = community(1), community(2)
UPPER = [CITY, COUNTY, TOWN]
INSTANT = timedelta(microseconds=1)


@pytest.fixture
async def at(client, login):
    """What is at the point, now or at a time: codes of the chain, party grids, units, metres to the boundary."""
    headers = await login("gis")

    async def at(on=None):
        lon, lat = HERE
        params = {"lon": lon, "lat": lat, "crs": "CGCS2000"} | ({"on": on.isoformat()} if on else {})
        answer = await client.get("/api/v1/grids/at", params=params, headers=headers)
        if answer.status_code != 200:
            return answer.json()["type"]
        body = answer.json()
        assert body["snapped_m"] == 0
        return (
            [grid["code"] for grid in body["governance"]],
            [grid["code"] for grid in body["party"]],
            body["responsible_units"],
            round(body["boundary_m"], -1),
        )

    return at


async def test_each_day_keeps_its_answer_across_edits(at, session):
    """The expected column is written by hand: what was drawn, day by day."""
    days = [NOON + timedelta(days=number) for number in range(9)]
    await found_town(session, {EAST: box(0, 0, 3000, 2000)}, days[0])

    async def edit(day, put, close=()):
        return await edit_grids(session, put, closed(*close), days[day])

    await edit(1, [party("P1", box(500, 500, 1500, 1500), "U1")])
    await edit(2, [party("P1", box(500, 500, 1500, 1500), "U2")])
    await edit(
        3, [party("P1", box(2000, 500, 2500, 1500), "U2"), party("P2", box(800, 800, 1200, 1200), "U3")]
    )
    await edit(4, [governance(EAST, box(1500, 0, 3000, 2000)), governance(NEW, box(0, 0, 1500, 2000))])
    await edit(
        5, [governance(f"{NEW}A", box(0, 0, 1500, 1200)), governance(f"{NEW}B", box(0, 1200, 1500, 2000))]
    )
    moved = await edit(6, [party("P1", box(900, 900, 1100, 1100), "U1")], ["P2"])
    await undo_edit(session, moved.written, days[7])
    await edit(8, [], [f"{NEW}A", f"{NEW}B", "P2"])
    await session.commit()

    expected = [
        ([*UPPER, EAST], [], [], 1000),
        ([*UPPER, EAST], ["P1"], ["U1"], 1000),
        ([*UPPER, EAST], ["P1"], ["U2"], 1000),
        ([*UPPER, EAST], ["P2"], ["U3"], 1000),
        ([*UPPER, NEW], ["P2"], ["U3"], 500),
        ([*UPPER, NEW, f"{NEW}A"], ["P2"], ["U3"], 200),
        ([*UPPER, NEW, f"{NEW}A"], ["P1"], ["U1"], 200),
        ([*UPPER, NEW, f"{NEW}A"], ["P2"], ["U3"], 200),
        ([*UPPER, NEW], [], [], 500),
    ]
    assert await at(days[0] - INSTANT) == "/problems/no-map"
    for day, answer in enumerate(expected):
        assert await at(days[day]) == answer, day
        assert await at(days[day] + timedelta(hours=11)) == answer, day
        if day:
            assert await at(days[day] - INSTANT) == expected[day - 1], day
    assert await at() == expected[-1]


async def test_a_point_at_sea_is_taken_by_what_was_nearest_then(at, session, client, login):
    headers = await login("gis")
    await found_town(session, {EAST: box(0, 0, 3000, 2000)}, NOON)
    built = NOON + timedelta(days=1)
    await edit_grids(session, [governance(NEW, box(7000, 0, 8000, 2000))], [], built)
    await session.commit()
    lon, lat = place(6500, 1000)
    found = []
    for on in (built - INSTANT, built):
        answer = await client.get(
            "/api/v1/grids/at",
            params={"lon": lon, "lat": lat, "crs": "CGCS2000", "on": on.isoformat()},
            headers=headers,
        )
        body = answer.json()
        found.append((body["governance"][-1]["code"], round(body["snapped_m"], -1)))
    assert found == [(EAST, 3500), (NEW, 500)]
