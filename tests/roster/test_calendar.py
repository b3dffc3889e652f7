"""Duty laid out over days, pure: what a day holds, when duty ends, what a unit has by the hour."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.db.base import new_id
from service.roster.calendar import (
    DUTY_FOLLOWED,
    Defect,
    Plans,
    Said,
    Stretch,
    Wrong,
    defects,
    duty_end,
    expected,
    least_by_hour,
    moment,
    on_duty_within,
    planned,
    with_said,
)
from service.roster.rules import DutyBy, DutyState, Exceptional, LocalTime, Slot, Switch, duty

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 6, 3, 4, 0, tzinfo=UTC)
"""A Wednesday, 12:00 in Shanghai."""
TODAY = date(2026, 6, 3)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEK = (Slot(2, 480, 1440), Slot(3, 0, 480), Slot(3, 600, 660))
"""From Wednesday 08:00 through the night, and an hour on Thursday."""


def at(when):
    """A moment in Shanghai."""
    return LocalTime.of(when, SHANGHAI)


def said(from_minute, to_minute, on_duty, day=TODAY):
    """Something said of a day."""
    return Exceptional(day, from_minute, to_minute, on_duty)


def short(stretches):
    """Stretches as tuples."""
    return [(each.from_minute, each.to_minute, each.on_duty, each.by.value) for each in stretches]


def test_what_is_said_of_a_day_lies_over_its_week_and_the_switch_over_both():
    plans = Plans(WEEK, [said(540, 600, False), said(0, 60, True)], Switch(DutyState.OFF, NOON + HOUR))
    by_plan = [
        (0, 60, True, "exception"),
        (480, 540, True, "calendar"),
        (540, 600, False, "exception"),
        (600, 1440, True, "calendar"),
    ]
    assert short(planned(plans, TODAY)) == by_plan
    assert short(expected(plans, TODAY, at(NOON))) == [
        *by_plan[:3],
        (600, 720, True, "calendar"),
        (720, 780, False, "switch"),
        (780, 1440, True, "calendar"),
    ]
    assert short(expected(plans, TODAY + DAY, at(NOON))) == short(planned(plans, TODAY + DAY))


def test_a_switch_is_shown_to_its_end_and_without_one_for_today_alone():
    through_the_night = Plans((), (), Switch(DutyState.ON, NOON + 20 * HOUR + timedelta(seconds=1)))
    assert short(expected(through_the_night, TODAY, at(NOON))) == [(720, 1440, True, "switch")]
    assert short(expected(through_the_night, TODAY + DAY, at(NOON))) == [(0, 481, True, "switch")]
    for_good = Plans((), (), Switch(DutyState.ON, None))
    assert short(expected(for_good, TODAY, at(NOON))) == [(720, 1440, True, "switch")]
    assert expected(for_good, TODAY + DAY, at(NOON)) == []
    assert expected(for_good, TODAY - DAY, at(NOON)) == []


@pytest.mark.parametrize(
    ("plans", "end"),
    [
        (Plans(), None),
        (Plans(WEEK), NOON + 20 * HOUR),
        (Plans(WEEK, [said(480, 600, True, TODAY + DAY)]), NOON + 23 * HOUR),
        (Plans(WEEK, [said(900, 960, False)]), NOON + 3 * HOUR),
        (Plans(WEEK, [said(720, 721, False)]), None),
        (Plans(WEEK, (), Switch(DutyState.OFF, None)), None),
        (Plans((), (), Switch(DutyState.ON, NOON + HOUR)), NOON + HOUR),
        (Plans(WEEK, (), Switch(DutyState.ON, NOON + HOUR)), NOON + 20 * HOUR),
        (Plans((), (), Switch(DutyState.ON, None)), NOON + DUTY_FOLLOWED),
        (Plans([Slot(day, 0, 1440) for day in range(7)]), NOON + DUTY_FOLLOWED),
    ],
)
def test_duty_ends_where_nothing_follows_without_a_gap(plans, end):
    assert duty_end(plans, at(NOON)) == end


EDGES = st.integers(0, 8).map(lambda n: n * 180)


@st.composite
def plans(draw):
    """Weeks with much duty, a few days otherwise, and often a switch."""
    slots, exceptions = [], []
    for weekday in range(7):
        first, last = sorted(draw(st.lists(EDGES, min_size=2, max_size=2, unique=True)))
        slots.append(Slot(weekday, first, last))
    for number in draw(st.lists(st.integers(0, 3), max_size=3, unique=True)):
        first, last = sorted(draw(st.lists(EDGES, min_size=2, max_size=2, unique=True)))
        exceptions.append(said(first, last, draw(st.booleans()), TODAY + number * DAY))
    until = draw(st.none() | st.integers(1, 40).map(lambda n: NOON + n * HOUR / 2))
    switch = draw(st.none() | st.builds(Switch, st.sampled_from(DutyState), st.just(until)))
    return Plans(slots, exceptions, switch)


@settings(max_examples=150, deadline=None)
@given(of=plans(), minutes=st.integers(0, 2000))
def test_duty_ends_at_the_first_minute_off_duty(of, minutes):
    now = NOON + timedelta(minutes=minutes)

    def on(when):
        return duty(of.switch, of.exceptions, of.slots, at(when)).on_duty

    # Everything begins and ends at half hours, but for the first step.
    steps = [now, *(now.replace(minute=0) + n * HOUR / 2 for n in range(1, 7 * 48) if n * 30 > now.minute)]
    brute = next((when for when in steps if when >= now and not on(when)), now + DUTY_FOLLOWED)
    assert duty_end(of, at(now)) == (brute if on(now) else None)


@settings(max_examples=150, deadline=None)
@given(of=plans(), days=st.integers(0, 4))
def test_a_calendar_shows_what_the_rule_says_and_tiles_the_day(of, days):
    day = TODAY + days * DAY
    if of.switch and of.switch.until is None:
        day = TODAY
    stretches = expected(of, day, at(NOON))
    assert all(a.to_minute <= b.from_minute for a, b in pairwise(stretches))
    for minute in range(720 if day == TODAY else 0, 1440, 30):
        when = moment(day, minute, SHANGHAI)
        shown = [each for each in stretches if each.from_minute <= minute < each.to_minute]
        rule = duty(of.switch, of.exceptions, of.slots, at(when))
        assert [each.on_duty for each in shown] in ([rule.on_duty], [] if not rule.on_duty else None)


def test_what_is_handed_over_takes_the_place_of_what_was_said_before():
    before = Plans(WEEK, [said(540, 600, False), said(0, 60, True)])
    parts = on_duty_within(before, TODAY, 30, 700)
    assert [(each.from_minute, each.to_minute) for each in parts] == [(30, 60), (480, 540), (600, 700)]
    after = with_said(before.exceptions, TODAY, parts, on_duty=False)
    assert after == [
        said(0, 30, True),
        said(30, 60, False),
        said(480, 540, False),
        said(540, 600, False),
        said(600, 700, False),
    ]
    assert on_duty_within(Plans(WEEK, after), TODAY, 0, 1440) == [
        Stretch(0, 30, True, DutyBy.EXCEPTION),
        Stretch(700, 1440, True, DutyBy.CALENDAR),
    ]


def test_a_unit_has_as_many_as_are_there_for_the_whole_hour():
    days = [
        [Stretch(60, 150, True, DutyBy.CALENDAR), Stretch(150, 240, False, DutyBy.EXCEPTION)],
        [Stretch(150, 180, True, DutyBy.CALENDAR)],
        [Stretch(90, 120, True, DutyBy.CALENDAR)],
    ]
    assert least_by_hour(days)[:5] == [0, 1, 1, 0, 0]
    assert least_by_hour([[Stretch(0, 1440, True, DutyBy.CALENDAR)]] * 3) == [3] * 24


def test_everything_that_is_wrong_with_a_plan_is_named():
    one, other = new_id(), new_id()
    wanted = [
        Said(one, TODAY, [said(0, 60, True), said(60, 90, False), said(30, 40, True)], "items.0."),
        Said(None, TODAY - DAY, [], "items.1."),
        Said(one, TODAY, [], "items.2."),
        Said(other, TODAY + 367 * DAY, [], "items.3."),
        Said(other, TODAY + 366 * DAY, [], "items.4."),
    ]
    twice = {"day": "2026-06-03"}
    assert defects(wanted, TODAY) == [
        Defect("items.0.day", Wrong.DAY_TWICE, twice),
        Defect("items.0.periods.2", Wrong.OVERLAP),
        Defect("items.1.member", Wrong.NOT_IN_UNIT),
        Defect("items.1.day", Wrong.DAY_PAST, {"today": "2026-06-03"}),
        Defect("items.2.day", Wrong.DAY_TWICE, twice),
        Defect("items.3.day", Wrong.DAY_TOO_FAR, {"days": "366"}),
    ]


def test_where_the_clock_is_set_back_duty_still_ends():
    berlin = ZoneInfo("Europe/Berlin")
    night = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    """02:30 on the wall for the first time of two."""
    for slot, end in (((6, 0, 150), None), ((6, 0, 180), night + HOUR * 1.5), ((6, 120, 155), None)):
        found = duty_end(Plans([Slot(*slot)]), LocalTime.of(night, berlin))
        if end is not None:
            assert found == end
        elif found is not None:
            assert night < found <= night + 2 * HOUR
