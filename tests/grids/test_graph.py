"""A toy bay: two shores 1.5 km of water apart, each of two leaves, and two islets that are one leaf."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain, pairwise
from uuid import UUID, uuid5

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from service.geo.geodesy import Plane, distance_m
from service.geo.shapes import crossings
from service.grids.graph import Crossing, GridGraph, Leaf, Link

TOY = Plane(110.4, 21.2)
SHAPES = {
    "W1": shapely.box(-6000, 0, -3000, 8000),
    "W2": shapely.box(-3000, 0, 0, 8000),
    "E1": shapely.box(1500, 0, 4000, 8000),
    # 12 m short of E1: a drawing error.
    "E2": shapely.box(4012, 0, 7000, 8000),
    # One leaf in two parts, each an island.
    "I1": shapely.MultiPolygon(
        [shapely.box(0, 12_000, 1000, 13_000), shapely.box(3000, 12_000, 4000, 13_000)]
    ),
}


def id_of(code: str) -> UUID:
    return uuid5(UUID(int=0), code)


def to_degrees(shape: shapely.Polygon | shapely.MultiPolygon) -> shapely.Polygon | shapely.MultiPolygon:
    return shapely.transform(shape, lambda xy: np.column_stack(TOY.lonlat(xy[:, 0], xy[:, 1])))


def link(
    code: str, a: str, a_xy: tuple[float, float], b: str, b_xy: tuple[float, float], **changes: bool
) -> Link:
    (a_lon, a_lat), (b_lon, b_lat) = TOY.lonlat(*a_xy), TOY.lonlat(*b_xy)
    ends = (a_lon, a_lat, b_lon, b_lat)
    return Link(
        id_of(code),
        code,
        id_of(a),
        id_of(b),
        *ends,
        minutes=3.0,
        wait_minutes=2.0,
        open=changes.get("open", True),
    )


def build(*links: Link) -> GridGraph:
    codes = list(SHAPES)
    leaves = [Leaf(id_of(code), code, to_degrees(shape)) for code, shape in SHAPES.items()]
    found = crossings([leaf.polygon for leaf in leaves])
    points = [
        Crossing(id_of(codes[i]), id_of(codes[j]), lon, lat)
        for i, j, lon, lat in zip(*(column.tolist() for column in found), strict=True)
    ]
    return GridGraph.build(7, leaves, points, links)


BRIDGE = link("bridge", "W2", (-100, 4000), "E1", (1600, 4000))
GRAPH = build(BRIDGE)


def located(x: float, y: float) -> tuple[str, float]:
    found = GRAPH.locate(*TOY.lonlat(x, y))
    return found.leaf.code, found.snapped_m


def test_locate_inside() -> None:
    assert located(-4000, 100) == ("W1", 0.0)
    assert located(3500, 12_500) == ("I1", 0.0)


def test_locate_among_several_takes_the_first_code() -> None:
    twins = [Leaf(id_of(code), code, shapely.box(110, 21, 110.1, 21.1)) for code in ("B", "A")]
    graph = GridGraph.build(1, twins, [], [])
    assert graph.locate(110.05, 21.05).leaf.code == "A"
    assert graph.locate(110.2, 21.05).leaf.code == "A"


def test_locate_in_the_water_snaps_to_the_nearest_shore() -> None:
    found = GRAPH.locate(*TOY.lonlat(500, 4000))
    assert found.leaf.code == "W2"
    assert found.snapped_m == pytest.approx(500, abs=1)
    lon, lat = GRAPH.plane.lonlat(found.x, found.y)
    assert distance_m(lon, lat, *TOY.lonlat(0, 4000)) < 1
    assert GRAPH.on_land(found.x, found.y, np.array([found.x]), np.array([found.y])).all()


@settings(max_examples=50, deadline=None)
@given(x=st.floats(-20_000, 20_000), y=st.floats(-10_000, 20_000))
def test_locate_is_the_nearest_by_brute_force(x: float, y: float) -> None:
    found = GRAPH.locate(*TOY.lonlat(x, y))
    metres = {code: shape.distance(shapely.Point(x, y)) for code, shape in SHAPES.items()}
    assert metres[found.leaf.code] == pytest.approx(min(metres.values()), abs=1)
    assert found.snapped_m == pytest.approx(min(metres.values()), abs=1, rel=1e-3)


def test_locate_without_leaves() -> None:
    with pytest.raises(LookupError):
        GridGraph.build(0, [], [], []).locate(110.0, 21.0)


def test_unknown_grids_are_refused() -> None:
    with pytest.raises(KeyError):
        GRAPH.leaf(UUID(int=5))
    with pytest.raises(KeyError):
        GridGraph.build(0, [], [Crossing(id_of("W1"), id_of("W2"), 110.0, 21.0)], [])


@settings(max_examples=50, deadline=None)
@given(
    x=st.floats(-10_000, 10_000), y=st.floats(-5000, 15_000), low=st.floats(0, 9000), width=st.floats(0, 9000)
)
def test_leaves_between_by_brute_force(x: float, y: float, low: float, width: float) -> None:
    point = shapely.Point(x, y)
    metres = {leaf.id: GRAPH.plane.project(leaf.polygon).distance(point) for leaf in GRAPH.leaves}
    expected = {grid_id for grid_id, each in metres.items() if low <= each < low + width}
    found = GRAPH.leaves_between(x, y, low, low + width)
    assert set(found) == expected
    assert [metres[grid_id] for grid_id in found] == sorted(metres[grid_id] for grid_id in found)


def test_rings_hold_each_leaf_once() -> None:
    edges = [0, 1000, 4000, 9000, 40_000]
    rings = [GRAPH.leaves_between(0, 0, low, high) for low, high in pairwise(edges)]
    assert sorted(chain.from_iterable(rings), key=str) == sorted((leaf.id for leaf in GRAPH.leaves), key=str)


def test_on_land() -> None:
    x, y = GRAPH.plane.xy(*TOY.lonlat(-1000, 4000))
    targets = [
        (-5000, 100),
        (-100, 7900),
        (1600, 4000),
        (5000, 4000),
        (-1000, 9000),
        (-1000, 4000),
        (5, 4000),
    ]
    xs, ys = GRAPH.plane.xy(*TOY.lonlat(*np.array(targets, dtype=np.float64).T))
    assert GRAPH.on_land(x, y, xs, ys).tolist() == [True, True, False, False, False, True, False]


def test_a_sliver_between_leaves_is_land() -> None:
    x, y = GRAPH.plane.xy(*TOY.lonlat(2000, 4000))
    xs, ys = GRAPH.plane.xy(*TOY.lonlat(np.array([6000.0]), np.array([4500.0])))
    assert GRAPH.on_land(x, y, xs, ys).all()


def test_neighbours_and_components() -> None:
    def codes(graph: GridGraph, code: str) -> list[str]:
        return [graph.leaf(grid_id).code for grid_id in graph.neighbours(id_of(code))]

    assert codes(GRAPH, "W2") == ["E1", "W1"]
    assert codes(GRAPH, "E2") == ["E1"]
    assert codes(GRAPH, "I1") == []
    closed = build(link("bridge", "W2", (-100, 4000), "E1", (1600, 4000), open=False))
    assert codes(closed, "W2") == ["W1"]
    assert len(set(GRAPH.component.tolist())) == 2
    assert len(set(closed.component.tolist())) == 3


def test_points_keep_to_their_grid() -> None:
    inside, at_sea = TOY.lonlat(-1000, 4000), TOY.lonlat(1000, 4000)
    lons, lats = zip(inside, at_sea, at_sea, strict=True)
    # The second belongs to the west though the east is nearer; the grid of the third is of another edition.
    points = GRAPH.points(lons, lats, [id_of("W2"), id_of("W2"), UUID(int=9)])
    assert [GRAPH.leaves[leaf].code for leaf in points.leaf] == ["W2", "W2", "E1"]
    expected_x, expected_y = GRAPH.plane.xy(*TOY.lonlat(np.array([-1000.0, 0.0, 1500.0]), np.full(3, 4000.0)))
    assert points.x == pytest.approx(expected_x, abs=1)
    assert points.y == pytest.approx(expected_y, abs=1)


def test_link_ends_are_nodes_of_their_leaves() -> None:
    nodes = GRAPH.nodes
    ends = [node for node, onward in enumerate(nodes.links) if onward]
    assert [[GRAPH.leaves[leaf].code for leaf in nodes.leaves[end]] for end in ends] == [["W2"], ["E1"]]
    assert nodes.links[ends[0]] == ((ends[1], 5.0),)
    assert nodes.links[ends[1]] == ((ends[0], 5.0),)


def test_many_threads_read_one_graph() -> None:
    graph = build(BRIDGE)
    rng = np.random.default_rng(3)
    xs, ys = rng.uniform(-6000, 7000, 500), rng.uniform(0, 8000, 500)
    expected = graph.on_land(0.0, 0.0, xs, ys)
    fresh = build(BRIDGE)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: fresh.on_land(0.0, 0.0, xs, ys), range(20)))
    assert all(np.array_equal(each, expected) for each in found)
