import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from service.geo.shapes import Crossings, crossings

box = shapely.box


def rows(found: Crossings) -> list[tuple[int, int, float, float]]:
    columns = (column.tolist() for column in found)
    return [
        (i, j, pytest.approx(x, abs=0.2), pytest.approx(y, abs=0.2))
        for i, j, x, y in zip(*columns, strict=True)
    ]


def test_middle_of_a_shared_border() -> None:
    assert rows(crossings([box(0, 0, 1000, 1000), box(1000, 200, 2000, 800)])) == [(0, 1, 1000, 500)]


def test_long_borders_get_a_point_every_so_often() -> None:
    tall = [box(0, 0, 1000, 6000), box(1000, 0, 2000, 6000)]
    assert rows(crossings(tall, spacing_m=1500)) == [(0, 1, 1000, y) for y in (750, 2250, 3750, 5250)]
    assert len(crossings(tall, spacing_m=3000).i) == 2
    assert len(crossings(tall, spacing_m=10_000).i) == 1


def test_each_stretch_of_border_has_its_own() -> None:
    # A comb: the second polygon touches the first with two teeth.
    teeth = shapely.union_all(
        [box(1500, 0, 2000, 3000), box(1000, 0, 1500, 400), box(1000, 2000, 1500, 3000)]
    )
    assert rows(crossings([box(0, 0, 1000, 3000), teeth])) == [(0, 1, 1000, 200), (0, 1, 1000, 2500)]


def test_corners_are_not_borders() -> None:
    quarters = [
        box(0, 0, 1000, 1000),
        box(1000, 0, 2000, 1000),
        box(0, 1000, 1000, 2000),
        box(1000, 1000, 2000, 2000),
    ]
    pairs = {(i, j) for i, j, _, _ in rows(crossings(quarters))}
    assert pairs == {(0, 1), (0, 2), (1, 3), (2, 3)}


def test_water_is_no_border_but_a_sliver_is() -> None:
    left = box(0, 0, 1000, 1000)
    assert len(crossings([left, box(1100, 0, 2000, 1000)]).i) == 0
    assert [row[:2] for row in rows(crossings([left, box(1015, 0, 2000, 1000)]))] == [(0, 1)]


def test_a_vertex_on_one_side_only_does_not_break_a_border() -> None:
    left = shapely.Polygon([(0, 0), (1000, 0), (1000, 2000), (0, 2000)])
    right = shapely.Polygon([(1000, 0), (2000, 0), (2000, 2000), (1000, 2000), (1000.03, 900)])
    assert rows(crossings([left, right], spacing_m=5000)) == [(0, 1, 1000, 1000)]


def test_parts_of_one_leaf_are_one_leaf() -> None:
    two_parts = shapely.MultiPolygon([box(0, 0, 1000, 1000), box(2000, 0, 3000, 1000)])
    assert rows(crossings([two_parts, box(1000, 0, 2000, 1000)])) == [(0, 1, 1000, 500), (0, 1, 2000, 500)]


def test_nothing_to_cross() -> None:
    assert len(crossings([]).i) == 0
    assert len(crossings([box(0, 0, 1, 1)]).i) == 0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(2, 40))
def test_a_partition_is_crossed_exactly_at_its_borders(seed: int, count: int) -> None:
    """Against brute force: a random partition's pairs, by how much of their boundaries runs together."""
    sites = shapely.multipoints(np.random.default_rng(seed).uniform(0, 10_000, (count, 2)))
    square = box(0, 0, 10_000, 10_000)
    cells = [cell.intersection(square) for cell in shapely.voronoi_polygons(sites, extend_to=square).geoms]
    found = crossings(cells)
    pairs = set(zip(found.i.tolist(), found.j.tolist(), strict=True))
    for i, cell in enumerate(cells):
        for j in range(i + 1, len(cells)):
            shared = cells[j].boundary.intersection(cell.boundary.buffer(0.01)).length
            if shared > 5:
                assert (i, j) in pairs
            if shared < 0.5:
                assert (i, j) not in pairs
    for i, j, x, y in zip(*(column.tolist() for column in found), strict=True):
        assert i < j
        assert cells[i].distance(shapely.Point(x, y)) < 0.2
        assert cells[j].distance(shapely.Point(x, y)) < 0.2
    again = crossings(cells)
    assert all(np.array_equal(first, second) for first, second in zip(found, again, strict=True))
