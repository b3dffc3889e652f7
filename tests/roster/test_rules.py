"""The on-duty rule, pure and in SQL, and the week's validity."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from service.roster.calendar import Plans, duty_end
from service.roster.commands.duty import replace_slots
from service.roster.models import DutyException, DutySwitch
from service.roster.queries.duty import duty_ends, on_duty_binds, on_duty_sql
from service.roster.rules import (
    Duty,
    DutyBy,
    DutyState,
    Exceptional,
    LocalTime,
    Slot,
    Switch,
    duty,
    overlap,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 6, 3, 4, 0, tzinfo=UTC)
"""A Wednesday, 12:00 in Shanghai."""
MONDAY = datetime(2026, 5, 31, 16, 0, tzinfo=UTC)
"""The first minute of a Monday in Shanghai, which is still Sunday in UTC."""
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ON_CALENDAR = (Slot(2, 600, 720 + 1),)


def at(moment):
    """A moment in Shanghai."""
    return LocalTime.of(moment, SHANGHAI)


def test_local_time_is_the_citys_and_not_utcs():
    assert (at(MONDAY).weekday, at(MONDAY).minute, at(MONDAY).day.isoformat()) == (0, 0, "2026-06-01")
    assert at(MONDAY - timedelta(minutes=1)).minute == 1439


TODAY = NOON.date()


def said(from_minute, to_minute, on_duty, day=TODAY):
    """Something said of a day."""
    return Exceptional(day, from_minute, to_minute, on_duty)


OFF_NOW, ON_NOW = said(720, 721, False), said(700, 721, True)


@pytest.mark.parametrize(
    ("switch", "exceptions", "slots", "expected"),
    [
        (None, (), (), Duty(False, DutyBy.CALENDAR, None)),
        (None, (), ON_CALENDAR, Duty(True, DutyBy.CALENDAR, None)),
        (None, (), (Slot(2, 600, 720),), Duty(False, DutyBy.CALENDAR, None)),
        (None, (), (Slot(2, 720, 721),), Duty(True, DutyBy.CALENDAR, None)),
        (None, (), (Slot(3, 600, 800),), Duty(False, DutyBy.CALENDAR, None)),
        (None, (OFF_NOW,), ON_CALENDAR, Duty(False, DutyBy.EXCEPTION, None)),
        (None, (ON_NOW,), (), Duty(True, DutyBy.EXCEPTION, None)),
        (None, (said(700, 720, False),), ON_CALENDAR, Duty(True, DutyBy.CALENDAR, None)),
        (None, (said(720, 721, False, TODAY + 7 * DAY),), ON_CALENDAR, Duty(True, DutyBy.CALENDAR, None)),
        (Switch(DutyState.ON, None), (OFF_NOW,), (), Duty(True, DutyBy.SWITCH, None)),
        (Switch(DutyState.OFF, None), (ON_NOW,), ON_CALENDAR, Duty(False, DutyBy.SWITCH, None)),
        (Switch(DutyState.OFF, NOON + HOUR), (), ON_CALENDAR, Duty(False, DutyBy.SWITCH, NOON + HOUR)),
        (Switch(DutyState.OFF, NOON), (), ON_CALENDAR, Duty(True, DutyBy.CALENDAR, None)),
        (Switch(DutyState.ON, NOON - HOUR), (OFF_NOW,), (), Duty(False, DutyBy.EXCEPTION, None)),
    ],
)
def test_the_switch_while_it_holds_else_what_is_said_of_the_day_else_the_week(
    switch, exceptions, slots, expected
):
    assert duty(switch, exceptions, slots, at(NOON)) == expected


@pytest.mark.parametrize(
    ("slots", "clash"),
    [
        ([], None),
        ([Slot(0, 0, 1440), Slot(1, 0, 1440)], None),
        ([Slot(0, 600, 720), Slot(0, 720, 800)], None),
        ([Slot(0, 700, 800), Slot(0, 600, 701)], (Slot(0, 600, 701), Slot(0, 700, 800))),
        ([Slot(0, 600, 720), Slot(0, 600, 720)], (Slot(0, 600, 720), Slot(0, 600, 720))),
        ([Slot(0, 0, 1440), Slot(0, 10, 20), Slot(6, 0, 9)], (Slot(0, 0, 1440), Slot(0, 10, 20))),
    ],
)
def test_slots_of_a_day_must_not_share_a_minute(slots, clash):
    assert overlap(slots) == clash


@st.composite
def weeks(draw):
    """Up to four slots that do not overlap, often such that a probed minute is at an edge."""
    edges = st.sampled_from([0, 1, 599, 600, 601, 719, 720, 721, 1439, 1440])
    slots = []
    for weekday in draw(st.lists(st.integers(0, 6), max_size=4, unique=True)):
        first, last = sorted(draw(st.lists(edges, min_size=2, max_size=2, unique=True)))
        slots.append(Slot(weekday, first, last))
    return slots


@st.composite
def exceptions(draw):
    """Up to three periods a day, apart, on up to three of nine days around the week's."""
    edges = st.sampled_from([0, 1, 599, 600, 601, 719, 720, 721, 1439, 1440])
    found = []
    for number in draw(st.lists(st.integers(-1, 8), max_size=3, unique=True)):
        day = at(MONDAY).day + number * DAY
        cuts = sorted(draw(st.lists(edges, min_size=2, max_size=4, unique=True)))
        for first, last in pairwise(cuts):
            if draw(st.booleans()):
                found.append(Exceptional(day, first, last, draw(st.booleans())))
    return found


MOMENTS = st.builds(
    lambda day, minute: MONDAY + timedelta(days=day, minutes=minute),
    st.integers(0, 6),
    st.sampled_from([0, 599, 600, 719, 720, 1439]),
)
SWITCHES = st.none() | st.tuples(st.sampled_from(DutyState), st.none() | st.sampled_from([-1, 0, 1]))


@pytest.fixture
async def someone(city):
    """A member without a week."""
    return await city.member("M1")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(week=weeks(), said=exceptions(), switch=SWITCHES, moment=MOMENTS)
async def test_sql_and_python_agree(session, someone, week, said, switch, moment):
    await replace_slots(session, {someone: week})
    for table in ("duty_switch", "duty_exception"):
        await session.execute(text(f"DELETE FROM {table}"))
    for each in said:
        session.add(DutyException(member_id=someone, **asdict(each)))
    pure = None
    if switch:
        state, seconds = switch
        pure = Switch(state, None if seconds is None else moment + timedelta(seconds=seconds))
        session.add(DutySwitch(member_id=someone, state=state, set_at=moment, until=pure.until))
    await session.flush()
    session.expunge_all()
    found = await session.execute(
        text(f"SELECT {on_duty_sql()} FROM member m LEFT JOIN duty_switch sw ON sw.member_id = m.id"),
        on_duty_binds(at(moment)),
    )
    assert found.scalar_one() is duty(pure, said, week, at(moment)).on_duty
    ends = await duty_ends(session, [someone], at(moment))
    assert ends.get(someone) == duty_end(Plans(week, said, pure), at(moment))
