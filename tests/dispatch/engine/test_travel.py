"""Travel times on a toy bay: two shores, 1.5 km of water between them, a bridge in the north."""

import math
from uuid import UUID, uuid5

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.dispatch.engine.travel import Search
from service.geo.geodesy import Plane
from service.geo.shapes import crossings
from service.grids.graph import Crossing, GridGraph, Leaf, Link, Points

TOY = Plane(110.4, 21.2)
SPEED_KMH, ROAD_FACTOR = 30.0, 1.4
MINUTES_PER_METRE = ROAD_FACTOR / 500.0
box = shapely.box

# Blocks of 2 km by 2 km on either shore, and an islet.
BLOCKS = {
    f"W{column}{row}": box(-6000 + 2000 * column, 2000 * row, -4000 + 2000 * column, 2000 * row + 2000)
    for column in range(3)
    for row in range(4)
}
BLOCKS |= {
    f"E{column}{row}": box(1500 + 2000 * column, 2000 * row, 3500 + 2000 * column, 2000 * row + 2000)
    for column in range(2)
    for row in range(4)
}
# The west shore has a bay of its own: a point on its southern arm sees the northern one over water.
del BLOCKS["W21"], BLOCKS["W11"]
BLOCKS["X"] = box(0, -9000, 1000, -8000)

LAND = shapely.union_all(list(BLOCKS.values()))


def id_of(code: str) -> UUID:
    return uuid5(UUID(int=0), code)


def lonlats(xy: np.ndarray) -> np.ndarray:
    return np.column_stack(TOY.lonlat(xy[:, 0], xy[:, 1]))


def build(bridge_open: bool | None = True, bridge_minutes: float = 4.0) -> GridGraph:
    codes = list(BLOCKS)
    leaves = [Leaf(id_of(code), code, shapely.transform(shape, lonlats)) for code, shape in BLOCKS.items()]
    found = crossings([leaf.polygon for leaf in leaves], spacing_m=900)
    points = [
        Crossing(id_of(codes[i]), id_of(codes[j]), lon, lat)
        for i, j, lon, lat in zip(*(column.tolist() for column in found), strict=True)
    ]
    ends = (*TOY.lonlat(-50, 7000), *TOY.lonlat(1550, 7000))
    bridge = Link(
        id_of("bridge"),
        "bridge",
        id_of("W23"),
        id_of("E03"),
        *ends,
        bridge_minutes,
        1.0,
        open=bridge_open or False,
    )
    return GridGraph.build(1, leaves, points, [] if bridge_open is None else [bridge])


GRAPH = build()


def search(x: float, y: float, graph: GridGraph = GRAPH) -> Search:
    start = graph.locate(*TOY.lonlat(x, y))
    return Search(graph, start, speed_kmh=SPEED_KMH, road_factor=ROAD_FACTOR)


def points(xys: list[tuple[float, float]], graph: GridGraph = GRAPH) -> Points:
    positions = [TOY.lonlat(x, y) for x, y in xys]
    grids = [graph.locate(*position).leaf.id for position in positions]
    return graph.points([lon for lon, _ in positions], [lat for _, lat in positions], grids)


def straight(x: float, y: float, other: tuple[float, float]) -> float:
    return math.hypot(other[0] - x, other[1] - y) * MINUTES_PER_METRE


def floyd_warshall(graph: GridGraph, start: tuple[float, float, int], ends: Points) -> np.ndarray:
    """All pairs' minutes over start, nodes and ends, all joined within a leaf: the brute force."""
    nodes = graph.nodes
    x = np.concatenate([[start[0]], nodes.x, ends.x])
    y = np.concatenate([[start[1]], nodes.y, ends.y])
    leaves = [{start[2]}, *map(set, nodes.leaves), *({int(leaf)} for leaf in ends.leaf)]
    together = np.array([[bool(a & b) for b in leaves] for a in leaves])
    minutes = np.where(together, np.hypot(x[:, None] - x, y[:, None] - y) * MINUTES_PER_METRE, math.inf)
    for node, onward in enumerate(nodes.links):
        for other, link_minutes in onward:
            minutes[1 + node, 1 + other] = min(minutes[1 + node, 1 + other], link_minutes)
    for middle in range(len(x)):
        minutes = np.minimum(minutes, minutes[:, middle, None] + minutes[None, middle, :])
    return minutes[0, 1 + len(nodes.x) :]


on_shore = st.sampled_from(sorted(BLOCKS)).flatmap(
    lambda code: st.tuples(
        st.floats(BLOCKS[code].bounds[0] + 1, BLOCKS[code].bounds[2] - 1),
        st.floats(BLOCKS[code].bounds[1] + 1, BLOCKS[code].bounds[3] - 1),
    )
)


def test_across_the_bay_is_as_far_as_the_bridge_makes_it() -> None:
    across, along = (1600.0, 500.0), (-5000.0, 300.0)
    minutes = search(-50, 500).minutes(points([across, along]), within=90)
    assert minutes[1] == pytest.approx(straight(-50, 500, along), rel=1e-3)
    # 1.65 km across: 4.6 minutes as the crow flies, but the way leads up to the bridge and down again.
    assert straight(-50, 500, across) < 5
    assert minutes[0] > 5 + 2 * 6500 * MINUTES_PER_METRE
    assert minutes[0] > minutes[1]


def test_across_the_bay_without_the_bridge_is_unreachable() -> None:
    for graph in (build(bridge_open=False), build(bridge_open=None)):
        minutes = search(-50, 500, graph).minutes(
            points([(1600, 500), (-5000, 300), (500, -8500)], graph), within=90
        )
        assert np.isinf(minutes).tolist() == [True, False, True]


def test_a_closed_second_bridge_does_not_help() -> None:
    ends = points([(1600.0, 500.0)])
    with_bridge = search(-50, 500).minutes(ends, within=500)
    assert np.isfinite(with_bridge).all()
    assert np.isinf(search(-50, 500, build(bridge_open=False)).minutes(ends, within=500)).all()


def test_the_way_round_a_bay_of_the_own_shore() -> None:
    # From one arm to the other over the water of the shore's own bay.
    minutes = search(-100, 1900).minutes(points([(-100, 4100)]), within=90)
    assert minutes[0] > 2 * straight(-100, 1900, (-100, 4100))


def test_no_way_is_faster_than_the_straight_line() -> None:
    # Over the water 4.6 minutes at road speed, though the ferry claims to need but one.
    graph = build(bridge_minutes=0.0)
    minutes = search(-50, 7000, graph).minutes(points([(1600, 7000)], graph), within=90)
    assert minutes[0] == pytest.approx(straight(-50, 7000, (1600, 7000)), rel=1e-3)


def test_same_place_takes_no_time() -> None:
    assert search(-50, 500).minutes(points([(-50, 500)]), within=10)[0] == pytest.approx(0, abs=1e-9)


def test_no_points() -> None:
    assert search(-50, 500).minutes(points([]), within=10).shape == (0,)


@settings(max_examples=60, deadline=None)
@given(start=on_shore, ends=st.lists(on_shore, min_size=1, max_size=6))
def test_agrees_with_brute_force(start: tuple[float, float], ends: list[tuple[float, float]]) -> None:
    there = points(ends)
    located = GRAPH.locate(*TOY.lonlat(*start))
    over_graph = floyd_warshall(GRAPH, (located.x, located.y, GRAPH.position(located.leaf.id)), there)
    crow = np.hypot(there.x - located.x, there.y - located.y) * MINUTES_PER_METRE
    lines = np.array([shapely.LineString([start, end]) for end in ends])
    direct = shapely.covers(LAND, lines)
    # Lines that graze the shore may be taken either way: the graph's land reaches a metre farther.
    assume((direct == shapely.covers(LAND.buffer(3), lines)).all())
    expected = np.where(direct, crow, np.maximum(over_graph, crow))
    found = search(*start).minutes(there, within=math.inf)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert (found >= crow - 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(
    start=on_shore,
    ends=st.lists(on_shore, min_size=1, max_size=8),
    bounds=st.lists(st.floats(0, 120), min_size=1, max_size=4),
)
def test_a_bounded_search_is_exact_within_its_bound_and_can_go_on(
    start: tuple[float, float], ends: list[tuple[float, float]], bounds: list[float]
) -> None:
    there = points(ends)
    true = search(*start).minutes(there, within=math.inf)
    crow = search(*start)
    for within in bounds:
        found = crow.minutes(there, within)
        near = true <= within
        assert found[near] == pytest.approx(true[near], rel=1e-12)
        assert (found[~near] > within).all()
        assert (found[~near] <= true[~near] + 1e-9).all()
        assert (np.isinf(found) == np.isinf(true)).all()


@settings(max_examples=40, deadline=None)
@given(start=on_shore, ends=st.lists(on_shore, min_size=1, max_size=8), reach=st.floats(0, 60))
def test_a_ring_of_leaves_holds_everybody_within_reach(
    start: tuple[float, float], ends: list[tuple[float, float]], reach: float
) -> None:
    outwards, there = search(*start), points(ends)
    x, y = GRAPH.plane.xy(*TOY.lonlat(*start))
    ring = set(GRAPH.leaves_between(x, y, 0, outwards.metres_within(reach)))
    for leaf, minutes in zip(there.leaf.tolist(), outwards.minutes(there, math.inf).tolist(), strict=True):
        assert minutes > reach or GRAPH.leaves[leaf].id in ring


def test_metres_within() -> None:
    # 30 km/h over ways 1.4 times as long as the straight line: 10 minutes span 5 km / 1.4.
    assert search(-50, 500).metres_within(10) == pytest.approx(5000 / 1.4, abs=0.1)
