import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from service.geo.geodesy import Plane
from service.geo.shapes import Crossings, crossings, same_shape

TOY = Plane(110.4, 21.2)
box = shapely.box


def in_degrees(shape: shapely.Polygon | shapely.MultiPolygon) -> shapely.Polygon | shapely.MultiPolygon:
    return shapely.transform(shape, lambda xy: np.column_stack(TOY.lonlat(xy[:, 0], xy[:, 1])))


def crossed(shapes, **more) -> Crossings:
    """The crossings of shapes in metres, in metres."""
    found = crossings([in_degrees(shape) for shape in shapes], **more)
    return Crossings(found.i, found.j, *TOY.xy(found.lon, found.lat))


def rows(found: Crossings) -> list[tuple[int, int, float, float]]:
    columns = (column.tolist() for column in found)
    return [
        (i, j, pytest.approx(x, abs=0.2), pytest.approx(y, abs=0.2))
        for i, j, x, y in zip(*columns, strict=True)
    ]


def test_middle_of_a_shared_border() -> None:
    assert rows(crossed([box(0, 0, 1000, 1000), box(1000, 200, 2000, 800)])) == [(0, 1, 1000, 500)]


def test_long_borders_get_a_point_every_so_often() -> None:
    tall = [box(0, 0, 1000, 6000), box(1000, 0, 2000, 6000)]
    assert rows(crossed(tall, spacing_m=1500)) == [(0, 1, 1000, y) for y in (750, 2250, 3750, 5250)]
    assert len(crossed(tall, spacing_m=3000).i) == 2
    assert len(crossed(tall, spacing_m=10_000).i) == 1


def test_each_stretch_of_border_has_its_own() -> None:
    # A comb: the second polygon touches the first with two teeth.
    teeth = shapely.union_all(
        [box(1500, 0, 2000, 3000), box(1000, 0, 1500, 400), box(1000, 2000, 1500, 3000)]
    )
    assert rows(crossed([box(0, 0, 1000, 3000), teeth])) == [(0, 1, 1000, 200), (0, 1, 1000, 2500)]


def test_corners_are_not_borders() -> None:
    quarters = [
        box(0, 0, 1000, 1000),
        box(1000, 0, 2000, 1000),
        box(0, 1000, 1000, 2000),
        box(1000, 1000, 2000, 2000),
    ]
    pairs = {(i, j) for i, j, _, _ in rows(crossed(quarters))}
    assert pairs == {(0, 1), (0, 2), (1, 3), (2, 3)}


def test_water_is_no_border_but_a_sliver_is() -> None:
    left = box(0, 0, 1000, 1000)
    assert len(crossed([left, box(1100, 0, 2000, 1000)]).i) == 0
    assert [row[:2] for row in rows(crossed([left, box(1015, 0, 2000, 1000)]))] == [(0, 1)]


def test_a_vertex_on_one_side_only_does_not_break_a_border() -> None:
    left = shapely.Polygon([(0, 0), (1000, 0), (1000, 2000), (0, 2000)])
    right = shapely.Polygon([(1000, 0), (2000, 0), (2000, 2000), (1000, 2000), (1000.03, 900)])
    assert rows(crossed([left, right], spacing_m=5000)) == [(0, 1, 1000, 1000)]


def test_parts_of_one_leaf_are_one_leaf() -> None:
    two_parts = shapely.MultiPolygon([box(0, 0, 1000, 1000), box(2000, 0, 3000, 1000)])
    assert rows(crossed([two_parts, box(1000, 0, 2000, 1000)])) == [(0, 1, 1000, 500), (0, 1, 2000, 500)]


def test_nothing_to_cross() -> None:
    assert len(crossed([]).i) == 0
    assert len(crossed([box(0, 0, 1, 1)]).i) == 0


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(2, 40))
def test_a_partition_is_crossed_exactly_at_its_borders(seed: int, count: int) -> None:
    """Against brute force: a random partition's pairs, by how much of their boundaries runs together."""
    sites = shapely.multipoints(np.random.default_rng(seed).uniform(0, 10_000, (count, 2)))
    square = box(0, 0, 10_000, 10_000)
    cells = [cell.intersection(square) for cell in shapely.voronoi_polygons(sites, extend_to=square).geoms]
    found = crossed(cells)
    pairs = set(zip(found.i.tolist(), found.j.tolist(), strict=True))
    for i, cell in enumerate(cells):
        for j in range(i + 1, len(cells)):
            if cells[j].boundary.intersection(cell.boundary.buffer(0.01)).length > 5:
                assert (i, j) in pairs
            # Two that leave a corner at a small angle run together a while: as far apart as counts for touching.
            if cells[j].boundary.intersection(cell.boundary.buffer(0.11)).length < 1.5:
                assert (i, j) not in pairs
    for i, j, x, y in zip(*(column.tolist() for column in found), strict=True):
        assert i < j
        assert cells[i].distance(shapely.Point(x, y)) < 0.2
        assert cells[j].distance(shapely.Point(x, y)) < 0.2
    again = crossed(cells)
    assert all(np.array_equal(first, second) for first, second in zip(found, again, strict=True))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), touched=st.sets(st.integers(0, 11), min_size=1))
def test_what_two_share_does_not_depend_on_the_others(seed: int, touched: set[int]) -> None:
    sites = shapely.multipoints(np.random.default_rng(seed).uniform(0, 10_000, (12, 2)))
    square = box(0, 0, 10_000, 10_000)
    cells = [
        in_degrees(cell.intersection(square))
        for cell in shapely.voronoi_polygons(sites, extend_to=square, ordered=True).geoms
    ]
    whole = np.column_stack(crossings(cells))
    some = np.column_stack(crossings(cells, touched=np.isin(np.arange(12), list(touched))))
    theirs = np.isin(whole[:, 0], list(touched)) | np.isin(whole[:, 1], list(touched))
    assert np.array_equal(whole[theirs], some)


def test_a_shape_is_the_same_wherever_its_rings_begin_but_not_a_metre_off() -> None:
    square = in_degrees(box(0, 0, 1000, 1000))
    turned = in_degrees(shapely.Polygon([(1000, 1000), (1000, 0), (0, 0), (0, 1000)]))
    assert same_shape(square, shapely.MultiPolygon([turned]))
    assert not same_shape(square, in_degrees(box(0, 0, 1000, 1001)))
