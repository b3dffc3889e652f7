import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from service.geo.geodesy import Plane, area_m2, distance_m

ZHANJIANG = Plane(110.36, 21.27)
lons, lats = st.floats(109.5, 111.2), st.floats(20.2, 22.0)


def test_a_degree_of_the_meridian_and_of_the_equator() -> None:
    # GRS 80: the equator is 2 pi a; the meridian arc from 0 to 1 degree is 110574.39 m.
    assert distance_m(110.0, 0.0, 111.0, 0.0) == pytest.approx(np.pi * 6378137.0 / 180.0, abs=0.001)
    assert distance_m(110.0, 0.0, 110.0, 1.0) == pytest.approx(110574.39, abs=0.01)


def test_distances_of_arrays() -> None:
    metres = distance_m(np.full(2, 110.0), np.zeros(2), np.array([110.0, 111.0]), np.zeros(2))
    assert metres.tolist() == pytest.approx([0.0, 111319.49], abs=0.01)


@given(lon=lons, lat=lats)
def test_plane_there_and_back(lon: float, lat: float) -> None:
    assert ZHANJIANG.lonlat(*ZHANJIANG.xy(lon, lat)) == pytest.approx((lon, lat), rel=0, abs=1e-10)


@given(lon1=lons, lat1=lats, lon2=lons, lat2=lats)
def test_plane_distances_are_geodesic_ones(lon1: float, lat1: float, lon2: float, lat2: float) -> None:
    geodesic = distance_m(lon1, lat1, lon2, lat2)
    planar = float(np.hypot(*np.subtract(ZHANJIANG.xy(lon1, lat1), ZHANJIANG.xy(lon2, lat2))))
    assert planar == pytest.approx(geodesic, rel=1e-4, abs=1e-6)


def test_plane_axes() -> None:
    assert ZHANJIANG.xy(110.36, 21.27) == pytest.approx((0.0, 0.0), abs=1e-6)
    x, y = ZHANJIANG.xy(110.37, 21.27)
    assert 1000 < x < 1050
    assert abs(y) < 1
    x, y = ZHANJIANG.xy(110.36, 21.28)
    assert abs(x) < 1e-6
    assert 1100 < y < 1110


def test_project_keeps_type_and_holes() -> None:
    polygon = shapely.Polygon(
        shapely.box(110.3, 21.2, 110.4, 21.3).exterior.coords,
        [shapely.box(110.34, 21.24, 110.36, 21.26).exterior],
    )
    projected = ZHANJIANG.project(shapely.MultiPolygon([polygon]))
    assert isinstance(projected, shapely.MultiPolygon)
    assert len(projected.geoms[0].interiors) == 1
    assert projected.area == pytest.approx(area_m2(polygon), rel=1e-4)


def test_area_is_the_same_either_way_round_and_leaves_holes_out() -> None:
    outer, inner = shapely.box(110.0, 21.0, 110.1, 21.1), shapely.box(110.04, 21.04, 110.06, 21.06)
    ring = shapely.difference(outer, inner)
    assert area_m2(shapely.reverse(outer)) == pytest.approx(area_m2(outer))
    assert area_m2(ring) == pytest.approx(area_m2(outer) - area_m2(inner))
    assert area_m2(shapely.MultiPolygon([ring, inner])) == pytest.approx(area_m2(outer))
    # A tenth of a degree each way at 21.05 degrees north: 11.07 km by 10.39 km.
    assert area_m2(outer) == pytest.approx(115.06e6, rel=1e-3)


def test_plane_around() -> None:
    assert Plane.around([]) == Plane(0.0, 0.0)
    plane = Plane.around([shapely.box(110, 21, 110.5, 21.2), shapely.box(110.8, 20, 111, 20.5)])
    assert (plane.lon0, plane.lat0) == pytest.approx((110.5, 20.6))
