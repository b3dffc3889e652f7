import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.geo.crs import EAST, NORTH, SOUTH, WEST, Crs, from_cgcs2000, to_cgcs2000
from service.geo.geodesy import distance_m

# A kilometre or two inside the box: at its very edge GCJ-02 is not one-to-one.
inner_lons = st.floats(WEST + 0.02, EAST - 0.02)
inner_lats = st.floats(SOUTH + 0.02, NORTH - 0.02)


@given(lon=inner_lons, lat=inner_lats, crs=st.sampled_from(Crs))
def test_there_and_back_is_exact_to_a_millimetre(lon: float, lat: float, crs: Crs) -> None:
    back = to_cgcs2000(*from_cgcs2000(lon, lat, crs), crs)
    assert back == pytest.approx((lon, lat), rel=0, abs=1e-8)


@given(lon=inner_lons, lat=inner_lats, crs=st.sampled_from(Crs))
def test_back_and_there_is_exact_to_a_millimetre(lon: float, lat: float, crs: Crs) -> None:
    again = from_cgcs2000(*to_cgcs2000(lon, lat, crs), crs)
    assert again == pytest.approx((lon, lat), rel=0, abs=1e-8)


def test_offset_near_zhanjiang() -> None:
    lon, lat = from_cgcs2000(110.36, 21.27, Crs.GCJ02)
    assert 530 < distance_m(110.36, 21.27, lon, lat) < 550
    lon, lat = from_cgcs2000(110.36, 21.27, Crs.BD09)
    assert 1000 < distance_m(110.36, 21.27, lon, lat) < 1400


def test_published_pairs() -> None:
    """The worked example of the coordtransform project: WGS 84 to GCJ-02, and GCJ-02 to BD-09."""
    gcj02 = from_cgcs2000(116.404, 39.915, Crs.GCJ02)
    assert gcj02 == pytest.approx((116.41024449916938, 39.91640428150164), rel=0, abs=1e-11)
    bd09 = from_cgcs2000(*to_cgcs2000(116.404, 39.915, Crs.GCJ02), Crs.BD09)
    assert bd09 == pytest.approx((116.41036949371029, 39.92133699351021), rel=0, abs=1e-10)


@pytest.mark.parametrize(
    "position", [(2.35, 48.85), (-74.0, 40.7), (0.0, 0.0), (139.7, 35.7), (100.0, -30.0)]
)
def test_gcj02_is_identity_outside_china(position: tuple[float, float]) -> None:
    assert from_cgcs2000(*position, Crs.GCJ02) == position
    assert to_cgcs2000(*position, Crs.GCJ02) == position
    assert to_cgcs2000(*from_cgcs2000(*position, Crs.BD09), Crs.BD09) == pytest.approx(position, abs=1e-8)


@pytest.mark.parametrize("crs", [Crs.WGS84, Crs.CGCS2000])
def test_wgs84_counts_as_cgcs2000(crs: Crs) -> None:
    assert to_cgcs2000(110.36, 21.27, crs) == (110.36, 21.27)


@pytest.mark.parametrize("crs", list(Crs))
def test_arrays_give_what_floats_give(crs: Crs) -> None:
    lons = np.array([[110.36, 116.4], [2.35, 105.0]])
    lats = np.array([[21.27, 39.9], [48.85, 35.0]])
    for convert in (from_cgcs2000, to_cgcs2000):
        many = convert(lons, lats, crs)
        assert many[0].shape == many[1].shape == (2, 2)
        for index in np.ndindex(2, 2):
            one = convert(float(lons[index]), float(lats[index]), crs)
            assert (many[0][index], many[1][index]) == pytest.approx(one, rel=0, abs=1e-11)


def test_no_positions() -> None:
    lons, lats = to_cgcs2000(np.array([]), np.array([]), Crs.BD09)
    assert lons.shape == lats.shape == (0,)
