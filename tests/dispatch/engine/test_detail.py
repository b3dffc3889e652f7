import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings

from service.dispatch.engine.detail import detail
from service.dispatch.engine.eligibility import reasons
from service.dispatch.engine.problem import Candidate, Mode, Precedence, Problem, Reason, Skill
from tests.dispatch.engine.made_up import HERE, NOW, person, problem, problems

BOAT, AID = frozenset({"boat"}), frozenset({"first_aid", "drone"})
SHANGHAI = timezone(timedelta(hours=8))
SKILLED = person(1, skills=(Skill("boat", expired=True), Skill("drone"), Skill("first_aid", expired=True)))


def said(who: Candidate, reason: Reason, needs: list[frozenset[str]], **changes: Any) -> dict[str, Any]:
    return detail(who, reason, needs, problem({who: 12.0}, [], **changes))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"offered": Precedence.EMERGENCY}, ("offer", "emergency", False)),
        ({"engaged": Precedence.EMERGENCY}, ("engagement", "emergency", False)),
        ({"engaged": Precedence.NORMAL, "on_scene": True}, ("engagement", "normal", True)),
        ({"engaged": Precedence.DRILL, "on_scene": True}, ("engagement", "drill", True)),
        # The engagement would be preempted: it is the offer that holds them.
        ({"engaged": Precedence.NORMAL, "offered": Precedence.EMERGENCY}, ("offer", "emergency", False)),
        # Both hold them: the engagement is more.
        (
            {"engaged": Precedence.EMERGENCY, "offered": Precedence.EMERGENCY},
            ("engagement", "emergency", False),
        ),
    ],
)
def test_busy_says_what_holds_them(changes: dict[str, Any], expected: tuple[str, str, bool]) -> None:
    by, precedence, on_scene = expected
    assert said(person(1, **changes), Reason.BUSY, []) == {
        "by": by,
        "precedence": precedence,
        "on_scene": on_scene,
    }


@pytest.mark.parametrize(
    ("reason", "needs", "expected"),
    [
        (Reason.MISSING_SKILL, [frozenset({"boat", "radio"})], ["radio"]),
        (
            Reason.MISSING_SKILL,
            [frozenset({"radio", "boat"}), frozenset({"pump", "radio"})],
            ["pump", "radio"],
        ),
        (Reason.EXPIRED_SKILL, [BOAT], ["boat"]),
        (Reason.EXPIRED_SKILL, [AID], ["first_aid"]),
        (Reason.EXPIRED_SKILL, [AID, BOAT], ["boat", "first_aid"]),
    ],
)
def test_skills_are_named(reason: Reason, needs: list[frozenset[str]], expected: list[str]) -> None:
    assert said(SKILLED, reason, needs) == {"skills": expected}


def test_a_skill_held_anew_is_not_expired() -> None:
    renewed = replace(SKILLED, skills=(*SKILLED.skills, Skill("boat")))
    assert said(renewed, Reason.EXPIRED_SKILL, [AID | BOAT]) == {"skills": ["first_aid"]}


def test_the_category_and_the_community_are_named() -> None:
    assert said(person(1), Reason.OPTED_OUT, [], category="fire") == {"category": "fire"}
    assert said(person(1), Reason.UNWANTED, [], category="fire") == {"category": "fire"}
    assert said(person(1), Reason.NOT_RESIDENT, [], residents_of=HERE) == {"community": HERE}


def test_times_are_in_utc() -> None:
    who = person(
        1,
        resting_until=datetime(2026, 9, 1, 22, 30, tzinfo=SHANGHAI),
        quiet_until=datetime(2026, 9, 2, 7, 0, tzinfo=SHANGHAI),
    )
    assert said(who, Reason.RESTING, []) == {"until": "2026-09-01T14:30:00+00:00"}
    assert said(who, Reason.QUIET_HOURS, []) == {"until": "2026-09-01T23:00:00+00:00"}


def test_hours_and_reach() -> None:
    who = person(1, week_hours=12.4999999, most_week_hours=12.0)
    assert said(who, Reason.WEEKLY_HOURS, []) == {"hours": 12.5, "limit": 12.0}
    assert said(who, Reason.TOO_FAR, []) == {"reach": 10.0}
    assert said(who, Reason.TOO_FAR, [], step=1) == {"reach": 20.0}


@pytest.mark.parametrize(
    "reason",
    [
        Reason.DEACTIVATED,
        Reason.TAKEN,
        Reason.OUT_OF_SCOPE,
        Reason.ALREADY_ASKED,
        Reason.OFF_DUTY,
        Reason.STANDBY_ONLY,
        Reason.UNREACHABLE,
        Reason.MATCHED_ELSEWHERE,
        Reason.NOT_NEEDED,
    ],
)
def test_of_the_others_there_is_nothing_more_to_say(reason: Reason) -> None:
    assert said(person(1), reason, [BOAT]) == {}


KEYS = {
    Reason.BUSY: {"by", "precedence", "on_scene"},
    Reason.MISSING_SKILL: {"skills"},
    Reason.EXPIRED_SKILL: {"skills"},
    Reason.OPTED_OUT: {"category"},
    Reason.UNWANTED: {"category"},
    Reason.NOT_RESIDENT: {"community"},
    Reason.RESTING: {"until"},
    Reason.QUIET_HOURS: {"until"},
    Reason.WEEKLY_HOURS: {"hours", "limit"},
    Reason.TOO_FAR: {"reach"},
}


@settings(max_examples=100, deadline=None)
@given(given_problem=problems(modes=tuple(Mode), max_people=8))
def test_whatever_is_broken_can_be_said_in_json_and_is_whole(given_problem: Problem) -> None:
    for candidate in given_problem.candidates:
        for each in given_problem.seats:
            for reason in reasons(candidate, each.skills, given_problem):
                found = detail(candidate, reason, [each.skills], given_problem)
                assert json.loads(json.dumps(found, allow_nan=False)) == found
                assert set(found) == KEYS.get(reason, set())
                assert None not in found.values()
                assert [] not in found.values()
                if "until" in found:
                    assert datetime.fromisoformat(found["until"]) > NOW
                if reason is Reason.WEEKLY_HOURS:
                    assert found["hours"] >= found["limit"]
