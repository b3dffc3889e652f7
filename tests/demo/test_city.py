"""The city as a whole: the same every time, playbooks included."""

import hashlib

import shapely

from service.demo.city import City, build_city
from service.dispatch.engine.problem import Mode


def _digest(city: City) -> str:
    """A hash of every shape's bytes and of everything else in order."""
    digest = hashlib.sha256()
    for shape in [d.polygon for d in city.divisions] + [p.polygon for p in city.party_grids]:
        digest.update(shapely.to_wkb(shape))
    for division in city.divisions:
        digest.update(repr((division.code, division.name, division.urban)).encode())
    for grid in city.party_grids:
        digest.update(repr((grid.code, grid.name, grid.unit_code)).encode())
    for rows in (city.links, city.units, city.members, city.skills, city.playbooks):
        digest.update(repr(rows).encode())
    return digest.hexdigest()


def test_the_same_seed_gives_the_same_bytes_and_progress_is_told(city: City) -> None:
    told: list[str] = []
    assert _digest(build_city(progress=told.append)) == _digest(city)
    assert told == ["divisions", "links", "units", "party grids", "members"]


def test_another_seed_gives_another_city_that_is_as_sound(city: City) -> None:
    other = build_city(seed=7)
    assert _digest(other) != _digest(city)
    leaves = [d.polygon for d in other.divisions if d.level == "community"]
    assert shapely.coverage_is_valid(leaves)
    assert all(len(leaf.geoms) == 1 for leaf in leaves)


def test_playbooks_have_both_modes_and_both_languages(city: City) -> None:
    assert {p.category for p in city.playbooks} == {"emergency_response", "public_request"}
    for playbook in city.playbooks:
        assert set(playbook.sections) == {Mode.NORMAL, Mode.EMERGENCY}
        assert set(playbook.guidance) == {"zh", "en"}
        for section in playbook.sections.values():
            assert list(section.reach_minutes) == sorted(section.reach_minutes)
            assert 0 < section.acceptance_prior < section.target_probability < 1
        assert playbook.sections[Mode.NORMAL].one_offer_a_seat
        assert not playbook.sections[Mode.EMERGENCY].one_offer_a_seat
    emergency = city.playbooks[0].sections[Mode.EMERGENCY]
    assert emergency.reach_minutes == (10, 20, 40, 90)
