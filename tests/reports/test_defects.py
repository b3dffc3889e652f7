"""Gaps and overlaps are those of the shapes."""

import pytest
import shapely
from sqlalchemy import text

from service.geo.geodesy import area_m2


async def polygons(session, layer, begins=""):
    """The shapes of a layer by code."""
    rows = await session.execute(
        text(
            "SELECT g.code, ST_AsBinary(v.geom) FROM grid g JOIN grid_version v ON v.grid_id = g.id"
            " WHERE v.valid_to IS NULL AND g.layer = :layer AND g.code LIKE :begins"
        ),
        {"layer": layer, "begins": f"{begins}%"},
    )
    return {code: shapely.from_wkb(bytes(wkb)) for code, wkb in rows}


def size(shape):
    """Geodesic square metres of the polygons in a shape."""
    return sum(area_m2(part) for part in shapely.get_parts(shape) if part.geom_type == "Polygon")


async def test_gaps_are_what_is_left_of_the_leaves(ask_all, gis, session):
    body = await ask_all(gis, "/coverage/gaps", area="440802", geometry=True)
    covered = shapely.union_all(list((await polygons(session, "party")).values()))
    leaves = {
        code: shape
        for code, shape in (await polygons(session, "governance", "440802")).items()
        if len(code) > 9
    }
    left = {code: size(shapely.difference(shape, covered)) for code, shape in leaves.items()}
    found = {item["code"] for item in body["items"]}
    # What is a millimetre wide is there or not by how one rounds.
    assert {code for code, m2 in left.items() if m2 > 5} <= found
    assert all(left[item["code"]] > 5 for item in body["items"] if item["area_m2"] > 10)
    areas = [item["area_m2"] for item in body["items"]]
    assert areas == sorted(areas, reverse=True)
    for item in body["items"]:
        assert item["area_m2"] == pytest.approx(left[item["code"]], rel=1e-4, abs=2)
        assert item["share"] == pytest.approx(left[item["code"]] / area_m2(leaves[item["code"]]), abs=1e-4)
        ground = shapely.geometry.shape(item["geometry"])
        point = shapely.Point(item["point"]["lon"], item["point"]["lat"])
        if not item["sliver"]:  # a centimetre's rounding is much of a sliver
            assert size(ground) == pytest.approx(item["area_m2"], rel=1e-3)
        assert ground.buffer(1e-6).contains(point)
        assert item["sliver"] == (item["width_m"] < 5)


async def test_overlaps_are_what_two_party_grids_share(ask_all, gis, session):
    body = await ask_all(gis, "/coverage/overlaps", geometry=True)
    party = await polygons(session, "party")
    codes = sorted(party)
    tree = shapely.STRtree([party[code] for code in codes])
    shared = {}
    for i, j in zip(*tree.query([party[code] for code in codes], predicate="intersects"), strict=True):
        if i < j and (m2 := size(shapely.intersection(party[codes[i]], party[codes[j]]))) > 1.5:
            shared[codes[i], codes[j]] = m2
    found = {tuple(each["code"] for each in item["party_grids"]): item["area_m2"] for item in body["items"]}
    assert found.keys() >= shared.keys()
    for pair, m2 in shared.items():
        assert found[pair] == pytest.approx(m2, rel=1e-4, abs=1)
    for item in body["items"][:20]:
        for each in item["party_grids"]:
            share = item["area_m2"] / area_m2(party[each["code"]])
            assert each["share"] == pytest.approx(share, rel=1e-2, abs=1e-5)


@pytest.mark.parametrize("path", ["/coverage/gaps", "/coverage/overlaps"])
async def test_slivers_are_told_apart_and_pages_join(ask, ask_all, gis, path):
    every = await ask_all(gis, path)
    slivers = await ask_all(gis, path, slivers=True)
    ground = await ask_all(gis, path, slivers=False)
    assert all(item["sliver"] for item in slivers["items"])
    assert not any(item["sliver"] for item in ground["items"])
    assert len(slivers["items"]) + len(ground["items"]) == len(every["items"])
    assert ground["items"]
    assert all(item["geometry"] is None for item in every["items"])
    pages, after = [], {}
    while True:
        body = await ask(gis, path, limit=97, **after)
        pages += body["items"]
        if body["next"] is None:
            break
        after = {"after": body["next"]}
    assert pages == every["items"]


async def test_positions_are_in_the_coordinate_system_asked_for(ask, gis):
    one = await ask(gis, "/coverage/gaps", limit=1, geometry=True)
    other = await ask(gis, "/coverage/gaps", limit=1, geometry=True, crs="GCJ02")
    [a], [b] = one["items"], other["items"]
    assert b["point"]["crs"] == "GCJ02"
    assert 0.003 < abs(a["point"]["lon"] - b["point"]["lon"]) < 0.008
    shapes = [shapely.geometry.shape(each["geometry"]) for each in (a, b)]
    assert 0.003 < abs(shapes[0].centroid.x - shapes[1].centroid.x) < 0.008


async def test_siblings_that_overlap_are_named_with_their_edges(ask, gis, session):
    assert (await ask(gis, "/coverage/siblings", area="440802001"))["items"] == []
    # The first community takes a strip of its eastern neighbours.
    await session.execute(
        text(
            "UPDATE grid_version SET geom = ST_Multi(ST_Union(geom, ST_Translate(geom, 0.001, 0)))"
            " WHERE valid_to IS NULL AND grid_id ="
            " (SELECT id FROM grid WHERE layer = 'governance' AND code = '440802001001')"
        )
    )
    await session.commit()
    shapes = await polygons(session, "governance", "440802001")
    body = await ask(gis, "/coverage/siblings", area="440802001", geometry=True)
    overlaps = [item for item in body["items"] if item["kind"] == "overlap"]
    assert overlaps
    for item in overlaps:
        first, second = (each["code"] for each in item["siblings"])
        shared = shapely.intersection(shapes[first], shapes[second])
        assert item["area_m2"] == pytest.approx(size(shared), rel=1e-3, abs=2)
        edges = shapely.geometry.shape(item["edges"])
        borders = shapely.union(shapes[first].boundary, shapes[second].boundary).buffer(2e-6)
        assert edges.length > 0
        assert borders.contains(edges)
    areas = [item["area_m2"] for item in body["items"]]
    assert areas == sorted(areas, reverse=True)
