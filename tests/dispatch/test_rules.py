"""The pure rules of dispatch and tasks."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from service.dispatch.engine.problem import Precedence, Section
from service.dispatch.rules import in_office_hours, precedence, rings, section_of
from service.tasks.rules import Level, TaskState, Urgency, level_of, live_state

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_rings_double_and_end_at_each_step():
    assert list(rings((10, 20, 40), 0)) == [
        (0, 2),
        (0, 4),
        (0, 8),
        (0, 10),
        (1, 16),
        (1, 20),
        (2, 32),
        (2, 40),
    ]
    assert list(rings((10, 20, 40), 2)) == [(2, 2), (2, 4), (2, 8), (2, 16), (2, 32), (2, 40)]
    assert list(rings((1,), 0)) == [(0, 1)]


@pytest.mark.parametrize("steps", [(10, 20, 40, 90), (15, 30, 60), (1, 1.5, 2, 700)])
def test_rings_rise_and_cover_each_step(steps):
    found = list(rings(steps, 0))
    minutes = [ring for _, ring in found]
    assert minutes == sorted(set(minutes))
    assert set(steps) <= set(minutes)
    assert all(ring <= steps[step] for step, ring in found)


@pytest.mark.parametrize(
    ("seats", "state"),
    [
        ([None, "accepted"], TaskState.OPEN),
        (["accepted", "accepted"], TaskState.STAFFED),
        (["accepted", "en_route"], TaskState.UNDER_WAY),
        (["released", "released"], TaskState.UNDER_WAY),
        (["released", None], TaskState.OPEN),
    ],
)
def test_the_state_of_a_task_follows_its_seats(seats, state):
    assert live_state(seats) == state


@pytest.mark.parametrize(
    ("urgency", "activated", "expected"),
    [
        (Urgency.CRITICAL, None, Level.II),
        (Urgency.CRITICAL, Level.IV, Level.II),
        (Urgency.CRITICAL, Level.I, Level.I),
        (Urgency.URGENT, Level.III, Level.III),
        (Urgency.URGENT, None, None),
        (Urgency.ROUTINE, Level.I, None),
    ],
)
def test_the_level_of_a_task_by_urgency_and_activation(urgency, activated, expected):
    assert level_of(urgency, activated) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 6, 3, 0, 29, tzinfo=UTC), False),  # Wednesday 08:29 in Shanghai
        (datetime(2026, 6, 3, 0, 30, tzinfo=UTC), True),
        (datetime(2026, 6, 3, 9, 30, tzinfo=UTC), False),  # 17:30
        (datetime(2026, 6, 6, 4, 0, tzinfo=UTC), False),  # Saturday noon
    ],
)
def test_office_hours_are_local(moment, expected):
    assert in_office_hours(moment, SHANGHAI) is expected


def test_a_drill_has_the_lowest_precedence():
    assert precedence("emergency", drill=True) == Precedence.DRILL
    assert precedence("emergency", drill=False) == Precedence.EMERGENCY
    assert precedence("normal", drill=False) == Precedence.NORMAL
    assert Precedence.EMERGENCY.rank > Precedence.NORMAL.rank > Precedence.DRILL.rank


FIELDS = {
    "reach_minutes": [10, 20],
    "target_probability": 0.9,
    "acceptance_prior": [[0, 0.2], [7, 0.4]],
    "answer_minutes": 3,
    "move_minutes": 10,
    "max_offers": 60,
}


def test_a_section_is_read_as_the_engine_takes_it():
    section = section_of({"emergency": FIELDS}, {"I": {"max_offers": 90}}, Level.III)
    assert section == Section((10, 20), 0.9, ((0, 0.2), (7, 0.4)), 3, 10, 60)


def test_a_level_sets_parameters_of_the_emergency_section():
    sections = {"normal": {"max_offers": 5}, "emergency": FIELDS}
    assert section_of(sections, {"I": {"max_offers": 90}}, Level.I).max_offers == 90
