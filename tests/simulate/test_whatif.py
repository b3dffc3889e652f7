"""What-ifs, and everything that cannot be run: a sentence, and nothing written."""

import json
from dataclasses import replace

import pytest

from service.demo.playbooks import PLAYBOOKS
from service.dispatch.engine.playbook import columns
from service.errors import SetupError
from service.roster.rules import Tier
from service.simulate.command import Asked, changes_of, policies_of, read_playbook, roster_change, scenario_of
from service.simulate.scenarios import SCENARIOS
from service.simulate.stage import set_stage
from service.simulate.whatif import with_factor, with_roster, with_standby
from service.texts import Language
from tests.simulate.little import NEVER, STORM, city, crowd, person

LITTLE = city(crowd(60))


def standby_of(found):
    return {each.number for each in found.people if each.tier is Tier.STANDBY}


def test_a_share_of_standby_members_takes_their_week_and_keeps_who_was_one():
    found = with_standby(LITTLE, 0.5)
    assert len(standby_of(found)) == 30
    assert standby_of(LITTLE) < standby_of(found)
    assert standby_of(with_standby(LITTLE, 0.0)) == set()
    assert [each.number for each in found.people] == [each.number for each in LITTLE.people]
    weeks = [each.plans for each in LITTLE.people if each.tier is Tier.STANDBY]
    changed = standby_of(found) - standby_of(LITTLE)
    assert all(each.plans in weeks for each in found.people if each.number in changed)
    with pytest.raises(SetupError, match="no standby member"):
        with_standby(city([person(1, 0.5)]), 1.0)


def test_a_factor_leaves_people_out_or_takes_them_twice():
    half, double = with_factor(LITTLE, 0.5), with_factor(LITTLE, 2.0)
    assert len(half.people) == 30
    assert {each.number for each in half.people} < {each.number for each in LITTLE.people}
    assert len({each.id for each in double.people}) == len(double.people) == 120


def test_a_roster_file_changes_whom_it_names():
    found = with_roster(LITTLE, "number,tier,active,skills\nP001,standby,,boat first_aid\nP002,,no,\n")
    by_number = {each.number: each for each in found.people}
    assert by_number["P001"].tier is Tier.STANDBY
    assert [held.code for held in by_number["P001"].skills] == ["boat", "first_aid"]
    assert not by_number["P002"].active
    assert by_number["P003"] == LITTLE.people[3]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "it needs number"),
        ("number,age\nP001,9\n", "the columns number, age"),
        ("number\nP999\n", "line 2: there is no member P999"),
        ("number,tier\nP001,gold\n", "line 2: tier is gold; it must be normal or standby"),
        ("number,active\nP001,maybe\n", "active is maybe"),
        ("number,skills\nP001,flying\n", "the city knows no skill flying"),
    ],
)
def test_a_wrong_roster_file_is_told_by_line(text, sentence):
    with pytest.raises(SetupError, match=sentence):
        with_roster(LITTLE, text)


@pytest.mark.parametrize("roster", ["0", "-1", "nan", "99", "/nowhere/roster.csv"])
def test_a_roster_that_is_neither_a_factor_nor_a_file_is_refused(roster):
    with pytest.raises(SetupError, match="--roster"):
        roster_change(roster)


def test_an_unknown_scenario_or_policy_names_those_that_there_are():
    with pytest.raises(SetupError, match="There are: weekday, typhoon, flood"):
        scenario_of("blizzard")
    with pytest.raises(SetupError, match="There are: ours, nearest3"):
        policies_of(["fastest"])
    assert policies_of(["clairvoyant", "ours"]) == ["ours", "clairvoyant"]


def test_a_city_without_members_map_or_playbooks_cannot_be_simulated():
    with pytest.raises(SetupError, match="no active members"):
        set_stage(city([]), STORM)
    with pytest.raises(SetupError, match="no active members"):
        set_stage(city([person(1, 0.5, active=False)]), STORM)
    with pytest.raises(SetupError, match="emergency_response, public_request"):
        set_stage(replace(LITTLE, playbooks={}), STORM)
    bare = LITTLE.graph.build(1, [], [], [])
    with pytest.raises(SetupError, match="no map"):
        set_stage(replace(LITTLE, graph=bare), STORM)


def test_members_who_are_never_on_duty_leave_every_seat_empty_and_nothing_breaks():
    stage = set_stage(city([person(1, 0.5, plans=NEVER)]), STORM)
    assert not stage.on_duty.any()


EMERGENCY = next(each for each in PLAYBOOKS if each.category == "emergency_response")


def written(tmp_path, **changes):
    fields = json.loads(json.dumps(columns(EMERGENCY))) | {"category": "emergency_response", "version": 3}
    path = tmp_path / "playbook.json"
    path.write_text(json.dumps(fields | changes), encoding="utf-8")
    return path


def test_a_playbook_is_read_as_the_api_gives_it(tmp_path):
    category, draft = read_playbook(written(tmp_path), SCENARIOS["typhoon"])
    assert (category, draft.name_zh) == ("emergency_response", "应急处突")


def test_a_playbook_that_cannot_fill_anything_or_fits_no_task_is_refused(tmp_path):
    typhoon = SCENARIOS["typhoon"]
    hopeless = json.loads(json.dumps(columns(EMERGENCY)["sections"]))
    hopeless["emergency"] |= {"max_offers": 1, "target_probability": 0.99}
    for changes, sentence in (
        ({"sections": hopeless}, "sections.emergency.max_offers"),
        ({"category": "project_construction"}, "of which scenario typhoon has no task"),
        ({"category": None}, "must be an object with its"),
        ({"sections": {"emergency": {}}}, "reach_minutes"),
        ({"colour": "red"}, "colour"),
    ):
        with pytest.raises(SetupError, match=sentence):
            read_playbook(written(tmp_path, **changes), typhoon)
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    for path in (broken, tmp_path / "nowhere.json"):
        with pytest.raises(SetupError, match="cannot be read as JSON"):
            read_playbook(path, typhoon)


def test_several_changes_are_tried_alone_and_together(tmp_path):
    asked = Asked("typhoon", 1, 1, None, [], 0.5, [written(tmp_path)], "0.5", Language.ZH)
    changes = changes_of(asked, [read_playbook(asked.playbooks[0], SCENARIOS["typhoon"])])
    names = [name for name, *_ in changes]
    assert names == ["base", "standby", "playbook-1", "roster", "together"]
    together = changes[-1][-1](LITTLE)
    assert len(together.people) == 30
    assert together.playbooks["emergency_response"].version == 0
    assert changes[0][-1](LITTLE) is LITTLE
    with pytest.raises(SetupError, match="--standby 2"):
        changes_of(replace(asked, standby=2.0), [])
