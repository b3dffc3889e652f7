"""Draws and behaviour: luck belongs to the seed and the thing, never to the order or the policy."""

import numpy as np
import pytest

from service.simulate.behaviour import LEAST, MOST, answers, chance, courses, inclinations
from service.simulate.draws import Draws, spread
from service.tasks.rules import Urgency

NUMBERS = [f"M{number:04d}" for number in range(2000)]


def test_a_draw_depends_on_the_seed_and_what_it_is_about_and_on_nothing_else():
    first, second = Draws(1, NUMBERS), Draws(1, NUMBERS)
    second.of_members("something", "else")
    assert first.one("time", 3) == second.one("time", 3) != first.one("time", 4)
    assert (first.of_members("willing", 7, 1) == second.of_members("willing", 7, 1)).all()
    assert not np.isclose(
        first.of_members("willing", 7, 1), Draws(2, NUMBERS).of_members("willing", 7, 1)
    ).any()


def test_members_keep_their_luck_when_others_leave_the_roster():
    everybody, some = Draws(1, NUMBERS), Draws(1, NUMBERS[::3])
    assert (everybody.of_members("willing", 7, 1)[::3] == some.of_members("willing", 7, 1)).all()


def test_draws_are_uniform():
    drawn = Draws(1, NUMBERS).of_members("uniform")
    # The Kolmogorov-Smirnov distance of 2,000 uniform draws is below 0.0364 in 99 of 100 cases.
    ranks = np.arange(1, len(drawn) + 1) / len(drawn)
    assert np.abs(np.sort(drawn) - ranks).max() < 0.0364
    assert 0 < drawn.min() < drawn.max() < 1


def test_half_of_a_spread_is_below_its_median():
    drawn = spread(Draws(1, NUMBERS).of_members("spread"), 45.0, 1.8)
    assert np.median(drawn) == pytest.approx(45.0, rel=0.1)


@pytest.mark.parametrize("category", ["emergency_response", "project_construction", "of another city"])
def test_a_yes_is_17_to_47_percent_likely_whoever_is_asked_when_and_after_what(category):
    inclined = inclinations(Draws(1, NUMBERS))
    found = [
        chance(inclined, category, hour, np.full(len(NUMBERS), load))
        for hour in range(24)
        for load in range(6)
    ]
    assert np.min(found) == pytest.approx(LEAST)
    assert LEAST <= np.min(found) <= np.max(found) <= MOST


def test_load_and_night_make_a_yes_less_likely():
    inclined, none = np.array([0.5]), np.array([0])
    rested = chance(inclined, "public_request", 15, none)
    assert chance(inclined, "public_request", 15, np.array([2])) < rested
    assert chance(inclined, "public_request", 3, none) < rested


def test_answers_differ_by_task_and_ask_and_take_whole_seconds():
    draws = Draws(1, NUMBERS)
    first, again = answers(draws, 5, 1, Urgency.CRITICAL), answers(draws, 5, 2, Urgency.CRITICAL)
    assert not np.isclose(first.willing, again.willing).any()
    assert (first.after_s == np.ceil(first.after_s)).all()
    assert np.median(first.after_s) < np.median(answers(draws, 5, 1, Urgency.ROUTINE).after_s)


def test_nobody_both_withdraws_and_does_not_show_up():
    course = courses(Draws(1, NUMBERS), 5)
    assert not (course.withdraws & course.no_show).any()
    assert 0.82 < course.comes.mean() < 0.92
