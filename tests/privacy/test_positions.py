"""Who sees a member's position and how precisely: the table of rules, cell by cell, over REST."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from service.privacy.rules import RULES, Standing, Viewer, precision_of
from tests.dispatch.conftest import CHIKAN
from tests.dispatch.people import put
from tests.privacy.conftest import SPOT

EXPECTED = """
                    self   dispatcher  other
engaged             exact  exact       nothing
in_drill            exact  exact       nothing
offered             exact  grid        nothing
engaged_elsewhere   exact  nothing     nothing
on_duty             exact  grid        nothing
off_duty            exact  nothing     nothing
"""
TOWN = "440802"
"""The county of SPOT and of the task."""
ROLES = ["member", "unit_manager", "gis", "auditor", "admin"]


def cells():
    """(standing, viewer, precision) of each cell."""
    head, *rows = [line.split() for line in EXPECTED.strip().splitlines()]
    return [
        (standing, viewer, precision)
        for standing, *row in rows
        for viewer, precision in zip(head, row, strict=True)
    ]


def test_the_table_is_the_one_typed_here():
    typed = {(Standing(standing), Viewer(viewer)): precision for standing, viewer, precision in cells()}
    assert typed == {
        (standing, viewer): each for standing, row in RULES.items() for viewer, each in row.items()
    }
    assert {standing for standing, _ in typed} == set(Standing)


def test_what_is_kept_as_a_grid_is_shown_as_no_more():
    assert precision_of(Viewer.SELF, Standing.OFF_DUTY, coarse=True) == "grid"
    assert precision_of(Viewer.DISPATCHER, Standing.ENGAGED, coarse=True) == "grid"
    assert precision_of(Viewer.DISPATCHER, Standing.OFF_DUTY, coarse=True) == "nothing"


@pytest.fixture
def bring(session, nearest, asked, move):
    """Bring the member at SPOT into a standing towards a dispatcher of SPOT's county."""

    async def bring(standing):
        if standing == "off_duty":
            await session.execute(
                text("UPDATE duty_switch SET state = 'off' WHERE member_id = :id"), {"id": nearest}
            )
            await session.commit()
        elif standing == "offered":
            await asked()
        elif standing == "engaged":
            await move(await asked(), "on_scene")
        elif standing == "in_drill":
            await move(await asked(drill=True), "accepted")
        elif standing == "engaged_elsewhere":
            taken = await asked()
            await move(taken, "en_route")
            await session.execute(
                text("UPDATE task SET grid_code = '440803001001' WHERE id = :id"), {"id": taken.task}
            )
            await session.commit()
        return nearest

    return bring


def seen_at(answer, member):
    """How precisely an answer shows the member, by what it holds and not by what it says."""
    assert answer.status_code == 200, answer.text
    (item,) = [each for each in answer.json()["items"] if each["member_id"] == member] or [None]
    if item is None or item["position"] is None:
        return "nothing"
    exact = (item["position"]["lon"], item["position"]["lat"]) == SPOT
    assert item["precision"] == ("exact" if exact else "grid")
    assert (item["accuracy_m"] is not None) is exact
    assert item["grid"]["code"].startswith(TOWN)
    return item["precision"]


@pytest.mark.parametrize("standing", Standing)
async def test_each_standing_over_rest(client, login, phone, bring, standing):
    member = await bring(standing)
    expected = {viewer: precision for of, viewer, precision in cells() if of == standing}
    here = await login("dispatcher", areas=[TOWN])
    answer = await client.get("/api/v1/positions", params={"area": TOWN, "limit": 500}, headers=here)
    assert seen_at(answer, member) == expected["dispatcher"]
    own = (await phone(member, "GET", "/me/position")).json()
    assert own["precision"] == expected["self"]
    assert (own["position"]["lon"], own["position"]["lat"]) == SPOT

    there = await login("dispatcher", areas=["440803"])
    asked = await client.get("/api/v1/positions", params={"area": TOWN}, headers=there)
    assert (asked.status_code, asked.json()["type"]) == (403, "/problems/outside-your-area")
    theirs = await client.get("/api/v1/positions", params={"area": "440803", "limit": 500}, headers=there)
    # Whose task has them sees them; for others they are not there.
    assert seen_at(theirs, member) == ("exact" if standing == "engaged_elsewhere" else "nothing")
    for role in ROLES:
        headers = await login(role, areas=["4408"], units=["U001"])
        answer = await client.get("/api/v1/positions", params={"area": TOWN}, headers=headers)
        assert answer.status_code == 403, role


async def test_those_of_a_task_are_seen_by_the_dispatchers_of_its_area_alone(client, login, asked, move):
    someone = await asked()
    here, there = await login("dispatcher", areas=[TOWN]), await login("dispatcher", areas=["440803"])
    query = {"task": someone.task, "limit": 500}
    assert (
        seen_at(await client.get("/api/v1/positions", params=query, headers=here), someone.member) == "grid"
    )
    await move(someone, "en_route")
    answer = await client.get("/api/v1/positions", params=query, headers=here)
    assert seen_at(answer, someone.member) == "exact"
    (item,) = [each for each in answer.json()["items"] if each["member_id"] == someone.member]
    assert (item["task_id"], item["engagement_state"], item["stale"]) == (someone.task, "en_route", False)
    assert (await client.get("/api/v1/positions", params=query, headers=there)).status_code == 404


async def test_a_position_kept_as_a_grid_is_a_grid_to_all(client, session, login, phone, asked, move):
    someone = await asked()
    await move(someone, "en_route")
    await session.execute(text("UPDATE presence SET coarse = true"))
    await session.commit()
    headers = await login("dispatcher", areas=[TOWN])
    answer = await client.get("/api/v1/positions", params={"task": someone.task}, headers=headers)
    assert seen_at(answer, someone.member) == "grid"
    assert (await phone(someone.member, "GET", "/me/position")).json()["precision"] == "grid"


async def test_names_are_told_where_the_roster_is_the_dispatchers(client, session, login, nearest):
    headers = await login("dispatcher", areas=[TOWN])
    for community, named in (("440803%", False), ("440802%", True)):
        await session.execute(
            text(
                "UPDATE member SET home_grid_id = (SELECT g.id FROM grid g JOIN grid_version v ON v.grid_id = g.id"
                " WHERE g.layer = 'governance' AND v.leaf AND g.code LIKE :code LIMIT 1) WHERE id = :id"
            ),
            {"code": community, "id": nearest},
        )
        await session.commit()
        answer = await client.get("/api/v1/positions", params={"area": TOWN}, headers=headers)
        (item,) = answer.json()["items"]
        assert (item["name"] is not None, item["number"] is not None) == (named, named)


async def test_pages_and_coordinate_systems(client, session, clock, login, nearest):
    rest = await session.scalars(
        text("SELECT id FROM member WHERE active AND tier = 'normal' AND id <> :id ORDER BY number LIMIT 4"),
        {"id": nearest},
    )
    await put(session, clock.at - timedelta(minutes=11), *rest, place=CHIKAN)
    headers = await login("dispatcher", areas=["4408"])
    query, found = {"area": TOWN, "limit": 2, "crs": "GCJ02"}, []
    while True:
        answer = (await client.get("/api/v1/positions", params=query, headers=headers)).json()
        found += answer["items"]
        if answer["next"] is None:
            break
        query["after"] = answer["next"]
    assert [each["member_id"] for each in found] == sorted({each["member_id"] for each in found})
    assert len(found) == 5
    assert {each["position"]["crs"] for each in found} == {"GCJ02"}
    assert sorted(each["stale"] for each in found) == [False, True, True, True, True]
    assert sorted(each["age_seconds"] for each in found) == [0, 660, 660, 660, 660]


async def test_task_or_area_is_asked_for_and_not_both(client, login, nearest):
    headers = await login("dispatcher", areas=[TOWN])
    for query in ({}, {"area": TOWN, "task": nearest}):
        answer = await client.get("/api/v1/positions", params=query, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/task-or-area")
    answer = await client.get("/api/v1/positions", params={"area": "440899"}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/unknown-area")
