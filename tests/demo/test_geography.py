"""The divisions are the real ones, and their shapes nest exactly in the real counties."""

import csv
import json
from collections import Counter, defaultdict
from importlib import resources

import numpy as np
import pytest
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon

from service.demo.city import City
from service.demo.geography import DETACHED, Division

LEVELS = {"city": 1, "county": 9, "town": 125, "community": 1992}


def _data(name: str) -> str:
    return resources.files("service.demo").joinpath("data", name).read_text(encoding="utf-8")


def _at(city: City, level: str) -> list[Division]:
    return [d for d in city.divisions if d.level == level]


def _by_code(city: City) -> dict[str, Division]:
    return {d.code: d for d in city.divisions}


def _source_counties() -> dict[str, MultiPolygon]:
    shapes = {}
    for feature in json.loads(_data("counties_cgcs2000.geojson"))["features"]:
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        shapes[feature["properties"]["code"]] = MultiPolygon(shapely.get_parts(shape).tolist())
    return shapes


def test_names_codes_levels_and_parents_are_those_of_the_file(city: City) -> None:
    rows = list(csv.DictReader(_data("divisions.csv").splitlines()))
    assert [(d.code, d.name, d.level) for d in city.divisions] == [
        (r["code"], r["name"], r["level"]) for r in rows
    ]
    assert [d.parent_code for d in city.divisions] == [None] + [r["parent_code"] for r in rows[1:]]
    assert Counter(d.level for d in city.divisions) == LEVELS
    assert city.divisions[0].code == "4408"


def test_a_parent_comes_before_its_children(city: City) -> None:
    seen: set[str | None] = {None}
    for division in city.divisions:
        assert division.parent_code in seen
        seen.add(division.code)


def test_the_source_is_a_valid_coverage() -> None:
    assert shapely.coverage_is_valid(list(_source_counties().values()))


@pytest.mark.parametrize("level", ["county", "town", "community"])
def test_the_shapes_of_a_level_are_a_valid_coverage(city: City, level: str) -> None:
    shapes = [d.polygon for d in _at(city, level)]
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)


@pytest.mark.parametrize("level", ["city", "county", "town"])
def test_a_parent_is_exactly_the_union_of_its_children(city: City, level: str) -> None:
    children = defaultdict(list)
    for division in city.divisions:
        children[division.parent_code].append(division.polygon)
    for parent in _at(city, level):
        union = shapely.coverage_union_all(children[parent.code])
        assert union.equals(parent.polygon)
        assert union.area == pytest.approx(parent.polygon.area, rel=1e-12)
        assert sum(c.area for c in children[parent.code]) == pytest.approx(parent.polygon.area, rel=1e-9)


def test_the_counties_keep_the_outline_of_the_file(city: City) -> None:
    for county in _at(city, "county"):
        source = _source_counties()[county.code]
        assert county.polygon.area == pytest.approx(source.area, rel=1e-9)
        assert len(county.polygon.geoms) == len(source.geoms)
        assert shapely.hausdorff_distance(county.polygon, source) < 1.5e-10
        ours = {tuple(c) for c in shapely.get_coordinates(county.polygon).round(9).tolist()}
        assert {tuple(c) for c in shapely.get_coordinates(source).tolist()} <= ours


def test_every_community_is_one_polygon(city: City) -> None:
    for leaf in _at(city, "community"):
        assert len(leaf.polygon.geoms) == 1
        assert leaf.polygon.area * 105 * 110 > 0.05  # square kilometres


def test_towns_are_in_several_parts_only_where_a_detached_part_is_not_a_town_of_its_own(city: City) -> None:
    several = {town.code for town in _at(city, "town") if len(town.polygon.geoms) > 1}
    assert several == {place.town_code for place in DETACHED if place.community_codes}


def test_islands_hold_the_towns_and_communities_that_are_on_them(city: City) -> None:
    divisions = _by_code(city)
    for lon, lat, code, count in [
        (110.525, 21.152, "440804100", 14),  # 南三镇 on Nansan
        (110.595, 20.918, "440811173", 8),  # 硇洲镇 on Naozhou
        (110.416, 20.708, "440825112", 10),  # 新寮镇 on Xinliao
        (110.435, 21.144, "440803002200", 1),  # 特呈村委会 on Techeng
        (110.356, 20.685, "440825111208", 1),  # 北莉村委会 on Beili
    ]:
        county = divisions[code[:6]].polygon
        island = next(part for part in county.geoms if part.contains(Point(lon, lat)))
        leaves = [d for d in _at(city, "community") if d.code.startswith(code)]
        assert len(leaves) == count
        assert shapely.coverage_union_all([d.polygon for d in leaves]).equals(island)


def test_every_detached_part_belongs_to_one_town_and_holds_whole_communities(city: City) -> None:
    for county in _at(city, "county"):
        for part in sorted(county.polygon.geoms, key=lambda p: p.area)[:-1]:
            there = [d for d in _at(city, "community") if part.intersects(d.polygon.representative_point())]
            there = [d for d in there if d.code.startswith(county.code)]
            assert len({d.parent_code for d in there}) == 1
            assert shapely.coverage_union_all([d.polygon for d in there]).equals(part)


def test_potou_shares_no_border_with_the_western_shore(city: City) -> None:
    potou = _by_code(city)["440804"].polygon
    for code in ("440802", "440803", "440811"):
        assert potou.distance(_by_code(city)[code].polygon) > 0.003


def test_urban_communities_are_small_and_rural_ones_large(city: City) -> None:
    leaves = _at(city, "community")
    urban = np.median([d.polygon.area for d in leaves if d.urban])
    rural = np.median([d.polygon.area for d in leaves if not d.urban])
    assert rural > 4 * urban
    for county in _at(city, "county"):
        own = [d for d in leaves if d.code.startswith(county.code)]
        inner = [d.polygon.area for d in own if d.urban]
        outer = [d.polygon.area for d in own if not d.urban]
        assert inner
        assert not outer or np.median(outer) > np.median(inner)


def test_a_point_of_a_county_is_in_exactly_one_community_of_that_county(city: City) -> None:
    leaves = _at(city, "community")
    tree = shapely.STRtree([d.polygon for d in leaves])
    rng = np.random.default_rng(7)
    for county in _at(city, "county"):
        west, south, east, north = county.polygon.bounds
        tried = rng.uniform((west, south), (east, north), (400, 2))
        inside = tried[shapely.contains_xy(county.polygon, tried[:, 0], tried[:, 1])]
        assert len(inside) > 50
        for point in shapely.points(inside):
            found = tree.query(point, predicate="within")
            assert [leaves[i].code[:6] for i in found] == [county.code]


def test_land_and_links_together_reach_every_community(city: City) -> None:
    leaves = _at(city, "community")
    index = {d.code: i for i, d in enumerate(leaves)}
    shapes = [d.polygon for d in leaves]
    a, b = shapely.STRtree(shapes).query(shapes, predicate="touches")
    near = defaultdict(set)
    for i, j in zip(a.tolist(), b.tolist(), strict=True):
        near[i].add(j)

    def reached(start: int) -> set[int]:
        seen, todo = {start}, [start]
        while todo:
            for other in near[todo.pop()] - seen:
                seen.add(other)
                todo.append(other)
        return seen

    assert len(reached(0)) < len(leaves)
    for link in city.links:
        near[index[link.from_code]].add(index[link.to_code])
        near[index[link.to_code]].add(index[link.from_code])
    assert len(reached(0)) == len(leaves)


def test_shapes_have_a_modest_number_of_vertices(city: City) -> None:
    counts = shapely.get_num_coordinates([d.polygon for d in _at(city, "community")])
    assert counts.mean() < 30
    assert counts.max() < 200
    assert all(isinstance(part, Polygon) for d in city.divisions for part in d.polygon.geoms)
