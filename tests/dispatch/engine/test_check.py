"""What a dispatcher's own choice breaks, on made-up people."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from service.dispatch.engine.check import Finding, check
from service.dispatch.engine.problem import Precedence, Reason
from service.roster.rules import Tier
from tests.dispatch.engine.made_up import HERE, NORMAL, NOW, SECTION, THERE, person, problem, seat


def test_check_says_what_a_choice_breaks() -> None:
    people = {
        person(1, "boat"): 1.0,
        person(2, on_duty=False, active=False): 2.0,
        person(3, on_duty=False): 30.0,
        person(4, acceptance=0.1): 3.0,
    }
    given = problem(people, [seat(2, "boat"), seat(1)])
    plain, boat = seat(1).id, seat(2).id
    assert check(given, [UUID(int=number) for number in (1, 2, 3, 4, 1)]) == (
        Finding(UUID(int=1), (), (), (plain, boat)),
        Finding(UUID(int=2), (Reason.DEACTIVATED,), (Reason.OFF_DUTY,), ()),
        Finding(UUID(int=3), (), (Reason.OFF_DUTY, Reason.TOO_FAR), (plain,)),
        Finding(UUID(int=4), (), (), (plain,)),
    )


def test_check_names_the_missing_skill_where_no_seat_fits() -> None:
    given = problem({person(1, on_duty=False): 1.0}, [seat(1, "boat")])
    assert check(given, [UUID(int=1)]) == (
        Finding(UUID(int=1), (Reason.MISSING_SKILL,), (Reason.OFF_DUTY,), ()),
    )


def test_check_shows_each_soft_rule() -> None:
    who = person(
        1,
        already_asked=True,
        home_code=THERE + "001",
        unwanted=frozenset({"flood"}),
        on_duty=False,
        tier=Tier.STANDBY,
        resting_until=NOW + timedelta(hours=1),
        week_hours=12.0,
        most_week_hours=12.0,
        quiet_until=NOW + timedelta(hours=1),
    )
    spared = replace(SECTION, calls_standby=False)
    given = problem({who: 12.0}, [seat(1)], spared, residents_of=HERE, **NORMAL)
    [finding] = check(given, [who.member_id])
    assert finding.hard == ()
    assert finding.soft == (
        Reason.ALREADY_ASKED,
        Reason.NOT_RESIDENT,
        Reason.UNWANTED,
        Reason.OFF_DUTY,
        Reason.STANDBY_ONLY,
        Reason.RESTING,
        Reason.WEEKLY_HOURS,
        Reason.QUIET_HOURS,
        Reason.TOO_FAR,
    )
    assert finding.seat_ids == (seat(1).id,)


def test_check_knows_whom_an_emergency_may_call_away() -> None:
    people = {
        person(1, engaged=Precedence.NORMAL, offered=Precedence.DRILL): 1.0,
        person(2, engaged=Precedence.NORMAL, on_scene=True): 2.0,
        person(3, engaged=Precedence.EMERGENCY): 3.0,
    }
    given = problem(people, [seat(1)])
    found = check(given, [candidate.member_id for candidate in people])
    assert [finding.hard for finding in found] == [(), (Reason.BUSY,), (Reason.BUSY,)]


def test_check_of_a_stranger() -> None:
    with pytest.raises(KeyError):
        check(problem({}, [seat(1)]), [UUID(int=5)])
