"""What is at a point: against the county boundaries as they were published, and with the sea around them."""

import json
from datetime import timedelta
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
import shapely
from pyproj import Geod
from sqlalchemy import text

from service.geo.crs import Crs, from_cgcs2000

COUNTIES = json.loads((files("service.demo") / "data" / "counties_cgcs2000.geojson").read_text("utf-8"))[
    "features"
]
GEOD = Geod(ellps="GRS80")


@pytest.fixture
async def at(client, login):
    """Ask what is at a point."""
    headers = await login("gis")

    async def at(lon, lat, crs="CGCS2000", **more):
        return await client.get(
            "/api/v1/grids/at", params={"lon": lon, "lat": lat, "crs": crs} | more, headers=headers
        )

    return at


@pytest.mark.parametrize("county", COUNTIES, ids=lambda county: county["properties"]["name"])
async def test_points_of_the_published_boundaries_lie_in_their_county(at, county):
    shape = shapely.from_geojson(json.dumps(county["geometry"]))
    west, south, east, north = shape.bounds
    random = np.random.default_rng(7)
    found = 0
    while found < 10:
        lon, lat = random.uniform(west, east), random.uniform(south, north)
        if not shape.contains(shapely.Point(lon, lat)):
            continue
        found += 1
        answer = (await at(lon, lat)).json()
        chain = answer["governance"]
        assert [area["level"] for area in chain] == ["city", "county", "town", "community"]
        assert chain[1]["name"] == county["properties"]["name"]
        assert chain[1]["code"] == county["properties"]["code"]
        assert all(child["code"].startswith(parent["code"]) for parent, child in pairwise(chain))
        assert answer["snapped_m"] == 0


async def test_what_is_made_up_says_so(at, client, login):
    answer = (await at(110.36, 21.27)).json()
    assert [area["invented"] for area in answer["governance"]] == [False, False, True, True]
    assert all(grid["invented"] for grid in answer["party"])
    headers = await login("gis")
    chinese = (await client.get("/api/v1/map", headers=headers)).json()
    assert chinese["grids"] == {"city": 1, "county": 9, "town": 125, "community": 1992, "party": 180}
    assert "虚构" in chinese["notice"]
    english = (await client.get("/api/v1/map", headers=headers | {"Accept-Language": "en"})).json()
    assert "made up" in english["notice"]


async def test_the_counts_of_the_city(session):
    rows = await session.execute(
        text("SELECT level, count(*) FROM grid WHERE layer = 'governance' GROUP BY 1")
    )
    assert dict(rows.all()) == {"city": 1, "county": 9, "town": 125, "community": 1992}


async def test_towns_and_communities_are_valid_coverages(session):
    for level in ("town", "community"):
        shapes = await session.scalars(
            text(
                "SELECT ST_AsBinary(geom) FROM grid_version v JOIN grid g ON g.id = v.grid_id"
                " WHERE level = :level AND valid_to IS NULL"
            ),
            {"level": level},
        )
        assert shapely.coverage_is_valid(shapely.from_wkb([bytes(shape) for shape in shapes]))


async def quay(session, metres):
    """A point at sea, that far from the nearest grid, and that grid's code."""
    leaves = (
        await session.execute(
            text(
                "SELECT g.code, ST_AsBinary(v.geom) FROM grid_version v JOIN grid g ON g.id = v.grid_id"
                " WHERE v.leaf AND v.valid_to IS NULL ORDER BY g.code"
            )
        )
    ).all()
    land = shapely.union_all(shapely.from_wkb([bytes(shape) for _, shape in leaves]))
    shapely.prepare(land)
    random = np.random.default_rng(11)
    while True:
        lon, lat = random.uniform(110.2, 110.8), random.uniform(20.3, 21.3)
        point = shapely.Point(lon, lat)
        if land.contains(point):
            continue
        shore = shapely.get_point(shapely.shortest_line(land, point), 0)
        azimuth, _, distance = GEOD.inv(shore.x, shore.y, lon, lat)
        if distance < metres:
            continue
        lon, lat, _ = GEOD.fwd(shore.x, shore.y, azimuth, metres)
        again = shapely.get_point(shapely.shortest_line(land, shapely.Point(lon, lat)), 0)
        if abs(GEOD.inv(again.x, again.y, lon, lat)[2] - metres) < 1:
            return lon, lat


async def test_a_quay_800_m_off_is_taken_by_the_nearest_grid_and_says_so(at, session):
    lon, lat = await quay(session, 800)
    answer = (await at(lon, lat)).json()
    assert answer["snapped_m"] == pytest.approx(800, abs=5)
    assert len(answer["governance"]) == 4


async def test_a_point_farther_than_5_km_is_refused_with_the_nearest_grid_and_the_distance(at, session):
    lon, lat = await quay(session, 6200)
    refused = await at(lon, lat)
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/outside-area")
    assert "6.2" in refused.json()["detail"]


async def test_a_named_coordinate_system_is_converted_at_the_edge(at):
    plain = (await at(110.36, 21.27)).json()
    for crs in (Crs.WGS84, Crs.GCJ02, Crs.BD09):
        lon, lat = from_cgcs2000(110.36, 21.27, crs)
        answer = (await at(lon, lat, crs)).json()
        assert answer["governance"] == plain["governance"]
        assert answer["boundary_m"] == pytest.approx(plain["boundary_m"], abs=0.2)
        assert answer["position"]["crs"] == crs
    shifted = (await at(110.36, 21.27, Crs.GCJ02)).json()
    assert shifted["boundary_m"] != pytest.approx(plain["boundary_m"], abs=1)


async def test_near_a_boundary_the_answer_says_so_with_the_metres(at, session):
    answer = (await at(110.36, 21.27)).json()
    shape = await session.scalar(
        text(
            "SELECT ST_AsBinary(v.geom) FROM grid_version v JOIN grid g ON g.id = v.grid_id"
            " WHERE g.code = :code AND layer = 'governance' AND valid_to IS NULL"
        ),
        {"code": answer["governance"][-1]["code"]},
    )
    edge = shapely.from_wkb(bytes(shape)).boundary
    near = shapely.get_point(shapely.shortest_line(edge, shapely.Point(110.36, 21.27)), 0)
    assert answer["boundary_m"] == pytest.approx(GEOD.inv(near.x, near.y, 110.36, 21.27)[2], rel=0.01)
    close = (await at(near.x + (110.36 - near.x) * 0.05, near.y + (21.27 - near.y) * 0.05)).json()
    assert close["near_boundary"] is True
    assert close["boundary_m"] < 5


async def test_who_was_responsible_on_a_past_day(at, session, clock):
    now = (await at(110.36, 21.27)).json()
    changed = clock.at + timedelta(days=2)
    code = now["party"][0]["code"]
    await session.execute(
        text(
            "UPDATE grid_version SET valid_to = :at WHERE valid_to IS NULL"
            " AND grid_id = (SELECT id FROM grid WHERE code = :code AND layer = 'party')"
        ),
        {"at": changed, "code": code},
    )
    await session.commit()
    before = (await at(110.36, 21.27, on=(changed - timedelta(days=1)).isoformat())).json()
    after = (await at(110.36, 21.27, on=(changed + timedelta(days=1)).isoformat())).json()
    assert before["responsible_units"] == now["responsible_units"]
    assert after["responsible_units"] == now["responsible_units"][1:]
    long_ago = await at(110.36, 21.27, on="2020-01-01T00:00:00Z")
    assert long_ago.json()["type"] == "/problems/no-map"


async def test_the_overlay_is_what_the_shapes_share(session):
    rows = await session.execute(
        text(
            "SELECT o.area_m2, o.governance_share, o.party_share, ST_AsBinary(g.geom), ST_AsBinary(p.geom)"
            " FROM overlay o JOIN grid_version g ON g.grid_id = o.governance_grid_id"
            " JOIN grid_version p ON p.grid_id = o.party_grid_id ORDER BY o.area_m2 DESC LIMIT 60"
        )
    )
    for area, governance_share, party_share, governance, party in rows:
        g, p = shapely.from_wkb(bytes(governance)), shapely.from_wkb(bytes(party))
        shared = abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(shapely.intersection(g, p)))[0])
        assert area == pytest.approx(shared, rel=2e-4)
        whole = abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(g))[0])
        assert governance_share == pytest.approx(shared / whole, rel=1e-3)
        assert 0 < party_share <= 1
