import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from service.geo.projected import (
    System,
    by_epsg,
    from_wkt,
    named,
    shapes_from_cgcs2000,
    shapes_to_cgcs2000,
)

CODES = [4326, 4490, 3857, *range(4491, 4555)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("EPSG:4546", "EPSG:4546"),
        (" epsg:4546 ", "EPSG:4546"),
        ("4546", "EPSG:4546"),
        ("urn:ogc:def:crs:EPSG::4546", "EPSG:4546"),
        ("urn:ogc:def:crs:EPSG:6.9:4490", "EPSG:4490"),
        ("http://www.opengis.net/def/crs/EPSG/0/4490", "EPSG:4490"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"),
        ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "EPSG:4326"),
        ("WGS84", "EPSG:4326"),
        ("wgs 84", "EPSG:4326"),
        ("CGCS2000", "EPSG:4490"),
        ("国家2000", "EPSG:4490"),
        ("GCJ-02", "GCJ02"),
        ("gcj02", "GCJ02"),
        ("BD-09", "BD09"),
        ("百度坐标系", "BD09"),
        ("CGCS2000 / 3-degree Gauss-Kruger CM 111E", "EPSG:4546"),
        ("CGCS2000_3_Degree_GK_CM_111E", "EPSG:4546"),
        ("CGCS2000_3_Degree_GK_Zone_37", "EPSG:4525"),
        ("CGCS2000 / Gauss-Kruger zone 19", "EPSG:4497"),
        ("web mercator", "EPSG:3857"),
    ],
)
def test_names_as_people_and_files_write_them(name: str, expected: str) -> None:
    system = named(name)
    assert system is not None
    assert system.name == expected


@pytest.mark.parametrize(
    "name",
    ["", "2436", "EPSG:32649", "Xian 80", "EPSG", "CGCS2000 / 3-degree Gauss-Kruger CM 112E", "BD09MC"],
)
def test_other_names_are_not_guessed_at(name: str) -> None:
    assert named(name) is None


def test_every_system_is_known_by_its_wkt_and_its_name() -> None:
    for code in CODES:
        crs = CRS.from_epsg(code)
        for version in ("WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"):
            assert from_wkt(crs.to_wkt(version)) == by_epsg(code), (code, version)
        if code not in (3857,):
            assert named(crs.name) == by_epsg(code)


@pytest.mark.parametrize("code", [4546, 4525, 4497])
def test_a_prj_is_known_by_its_parameters_whatever_it_calls_itself(code: int) -> None:
    wkt = CRS.from_epsg(code).to_wkt("WKT1_ESRI")
    name = wkt.split('"')[1]
    assert from_wkt(wkt.replace(name, "示例市独立坐标")) == by_epsg(code)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"False_Easting",500000.0', '"False_Easting",600000.0'),
        ('"Scale_Factor",1.0', '"Scale_Factor",0.9996'),
        ('"Central_Meridian",111.0', '"Central_Meridian",110.5'),
        ("CGCS2000", "Xian_1980"),
    ],
)
def test_a_projection_with_other_parameters_is_not_taken_for_one(old: str, new: str) -> None:
    wkt = CRS.from_epsg(4546).to_wkt("WKT1_ESRI").replace("CGCS2000_3_Degree_GK_CM_111E", "own")
    changed = wkt.replace(old, new).replace(
        "D_China_2000", "D_Xian_1980" if new == "Xian_1980" else "D_China_2000"
    )
    changed = changed.replace(
        "GCS_China_Geodetic_Coordinate_System_2000", "GCS_own" if new == "Xian_1980" else "GCS_China_2000"
    )
    assert changed != wkt
    assert from_wkt(changed) is None


@pytest.mark.parametrize("code", [4214, 4610, 2380, 32649, 4479, 4555])
def test_other_systems_are_none(code: int) -> None:
    assert by_epsg(code) is None


def test_no_wkt_is_none() -> None:
    assert from_wkt("garbage") is None
    assert from_wkt(CRS.from_epsg(4610).to_wkt("WKT1_ESRI")) is None


@given(st.sampled_from([*CODES, "GCJ02", "BD09"]), st.floats(-1.4, 1.4), st.floats(18, 50))
def test_there_and_back_is_where_one_was(code: int | str, off: float, lat: float) -> None:
    system = by_epsg(code) if isinstance(code, int) else System(code, None)
    assert system is not None
    meridian = 111.0
    if isinstance(code, int) and 4491 <= code <= 4554:
        first, step, west = next(
            each for each in ((4534, 3, 75), (4513, 3, 75), (4502, 6, 75), (4491, 6, 75)) if code >= each[0]
        )
        meridian = west + (code - first) * step
    points = [shapely.Point(meridian + off, lat), None, shapely.Point(meridian, lat, 7)]
    there = shapes_from_cgcs2000(points, system)
    back = shapes_to_cgcs2000(there, system)
    assert back[1] is None
    for before, after in zip(points, back, strict=True):
        if before is not None and after is not None:
            expected = shapely.get_coordinates(before, include_z=before.has_z)
            found = shapely.get_coordinates(after, include_z=after.has_z)
            np.testing.assert_allclose(found, expected, atol=1e-8)
    if system.eastings_m is not None and there[0] is not None:
        least, most = system.eastings_m
        assert least < there[0].bounds[0] < most
        assert there[0].bounds[1] > 1_000_000


def test_a_known_place_in_the_zone_of_the_city() -> None:
    # Snyder, Map Projections (1987) p. 61: on the meridian, x is the false easting and y the length of its arc.
    for name, easting in (("EPSG:4546", 500_000.0), ("EPSG:4525", 37_500_000.0)):
        system = named(name)
        assert system is not None
        (point,) = shapes_from_cgcs2000([shapely.Point(111.0, 21.0)], system)
        assert point is not None
        x, y = shapely.get_coordinates(point)[0]
        assert x == pytest.approx(easting, abs=1e-6)
        assert y == pytest.approx(2_323_045.8, abs=1500)
