"""The bay: people on one shore are compared fairly, and one across the water is as far as the bridge makes them."""

from uuid import UUID

import pytest
import shapely
from sqlalchemy import text

from service.db.base import point_wkt
from service.grids.commands.links import switch_link
from service.grids.store import GraphStore
from tests.dispatch.conftest import offers_of

BRIDGES = ("湛江海湾大桥", "调顺跨海大桥")


@pytest.fixture
def graphs() -> GraphStore:
    """These tests change the map."""
    return GraphStore()


@pytest.fixture
async def graph(session, graphs):
    """The grid graph, for finding places."""
    return await graphs.current(session)


def mainland(graph, *counties):
    """The largest connected piece of some counties, in metres."""
    shapes = [graph.plane.project(leaf.polygon) for leaf in graph.leaves if leaf.code[:6] in counties]
    return max(shapely.get_parts(shapely.union_all(shapes)), key=lambda part: part.area)


def shore_points(graph, own, across, every_m):
    """Points on the shore of `own`, each with the nearest one of `across` where that is 1.2 to 2 km away."""
    shore = own.exterior
    found = []
    for metres in range(0, int(shore.length), every_m):
        point = shore.interpolate(metres)
        if 1200 <= point.distance(across) <= 2000:
            found.append((point, shapely.get_point(shapely.shortest_line(across, point), 0)))
    return found


def along_the_shore(graph, own, start):
    """A point 5 km from a start, reached over land in a straight line."""
    ring = start.buffer(5000, quad_segs=90).exterior
    candidates = [ring.interpolate(share, normalized=True) for share in (n / 720 for n in range(720))]
    land = own.buffer(1)
    shapely.prepare(land)
    return next(p for p in candidates if land.covers(shapely.LineString([start, p])))


async def put(session, clock, graph, member, point):
    """Give a member a fresh presence."""
    lon, lat = graph.plane.lonlat(point.x, point.y)
    await session.execute(
        text(
            "INSERT INTO presence (member_id, at, location, accuracy_m, grid_id)"
            " VALUES (:member, :at, ST_GeomFromEWKT(:point), 10, :grid)"
            " ON CONFLICT (member_id) DO UPDATE SET at = excluded.at, location = excluded.location,"
            " grid_id = excluded.grid_id"
        ),
        {
            "member": member,
            "at": clock.at,
            "point": point_wkt(float(lon), float(lat)),
            "grid": graph.locate(float(lon), float(lat)).leaf.id,
        },
    )


async def leave_on_duty(session, clock, members):
    """Everybody off duty but these."""
    await session.execute(
        text(
            "INSERT INTO duty_switch (member_id, state, set_at)"
            " SELECT id, CASE WHEN id = ANY(:members) THEN 'on' ELSE 'off' END, :at FROM member"
            " ON CONFLICT (member_id) DO UPDATE SET state = excluded.state"
        ),
        {"members": members, "at": clock.at},
    )


async def two_members(session):
    """Two members who are free to be put anywhere."""
    ids = await session.scalars(text("SELECT id FROM member WHERE tier = 'normal' ORDER BY number LIMIT 2"))
    return ids.all()


@pytest.mark.parametrize("spot", [0, 0.2, 0.4, 0.6, 0.8, 1])
async def test_across_the_water_ranks_behind_five_kilometres_along_the_shore(
    post, session, clock, graph, spot, client, dispatcher
):
    potou = mainland(graph, "440804")
    shore = shore_points(graph, potou, mainland(graph, "440802", "440803", "440811"), every_m=200)
    here, opposite = shore[round(spot * (len(shore) - 1))]
    across, same_shore = await two_members(session)
    await put(session, clock, graph, across, opposite)
    await put(session, clock, graph, same_shore, along_the_shore(graph, potou, here))
    await leave_on_duty(session, clock, [across, same_shore])
    lon, lat = graph.plane.lonlat(here.x, here.y)
    place = (float(lon), float(lat))
    await session.commit()

    task = await post(*place, seats=[{"count": 1}])
    minutes = {UUID(offer["member_id"]): offer["travel_minutes"] for offer in offers_of(task)}
    assert minutes[same_shore] < minutes[across]
    await client.post(f"/api/v1/tasks/{task['id']}/cancel", headers=dispatcher)

    for code in await session.scalars(
        text("SELECT code FROM link WHERE name = ANY(:n)"), {"n": list(BRIDGES)}
    ):
        await switch_link(session, code, open=False, now=clock.at)
    await session.commit()
    task = await post(*place, seats=[{"count": 1}])
    checked = await client.post(
        f"/api/v1/tasks/{task['id']}/check",
        json={"member_ids": [str(same_shore), str(across)]},
        headers=dispatcher,
    )
    same, farther = [finding["travel_minutes"] for finding in checked.json()["findings"]]
    assert same == minutes[same_shore]
    assert farther > minutes[across]


async def test_on_an_island_without_a_link_one_is_unreachable_and_last(
    post, session, clock, graph, client, dispatcher
):
    island = next(leaf for leaf in graph.leaves if leaf.code.startswith("440811173"))
    near, cut_off = await two_members(session)
    spot = graph.plane.project(island.polygon).representative_point()
    potou = mainland(graph, "440804")
    here = shapely.get_point(shapely.shortest_line(potou, spot), 0)
    await put(session, clock, graph, cut_off, spot)
    await put(session, clock, graph, near, along_the_shore(graph, potou, here))
    await leave_on_duty(session, clock, [near, cut_off])
    lon, lat = graph.plane.lonlat(here.x, here.y)
    await switch_link(session, "L04", open=False, now=clock.at)
    assert (await session.scalar(text("SELECT name FROM link WHERE code = 'L04'"))) == "硇洲轮渡"
    await session.commit()

    task = await post(float(lon), float(lat), seats=[{"count": 1}])
    assert [UUID(offer["member_id"]) for offer in offers_of(task)] == [near]
    checked = await client.post(
        f"/api/v1/tasks/{task['id']}/check", json={"member_ids": [str(cut_off)]}, headers=dispatcher
    )
    [finding] = checked.json()["findings"]
    assert finding["soft"] == ["unreachable"]
    assert finding["travel_minutes"] is None
    ledger = await client.get(f"/api/v1/tasks/{task['id']}/waves", headers=dispatcher)
    listed = ledger.json()["items"][0]["not_chosen"]
    reasons = [entry["reason"] for entry in listed if UUID(entry["member_id"]) == cut_off]
    assert reasons in ([], ["unreachable"])
    minutes = [entry["travel_minutes"] for entry in listed]
    reachable = [entry for entry in minutes if entry is not None]
    assert minutes == sorted(reachable) + [None] * (len(minutes) - len(reachable))


async def test_the_bridge_that_closes_under_a_running_task(
    post, phone, session, clock, graph, client, dispatcher, let_pass
):
    potou = mainland(graph, "440804")
    here, opposite = shore_points(graph, potou, mainland(graph, "440802", "440803", "440811"), every_m=200)[5]
    first, later, same_shore = await session.scalars(
        text("SELECT id FROM member WHERE tier = 'normal' ORDER BY number LIMIT 3")
    )
    for member in (first, later):
        await put(session, clock, graph, member, opposite)
    await put(session, clock, graph, same_shore, along_the_shore(graph, potou, here))
    await leave_on_duty(session, clock, [first, same_shore])
    await session.commit()
    lon, lat = graph.plane.lonlat(here.x, here.y)
    task = await post(float(lon), float(lat), seats=[{"count": 2}])
    by_bridge = {UUID(offer["member_id"]): offer for offer in offers_of(task)}
    assert set(by_bridge) == {first, same_shore}
    answer = await phone(str(first), "POST", f"/offers/{by_bridge[first]['id']}/accept")
    assert answer.status_code == 200

    await session.execute(text("UPDATE duty_switch SET state = 'on' WHERE member_id = :id"), {"id": later})
    await session.commit()
    for link in (await client.get("/api/v1/links", headers=dispatcher)).json()["items"]:
        if link["name"] in BRIDGES:
            closed = await client.put(
                f"/api/v1/links/{link['code']}", json={"open": False}, headers=dispatcher
            )
            assert (closed.status_code, closed.json()["open"]) == (200, False)
    await let_pass(3)
    read = (await client.get(f"/api/v1/tasks/{task['id']}", headers=dispatcher)).json()
    # Who was on the way goes on.
    engaged = [seat["engagement"] for seat in read["seats"] if seat["engagement"]]
    assert [UUID(each["member_id"]) for each in engaged] == [first]
    asked_later = [offer for offer in read["waves"][-1]["offers"] if UUID(offer["member_id"]) == later]
    checked = await client.post(
        f"/api/v1/tasks/{task['id']}/check", json={"member_ids": [str(later)]}, headers=dispatcher
    )
    [finding] = checked.json()["findings"]
    assert finding["travel_minutes"] > by_bridge[first]["travel_minutes"]
    assert all(offer["travel_minutes"] > by_bridge[first]["travel_minutes"] for offer in asked_later)


async def test_who_may_close_a_link(client, login, session, dispatcher):
    elsewhere = await login("dispatcher", areas=["440881"])
    refused = await client.put("/api/v1/links/L04", json={"open": False}, headers=elsewhere)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/outside-your-area")
    unknown = await client.put("/api/v1/links/L99", json={"open": False}, headers=dispatcher)
    assert unknown.status_code == 404
    before = (await client.get("/api/v1/map", headers=dispatcher)).json()["edition"]
    for _ in range(2):
        closed = await client.put("/api/v1/links/L04", json={"open": False}, headers=dispatcher)
        assert (closed.status_code, closed.json()["open"]) == (200, False)
    assert (await client.get("/api/v1/map", headers=dispatcher)).json()["edition"] == before + 1
    told = await session.scalar(
        text("SELECT count(*) FROM outbox WHERE kind = 'map.changed' AND data ->> 'link' = 'L04'")
    )
    assert told == 1
