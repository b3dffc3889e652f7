"""Everything that is wrong with a playbook is named at once, each by its field, with words in both languages."""

from dataclasses import replace
from string import Formatter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.dispatch.engine.playbook import PARAMETERS, Defect, Draft, Wrong, columns, defects
from service.dispatch.engine.probability import at_least
from service.dispatch.engine.problem import Mode, Section
from service.dispatch.rules import Rung, section_of
from service.tasks.rules import Level
from service.texts import Language, catalogue, text

RUNGS = tuple(Rung)
NORMAL = Section((15, 30, 60), 0.8, ((0, 0.2), (7, 0.35)), 20, 30, 20)
EMERGENCY = Section((10, 20, 40), 0.9, ((0, 0.2), (7, 0.4)), 3, 10, 60, calls_standby=True)
SOUND = Draft(
    name_zh="应急处突",
    name_en="Emergency response",
    sections={Mode.NORMAL: NORMAL, Mode.EMERGENCY: EMERGENCY},
    levels={Level.IV: {"calls_standby": False}, Level.I: {"target_probability": 0.95, "max_offers": 100}},
    ladder=((Rung.UNITS, 0), (Rung.NEIGHBOURS, 3), (Rung.TOWN, 6)),
    guidance={"zh": "先报警", "en": "Call first"},
)


def found(draft: Draft) -> list[tuple[str, str]]:
    """The path and the kind of each defect."""
    return [(defect.path, defect.wrong.value) for defect in defects(draft, RUNGS)]


def emergency(**changes: object) -> Draft:
    """The draft with something else in its emergency section."""
    return replace(SOUND, sections={Mode.NORMAL: NORMAL, Mode.EMERGENCY: replace(EMERGENCY, **changes)})


def at_level(**changes: object) -> Draft:
    """The draft with something else at level I."""
    return replace(SOUND, levels={Level.I: changes})


def ladder(*rungs: tuple[str, float]) -> Draft:
    """The draft with another ladder."""
    return replace(SOUND, ladder=rungs)


IN = "sections.emergency"
WRONG: dict[str, tuple[Draft, list[tuple[str, str]]]] = {
    "no Chinese name": (replace(SOUND, name_zh=" "), [("name_zh", "missing_text")]),
    "no English name": (replace(SOUND, name_en=""), [("name_en", "missing_text")]),
    "no English guidance": (replace(SOUND, guidance={"zh": "先报警"}), [("guidance.en", "missing_text")]),
    "empty guidance": (
        replace(SOUND, guidance={"zh": "", "en": "\n"}),
        [("guidance.zh", "missing_text"), ("guidance.en", "missing_text")],
    ),
    "no normal mode": (
        replace(SOUND, sections={Mode.EMERGENCY: EMERGENCY}),
        [("sections.normal", "missing_mode")],
    ),
    "no mode at all": (
        replace(SOUND, sections={}),
        [("sections.normal", "missing_mode"), ("sections.emergency", "missing_mode")],
    ),
    "no steps": (emergency(reach_minutes=()), [(f"{IN}.reach_minutes", "no_entry")]),
    "a step twice": (
        emergency(reach_minutes=(10, 20, 20)),
        [(f"{IN}.reach_minutes.2", "unreachable_step")],
    ),
    "a step nearer than the one before": (
        emergency(reach_minutes=(10, 40, 20, 90)),
        [(f"{IN}.reach_minutes.2", "unreachable_step")],
    ),
    "a step of no minutes": (emergency(reach_minutes=(0, 20)), [(f"{IN}.reach_minutes.0", "out_of_range")]),
    "a step of more than a day": (
        emergency(reach_minutes=(10, 1441)),
        [(f"{IN}.reach_minutes.1", "out_of_range")],
    ),
    "a certain target": (
        emergency(target_probability=1),
        [(f"{IN}.target_probability", "not_a_probability")],
    ),
    "a target of nothing": (
        emergency(target_probability=0),
        [(f"{IN}.target_probability", "not_a_probability")],
    ),
    "no prior": (emergency(acceptance_prior=()), [(f"{IN}.acceptance_prior", "no_entry")]),
    "a prior of 120 %": (
        emergency(acceptance_prior=((0, 0.3), (7, 1.2))),
        [(f"{IN}.acceptance_prior.1.1", "not_a_probability")],
    ),
    "a prior from 7 o'clock on": (
        emergency(acceptance_prior=((7, 0.3),)),
        [(f"{IN}.acceptance_prior.0.0", "not_from_midnight")],
    ),
    "an hour twice": (
        emergency(acceptance_prior=((0, 0.3), (7, 0.3), (7, 0.4))),
        [(f"{IN}.acceptance_prior.2.0", "hour_not_later")],
    ),
    "the 24th hour": (
        emergency(acceptance_prior=((0, 0.3), (24, 0.4))),
        [(f"{IN}.acceptance_prior.1.0", "out_of_range")],
    ),
    "a negative hour": (
        emergency(acceptance_prior=((-1, 0.3),)),
        [(f"{IN}.acceptance_prior.0.0", "out_of_range")],
    ),
    "no time to answer": (emergency(answer_minutes=0), [(f"{IN}.answer_minutes", "out_of_range")]),
    "an answer next year": (emergency(answer_minutes=5e5), [(f"{IN}.answer_minutes", "out_of_range")]),
    "no time to move": (emergency(move_minutes=0), [(f"{IN}.move_minutes", "out_of_range")]),
    "no offers": (emergency(max_offers=0), [(f"{IN}.max_offers", "out_of_range")]),
    "201 offers": (emergency(max_offers=201), [(f"{IN}.max_offers", "out_of_range")]),
    "a word on how they are two days later": (
        emergency(confirm_minutes=2880),
        [(f"{IN}.confirm_minutes", "out_of_range")],
    ),
    "a rest of less than nothing": (emergency(rest_minutes=-1), [(f"{IN}.rest_minutes", "out_of_range")]),
    "standing still": (emergency(speed_kmh=0), [(f"{IN}.speed_kmh", "out_of_range")]),
    "shorter than the straight line": (
        emergency(road_factor=0.9),
        [(f"{IN}.road_factor", "out_of_range")],
    ),
    "too few offers for one seat": (emergency(max_offers=5), [(f"{IN}.max_offers", "cannot_fill")]),
    "a level's unknown field": (at_level(reach=(10,)), [("levels.I.reach", "unknown_field")]),
    "a level's unreachable step": (
        at_level(reach_minutes=(40, 30)),
        [("levels.I.reach_minutes.1", "unreachable_step")],
    ),
    "a level whose target the section's offers cannot reach": (
        replace(emergency(max_offers=11), levels={Level.I: {"target_probability": 0.99}}),
        [("levels.I.target_probability", "cannot_fill")],
    ),
    "a level with too few offers": (at_level(max_offers=3), [("levels.I.max_offers", "cannot_fill")]),
    "a rung twice": (
        ladder((Rung.UNITS, 0), (Rung.TOWN, 5), (Rung.UNITS, 9)),
        [("ladder.2.rung", "rung_twice")],
    ),
    "the town before the neighbours": (
        ladder((Rung.UNITS, 0), (Rung.TOWN, 5), (Rung.NEIGHBOURS, 9)),
        [("ladder.2.rung", "rung_out_of_order")],
    ),
    "two rungs at once": (
        ladder((Rung.UNITS, 0), (Rung.TOWN, 0)),
        [("ladder.1.minutes", "rung_not_later")],
    ),
    "a rung before the task": (ladder((Rung.UNITS, -1)), [("ladder.0.minutes", "out_of_range")]),
}


def test_a_sound_playbook_has_no_defects():
    assert found(SOUND) == []


def test_a_playbook_without_levels_and_ladder_is_sound():
    assert found(replace(SOUND, levels={}, ladder=())) == []


@pytest.mark.parametrize(("draft", "expected"), WRONG.values(), ids=WRONG)
def test_each_defect_is_named_by_its_field_and_nothing_else_is(draft, expected):
    assert found(draft) == expected


def test_every_kind_of_defect_is_among_them():
    assert {wrong for _, expected in WRONG.values() for _, wrong in expected} == {
        each.value for each in Wrong
    }


def test_all_defects_are_named_at_once_in_the_order_of_the_playbook():
    draft = Draft(
        name_zh="",
        name_en="x",
        sections={Mode.NORMAL: replace(NORMAL, reach_minutes=(30, 20), max_offers=0, answer_minutes=-1)},
        levels={Level.II: {"speed": 3, "speed_kmh": 0}},
        ladder=((Rung.CITY, 9), (Rung.TOWN, 4)),
        guidance={"zh": "x"},
    )
    assert found(draft) == [
        ("name_zh", "missing_text"),
        ("sections.normal.reach_minutes.1", "unreachable_step"),
        ("sections.normal.answer_minutes", "out_of_range"),
        ("sections.normal.max_offers", "out_of_range"),
        ("sections.emergency", "missing_mode"),
        ("levels.II.speed", "unknown_field"),
        ("levels.II.speed_kmh", "out_of_range"),
        ("ladder.1.rung", "rung_out_of_order"),
        ("ladder.1.minutes", "rung_not_later"),
        ("guidance.en", "missing_text"),
    ]


def test_a_defect_of_the_emergency_section_is_not_told_again_for_each_level():
    draft = replace(emergency(max_offers=5), levels={level: {"rest_minutes": 30} for level in Level})
    assert found(draft) == [(f"{IN}.max_offers", "cannot_fill")]


def test_a_level_may_make_good_what_it_changes():
    draft = replace(
        emergency(max_offers=11), levels={Level.I: {"target_probability": 0.99, "max_offers": 40}}
    )
    assert found(draft) == []


def test_a_defect_says_at_which_hour_and_by_how_much():
    [defect] = defects(emergency(max_offers=5, acceptance_prior=((0, 0.4), (22, 0.2))), RUNGS)
    assert defect == Defect(
        f"{IN}.max_offers",
        Wrong.CANNOT_FILL,
        {"offers": "5", "hour": "22", "best": "67.23%", "target": "90.00%"},
    )


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.integers(1, 200))
def test_what_cannot_fill_one_seat_is_what_the_engine_reckons(prior, target, offers):
    draft = emergency(acceptance_prior=((0, prior),), target_probability=target, max_offers=offers)
    best = at_least(1, [prior] * offers)
    assume(abs(best - target) > 1e-6)
    named = [(f"{IN}.max_offers", "cannot_fill")]
    assert found(replace(draft, levels={})) == (named if best < target else [])


def test_the_catalogue_has_words_for_every_defect_and_no_more():
    keys = {key.removeprefix("defect.") for key in catalogue() if key.startswith("defect.")}
    assert keys == {each.value for each in Wrong}
    for draft, _ in WRONG.values():
        for defect in defects(draft, RUNGS):
            for language in Language:
                wants = {
                    name
                    for _, name, _, _ in Formatter().parse(catalogue()[f"defect.{defect.wrong}"][language])
                }
                assert wants - {None} <= set(defect.params)
                assert text(f"defect.{defect.wrong}", language, **defect.params)


def test_what_is_stored_gives_the_same_sections_again():
    stored = columns(SOUND)
    assert set(stored["sections"]["normal"]) == set(PARAMETERS)
    assert section_of(stored["sections"], stored["levels"], None) == NORMAL
    assert section_of(stored["sections"], stored["levels"], Level.II) == EMERGENCY
    assert section_of(stored["sections"], stored["levels"], Level.I) == replace(
        EMERGENCY, target_probability=0.95, max_offers=100
    )
    assert stored["ladder"][1] == {"rung": "neighbours", "minutes": 3}
