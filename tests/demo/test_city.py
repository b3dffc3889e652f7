"""The city as a whole: the same every time, playbooks included."""

import hashlib
import re
from itertools import pairwise

import shapely

from service.demo.city import City, build_city
from service.dispatch.engine.playbook import columns, defects
from service.dispatch.engine.problem import Mode
from service.dispatch.rules import Rung, section_of
from service.tasks.rules import Level
from service.texts import Language


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


def test_there_is_a_playbook_for_each_kind_of_work(city: City) -> None:
    assert [(playbook.category, playbook.name_zh) for playbook in city.playbooks] == [
        ("emergency_response", "应急处突"),
        ("grassroots_governance", "基层治理"),
        ("industry_development", "产业培育"),
        ("project_construction", "项目建设"),
        ("enterprise_development", "企业发展"),
        ("public_request", "群众诉求"),
    ]


def test_each_playbook_could_be_put_in_force_as_it_is(city: City) -> None:
    for playbook in city.playbooks:
        assert defects(playbook, tuple(Rung)) == []


def test_playbooks_are_written_for_their_category(city: City) -> None:
    for language in Language:
        assert len({playbook.guidance[language] for playbook in city.playbooks}) == len(city.playbooks)
    assert len({repr((playbook.sections, playbook.ladder)) for playbook in city.playbooks}) == 6
    for playbook in city.playbooks:
        assert not re.search(r"[a-zA-Z]{3}", playbook.guidance["zh"])
        assert not re.search(r"[\u4e00-\u9fff]", playbook.guidance["en"])


def test_priors_are_what_was_published_and_an_emergency_hurries(city: City) -> None:
    for playbook in city.playbooks:
        normal, emergency = playbook.sections[Mode.NORMAL], playbook.sections[Mode.EMERGENCY]
        for section in (normal, emergency):
            assert all(0.17 <= probability <= 0.47 for _, probability in section.acceptance_prior)
        assert emergency.answer_minutes < normal.answer_minutes
        assert emergency.max_offers > normal.max_offers
        assert 30 <= normal.rest_minutes <= emergency.rest_minutes <= 240
    assert city.playbooks[0].sections[Mode.EMERGENCY].reach_minutes == (10, 20, 40, 90)


def test_only_an_emergency_of_the_two_higher_levels_calls_standby(city: City) -> None:
    for playbook in city.playbooks:
        drawn = columns(playbook)
        calls = {
            level: section_of(drawn["sections"], drawn["levels"], level).calls_standby
            for level in (None, *Level)
        }
        assert calls == {None: False, Level.IV: False, Level.III: False, Level.II: True, Level.I: True}


def test_a_higher_level_asks_no_fewer(city: City) -> None:
    for playbook in city.playbooks:
        drawn = columns(playbook)
        sections = [section_of(drawn["sections"], drawn["levels"], level) for level in reversed(Level)]
        for lower, higher in pairwise(sections):
            assert lower.target_probability <= higher.target_probability
            assert lower.max_offers <= higher.max_offers
