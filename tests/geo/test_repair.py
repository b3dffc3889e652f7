import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from service.geo.geodesy import area_m2, mean_width_m
from service.geo.repair import RepairKind, line_of, point_of, repair

WHOLE = "110.4 21.2, 110.5 21.2, 110.5 21.3, 110.4 21.3, 110.4 21.2"
WHOLE_M2 = area_m2(shapely.box(110.4, 21.2, 110.5, 21.3))


def shape(wkt: str) -> shapely.Geometry:
    return shapely.from_wkt(wkt)


def test_a_valid_multipolygon_is_left_alone() -> None:
    given_shape = shape(f"MULTIPOLYGON ((({WHOLE})))")
    found = repair(given_shape)
    assert (found.shape, found.kinds, found.changed_m2) == (given_shape, (), 0)
    assert found.before_m2 == found.after_m2 == pytest.approx(WHOLE_M2)


def test_a_single_polygon_becomes_one_of_several() -> None:
    found = repair(shape(f"POLYGON (({WHOLE}))"))
    assert found.kinds == (RepairKind.SINGLE_POLYGON,)
    assert found.shape == shape(f"MULTIPOLYGON ((({WHOLE})))")


@pytest.mark.parametrize(("dimension", "values"), [("Z", " 5"), ("M", " 5"), ("ZM", " 5 6")])
def test_heights_and_measures_are_dropped(dimension: str, values: str) -> None:
    ring = ", ".join(point + values for point in WHOLE.split(", "))
    found = repair(shape(f"MULTIPOLYGON {dimension} ((({ring})))"))
    assert found.kinds == (RepairKind.THREE_D,)
    assert found.shape == shape(f"MULTIPOLYGON ((({WHOLE})))")


def test_a_bow_tie_keeps_both_its_triangles() -> None:
    found = repair(shape("MULTIPOLYGON (((110.4 21.2, 110.5 21.3, 110.5 21.2, 110.4 21.3, 110.4 21.2)))"))
    assert found.kinds == (RepairKind.SELF_INTERSECTION,)
    assert found.shape is not None
    assert len(found.shape.geoms) == 2
    assert found.before_m2 == found.after_m2 == pytest.approx(WHOLE_M2 / 2, rel=1e-3)
    assert found.changed_m2 == 0
    assert found.why == "Self-intersection[110.45 21.25]"


def test_ground_that_two_parts_share_stays_ground_and_the_change_is_told() -> None:
    """A hole across the border: the part of it that lies outside must not become ground."""
    found = repair(
        shape(f"POLYGON (({WHOLE}), (110.45 21.22, 110.55 21.22, 110.55 21.28, 110.45 21.28, 110.45 21.22))")
    )
    outside, within = shapely.box(110.5, 21.22, 110.55, 21.28), shapely.box(110.45, 21.22, 110.5, 21.28)
    assert found.before_m2 == pytest.approx(WHOLE_M2 - area_m2(within) + area_m2(outside), rel=1e-6)
    assert found.after_m2 == pytest.approx(WHOLE_M2 - area_m2(within), rel=1e-6)
    assert found.changed_m2 == pytest.approx(area_m2(outside), rel=1e-6)
    overlapping = (
        f"MULTIPOLYGON ((({WHOLE})), ((110.45 21.2, 110.55 21.2, 110.55 21.3, 110.45 21.3, 110.45 21.2)))"
    )
    assert repair(shape(overlapping)).after_m2 == pytest.approx(WHOLE_M2 * 1.5, rel=1e-6)


def test_repeated_points_are_dropped() -> None:
    found = repair(shape(f"MULTIPOLYGON (((110.4 21.2, {WHOLE})))"))
    assert (found.kinds, found.changed_m2) == ((RepairKind.REPEATED_POINTS,), 0)
    assert found.shape == shape(f"MULTIPOLYGON ((({WHOLE})))")


def test_slivers_are_taken_away_with_their_areas() -> None:
    # 0.00001 degrees are about a metre.
    part = "((110.6 21.2, 110.60001 21.2, 110.60001 21.3, 110.6 21.3, 110.6 21.2))"
    hole = "(110.45 21.22, 110.45001 21.22, 110.45001 21.28, 110.45 21.28, 110.45 21.22)"
    pond = "(110.41 21.22, 110.42 21.22, 110.42 21.28, 110.41 21.28, 110.41 21.22)"
    found = repair(shape(f"MULTIPOLYGON (({WHOLE.join('()')}, {hole}, {pond}), {part})"))
    assert found.kinds == (RepairKind.SLIVERS,)
    assert found.shape == shape(f"MULTIPOLYGON (({WHOLE.join('()')}, {pond}))")
    assert [each.hole for each in found.slivers] == [True, False]
    assert all(each.width_m == pytest.approx(1.04, abs=0.02) for each in found.slivers)
    assert found.changed_m2 == pytest.approx(sum(each.area_m2 for each in found.slivers))
    assert found.after_m2 - found.before_m2 == pytest.approx(
        found.slivers[0].area_m2 - found.slivers[1].area_m2, abs=1
    )
    assert repair(found.shape, sliver_width_m=5000).shape == shape(f"MULTIPOLYGON (({WHOLE.join('()')}))")


def test_a_shape_that_is_nothing_but_a_sliver_stays() -> None:
    thin = shapely.MultiPolygon([shapely.box(110.4, 21.2, 110.40001, 21.3)])
    assert mean_width_m(thin) < 1.1
    assert repair(thin).shape == thin


def test_a_collection_of_polygons_is_taken_apart() -> None:
    found = repair(shape(f"GEOMETRYCOLLECTION (POLYGON (({WHOLE})), MULTIPOLYGON EMPTY)"))
    assert found.kinds == (RepairKind.COLLECTION,)
    assert found.shape == shape(f"MULTIPOLYGON ((({WHOLE})))")


@pytest.mark.parametrize(
    ("wkt", "fault"),
    [
        (None, "geometry-missing"),
        ("POLYGON EMPTY", "geometry-empty"),
        ("POINT (110.4 21.2)", "geometry-no-polygon"),
        (f"LINESTRING ({WHOLE})", "geometry-no-polygon"),
        (f"GEOMETRYCOLLECTION (POLYGON (({WHOLE})), POINT (110 21))", "geometry-no-polygon"),
        ("POLYGON ((110 21, 110.1 21, 110.2 21, 110 21))", "geometry-collapsed"),
        ("POLYGON ((110 21, 110 21, 110 21, 110 21))", "geometry-collapsed"),
        ("POLYGON ((110 21, 110.1 21, inf 21.1, 110 21))", "coordinates-not-finite"),
    ],
)
def test_what_is_no_polygon_has_a_fault(wkt: str | None, fault: str) -> None:
    found = repair(None if wkt is None else shape(wkt))
    assert (found.shape, found.fault) == (None, fault)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=12))
def test_whatever_is_drawn_becomes_valid_or_has_a_fault(points: list[tuple[int, int]]) -> None:
    ring = [(110 + x / 100, 21 + y / 100) for x, y in points]
    found = repair(shapely.Polygon(ring))
    if found.shape is None:
        assert found.fault in ("geometry-collapsed", "geometry-tangled")
        return
    assert found.shape.is_valid
    assert not found.shape.is_empty
    assert found.changed_m2 >= abs(found.after_m2 - found.before_m2)
    again = repair(found.shape)
    assert RepairKind.SELF_INTERSECTION not in again.kinds
    assert again.after_m2 == pytest.approx(found.after_m2)


def test_a_line_may_come_in_pieces_and_a_point_alone_among_several() -> None:
    line = line_of(shape("MULTILINESTRING Z ((0 0 1, 1 0 1), (2 0 1, 1 0 1))"))
    assert line is not None
    assert line.equals(shape("LINESTRING (0 0, 1 0, 2 0)"))
    for wkt in ("MULTILINESTRING ((0 0, 1 0), (5 0, 6 0))", "LINESTRING EMPTY", "POINT (0 0)"):
        assert line_of(shape(wkt)) is None
    assert point_of(shape("MULTIPOINT Z ((1 2 3))")) == shapely.Point(1, 2)
    for wkt in ("MULTIPOINT ((1 2), (3 4))", "POINT EMPTY", "LINESTRING (0 0, 1 1)"):
        assert point_of(shape(wkt)) is None
    assert line_of(None) is point_of(None) is None
