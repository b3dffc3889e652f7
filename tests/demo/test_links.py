"""The crossings lie where they should."""

import pytest
from pyproj import Geod
from shapely.geometry import Point

from service.demo.city import City


def test_ends_lie_inside_their_communities_with_room_to_spare(city: City) -> None:
    leaves = {d.code: d.polygon for d in city.divisions if d.level == "community"}
    for link in city.links:
        for code, lon, lat in (
            (link.from_code, link.from_lon, link.from_lat),
            (link.to_code, link.to_lon, link.to_lat),
        ):
            assert leaves[code].contains(Point(lon, lat))
            assert leaves[code].boundary.distance(Point(lon, lat)) * 105_000 > 30  # metres, about


def test_real_crossings_are_told_from_invented_ones(city: City) -> None:
    real = {link.name for link in city.links if not link.invented}
    assert real == {"湛江海湾大桥", "调顺跨海大桥", "南三大桥", "硇洲轮渡"}
    assert all("虚构" in link.name and "invented" in link.name_en for link in city.links if link.invented)
    assert len({link.code for link in city.links}) == len(city.links) == 9
    assert {link.kind for link in city.links} == {"bridge", "ferry", "causeway"}


def test_real_crossings_join_the_shores_that_they_join(city: City) -> None:
    ends = {link.name: (link.from_code, link.to_code) for link in city.links}
    for name, start, end in [
        ("湛江海湾大桥", "440803", "440804"),
        ("调顺跨海大桥", "440802", "440804"),
        ("南三大桥", "440804", "440804100"),
        ("硇洲轮渡", "440811", "440811173"),
    ]:
        assert ends[name][0].startswith(start)
        assert ends[name][1].startswith(end)
    assert not ends["南三大桥"][0].startswith("440804100")
    assert not ends["硇洲轮渡"][0].startswith("440811173")


def test_lengths_are_geodesic_and_times_plausible(city: City) -> None:
    for link in city.links:
        _, _, metres = Geod(ellps="GRS80").inv(link.from_lon, link.from_lat, link.to_lon, link.to_lat)
        assert link.length_m == pytest.approx(metres, abs=1)
        assert 1000 < link.length_m < 5000
        assert 2 <= link.length_m / 1000 / (link.minutes / 60) <= 60  # km/h
        assert (link.wait_minutes > 0) == (link.kind == "ferry")
    bay = city.links[0]
    assert (bay.name, bay.minutes) == ("湛江海湾大桥", 10)
    assert 3000 <= bay.length_m <= 4500
