"""Siblings that should partition the land: overlaps and gaps of known size, with the edges that make them."""

import json
from importlib.resources import files

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st

from service.geo.coverage import FaultKind, sibling_faults
from service.geo.geodesy import Plane

TOY = Plane(110.3, 21.2)
box = shapely.box
WEST = box(-1000, 0, 0, 1000)
COUNTIES = [
    shapely.from_geojson(json.dumps(county["geometry"]))
    for county in json.loads(
        (files("service.demo") / "data" / "counties_cgcs2000.geojson").read_text("utf-8")
    )["features"]
]


def in_degrees(shape):
    return shapely.transform(shape, lambda xy: np.column_stack(TOY.lonlat(xy[:, 0], xy[:, 1])))


def faults(*shapes, **more):
    return sibling_faults([in_degrees(shape) for shape in shapes], **more)


def metres(lines):
    """The edges in whole metres, each from west to east or south to north."""
    found = []
    for line in lines.geoms:
        x, y = TOY.xy(*np.ascontiguousarray(shapely.get_coordinates(line).T))
        found.append(sorted((round(float(a)), round(float(b))) for a, b in zip(x, y, strict=True)))
    return sorted(found)


def test_what_fits_has_no_faults():
    assert faults(WEST, box(0, 0, 1000, 1000), box(-1000, 1000, 1000, 2000)) == []
    assert faults(WEST) == faults() == []


def test_corners_and_wide_water_are_no_faults():
    assert faults(WEST, box(0, 1000, 1000, 2000)) == []
    assert faults(WEST, box(25, 0, 1000, 1000)) == []


def test_an_overlap_with_the_very_edges():
    (fault,) = faults(WEST, box(-4, 200, 1000, 800))
    assert (fault.kind, fault.siblings) == (FaultKind.OVERLAP, (0, 1))
    assert fault.area_m2 == pytest.approx(4 * 600, rel=1e-3)
    assert fault.shares == pytest.approx((2400 / 1e6, 2400 / (1004 * 600)), rel=1e-2)
    assert fault.width_m == pytest.approx(2 * 2400 / 1208, rel=1e-2)
    # The side of the western one from end to end, as it was drawn; three sides of the eastern one.
    assert [(0, 0), (0, 1000)] in metres(fault.edges)
    assert {point for line in metres(fault.edges) for point in line} >= {(-4, 200), (-4, 800)}
    assert shapely.within(fault.shape, shapely.buffer(in_degrees(WEST), 1e-9))


def test_a_gap_with_the_very_edges():
    east = shapely.Polygon(
        [(0, 0), (0, 300), (6, 400), (6, 600), (0, 700), (0, 1000), (1000, 1000), (1000, 0)]
    )
    (fault,) = faults(WEST, east)
    assert (fault.kind, fault.siblings) == (FaultKind.GAP, (0, 1))
    assert fault.area_m2 == pytest.approx(6 * 200 + 6 * 100, rel=1e-2)
    points = {point for line in metres(fault.edges) for point in line}
    assert points >= {(0, 0), (0, 1000), (0, 300), (6, 400), (6, 600), (0, 700)}
    assert (1000, 1000) not in points
    assert not shapely.intersects(fault.shape, shapely.buffer(in_degrees(WEST), -1e-9))


def test_a_gap_that_is_open_at_its_ends():
    (fault,) = faults(WEST, box(3, 0, 1000, 1000))
    assert (fault.kind, fault.siblings) == (FaultKind.GAP, (0, 1))
    assert fault.area_m2 == pytest.approx(3000, rel=2e-2)
    assert faults(WEST, box(3, 0, 1000, 1000), gap_width_m=2.0) == []


def test_a_gap_around_which_three_stand():
    (fault,) = faults(
        box(0, 0, 1000, 1000),
        box(1000, 0, 2000, 1000),
        shapely.Polygon([(0, 1000), (994, 1000), (1000, 1005), (1006, 1000), (2000, 1000), (1000, 2000)]),
    )
    assert (fault.kind, fault.siblings) == (FaultKind.GAP, (0, 1, 2))
    assert fault.area_m2 == pytest.approx(30, rel=0.2)


def test_one_inside_another_and_one_drawn_twice():
    (inside,) = faults(WEST, box(-300, 200, -100, 400))
    assert (inside.kind, inside.shares[1]) == (FaultKind.OVERLAP, pytest.approx(1))
    (twice,) = faults(WEST, WEST)
    assert twice.shares == pytest.approx((1, 1))


def test_a_vertex_on_one_side_only_is_no_fault():
    south, north = (110.3, 21.2), (110.31, 21.24)
    between = (110.3 + 0.01 * 0.37, 21.2 + 0.04 * 0.37)
    west = shapely.Polygon([south, between, north, (110.25, 21.24), (110.25, 21.2)])
    east = shapely.Polygon([south, north, (110.35, 21.24), (110.35, 21.2)])
    assert sibling_faults([west, east]) == []
    # Drawn on a plane, the vertex is centimetres off the border in degrees.
    assert faults(box(0, 0, 3000, 1000), box(0, -1000, 1200, 0), box(1200, -1000, 3000, 0)) == []


def test_the_counties_are_no_fault_of_the_bay_between_them():
    assert sibling_faults(COUNTIES) == []
    assert sibling_faults(COUNTIES, gap_width_m=100.0) == []


def test_a_county_drawn_ten_metres_off_overlaps_on_one_side_and_gapes_on_the_other():
    moved = [shapely.affinity.translate(COUNTIES[0], 0.0001), *COUNTIES[1:]]
    found = sibling_faults(moved)
    assert {fault.kind for fault in found} == {FaultKind.OVERLAP, FaultKind.GAP}
    assert all(0 in fault.siblings for fault in found if fault.kind is FaultKind.OVERLAP)
    assert all(fault.width_m < 20 for fault in found)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(3, 20), amiss=st.floats(1.0, 12.0))
def test_overlaps_are_those_of_brute_force(seed, count, amiss):
    """A random partition with one cell pushed sideways: its overlaps by intersecting all pairs."""
    sites = shapely.multipoints(np.random.default_rng(seed).uniform(0, 5000, (count, 2)))
    square = box(0, 0, 5000, 5000)
    cells = [cell.intersection(square) for cell in shapely.voronoi_polygons(sites, extend_to=square).geoms]
    whole = [in_degrees(cell) for cell in cells]
    assert sibling_faults(whole) == []
    whole[0] = in_degrees(shapely.affinity.translate(cells[0], amiss, amiss))
    found = {fault.siblings: fault.area_m2 for fault in sibling_faults(whole) if fault.kind == "overlap"}
    for number in range(1, count):
        shared = shapely.intersection(whole[0], whole[number])
        expected = shared.area * 103_870 * 110_730
        if 2 * expected > 0.3 * 110_000 * shared.length or (0, number) in found:
            assert found[0, number] == pytest.approx(expected, rel=0.02, abs=1)
    assert all(pair[0] == 0 for pair in found)
