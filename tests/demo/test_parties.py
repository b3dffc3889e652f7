"""Units have offices and party grids, which overlap the governance grids the way such maps do."""

from collections import Counter

import pytest
import shapely
from shapely.geometry import Point

from service.demo.city import City
from service.demo.units import CENTRAL


def test_there_are_133_units_with_names_of_their_own(city: City) -> None:
    assert [u.code for u in city.units] == [f"U{n:03d}" for n in range(1, 134)]
    assert len({u.name for u in city.units}) == len({u.name_en for u in city.units}) == 133
    assert len({u.kind for u in city.units}) >= 8


def test_offices_lie_in_their_communities_and_mostly_in_the_centre(city: City) -> None:
    leaves = {d.code: d.polygon for d in city.divisions if d.level == "community"}
    for unit in city.units:
        assert leaves[unit.office_code].contains(Point(unit.office_lon, unit.office_lat))
    counties = Counter(u.county_code for u in city.units)
    assert sum(counties[code] for code in CENTRAL) > 0.7 * 133
    assert len(counties) == 9


def test_every_unit_has_one_to_three_party_grids(city: City) -> None:
    counts = Counter(p.unit_code for p in city.party_grids)
    assert set(counts) == {u.code for u in city.units}
    assert set(counts.values()) == {1, 2, 3}
    assert len(city.party_grids) == 180
    assert len({p.code for p in city.party_grids}) == len({p.name for p in city.party_grids}) == 180
    assert {p.code.split("-")[0][1:] for p in city.party_grids} == {u.code[1:] for u in city.units}


def test_party_grids_are_valid_and_small(city: City) -> None:
    shapes = [p.polygon for p in city.party_grids]
    assert shapely.is_valid(shapes).all()
    assert not shapely.is_empty(shapes).any()
    assert shapely.get_num_coordinates(shapes).max() < 200
    assert shapely.within(shapes, next(d for d in city.divisions).polygon.buffer(1e-5)).all()


@pytest.mark.parametrize("county_code", CENTRAL)
def test_the_centre_is_mostly_covered_partly_twice_and_partly_not(city: City, county_code: str) -> None:
    county = next(d.polygon for d in city.divisions if d.code == county_code)
    shapes = [p.polygon.intersection(county) for p in city.party_grids]
    twice = [a.intersection(b) for i, a in enumerate(shapes) for b in shapes[:i] if a.intersects(b)]
    assert 0.8 <= shapely.union_all(shapes).area / county.area <= 0.99
    assert 0.05 <= shapely.union_all(twice).area / county.area <= 0.2


def test_every_other_county_is_covered_in_part(city: City) -> None:
    for county in (d for d in city.divisions if d.level == "county" and d.code not in CENTRAL):
        covered = shapely.union_all([p.polygon.intersection(county.polygon) for p in city.party_grids])
        assert 0.005 <= covered.area / county.polygon.area <= 0.5


def test_party_grids_do_not_follow_the_communities(city: City) -> None:
    leaves = [d.polygon for d in city.divisions if d.level == "community"]
    tree = shapely.STRtree(leaves)
    for grid in city.party_grids:
        met = tree.query(grid.polygon, predicate="intersects")
        assert any(not grid.polygon.covers(leaves[i]) for i in met)
