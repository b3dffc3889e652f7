import math
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from service.dispatch.engine.eligibility import (
    HARD,
    RULES,
    closest_reason,
    first_reason,
    is_held,
    reasons,
    standing,
)
from service.dispatch.engine.problem import Mode, Precedence, Problem, Reason, Skill
from service.roster.rules import Tier
from service.tasks.rules import Urgency
from tests.dispatch.engine import made_up
from tests.dispatch.engine.made_up import HERE, NORMAL, NOW, SECTION, THERE, person

DRILL, PLAIN, URGENT = Precedence.DRILL, Precedence.NORMAL, Precedence.EMERGENCY
BOAT, AID = frozenset({"boat"}), frozenset({"first_aid"})
ANNA = person(1, skills=(Skill("boat"), Skill("first_aid", expired=True)))
LATER, EARLIER = NOW + timedelta(minutes=1), NOW - timedelta(minutes=1)


def problem(minutes: float = 5.0, **changes: Any) -> Problem:
    """Anna's, in normal mode; most rules are the same in both."""
    return made_up.problem({ANNA: minutes}, [], **{**NORMAL, **changes})


def test_hard_and_soft() -> None:
    assert [(rule.reason, rule.hard) for rule in RULES] == [
        (Reason.DEACTIVATED, True),
        (Reason.BUSY, True),
        (Reason.TAKEN, True),
        (Reason.MISSING_SKILL, True),
        (Reason.EXPIRED_SKILL, True),
        (Reason.OPTED_OUT, True),
        (Reason.OUT_OF_SCOPE, True),
        (Reason.ALREADY_ASKED, False),
        (Reason.NOT_RESIDENT, False),
        (Reason.UNWANTED, False),
        (Reason.OFF_DUTY, False),
        (Reason.STANDBY_ONLY, False),
        (Reason.RESTING, False),
        (Reason.WEEKLY_HOURS, False),
        (Reason.QUIET_HOURS, False),
        (Reason.UNREACHABLE, False),
        (Reason.TOO_FAR, False),
    ]
    assert {rule.reason for rule in RULES if rule.hard} == HARD
    assert set(Reason) - {rule.reason for rule in RULES} == {Reason.MATCHED_ELSEWHERE, Reason.NOT_NEEDED}
    assert [standing(rule.reason) for rule in RULES] == list(range(len(RULES)))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"active": False}, Reason.DEACTIVATED),
        ({"offered": PLAIN}, Reason.BUSY),
        ({"engaged": PLAIN}, Reason.BUSY),
        ({"taken": True}, Reason.TAKEN),
        ({"skills": ()}, Reason.MISSING_SKILL),
        ({"skills": (Skill("drone"),)}, Reason.MISSING_SKILL),
        ({"skills": (Skill("boat", expired=True),)}, Reason.EXPIRED_SKILL),
        ({"skills": (Skill("boat", expired=True), Skill("boat"))}, None),
        ({"opted_out": frozenset({"flood"})}, Reason.OPTED_OUT),
        ({"opted_out": frozenset({"fire"})}, None),
        ({"in_scope": False}, Reason.OUT_OF_SCOPE),
        ({"already_asked": True}, Reason.ALREADY_ASKED),
        ({"unwanted": frozenset({"flood"})}, Reason.UNWANTED),
        ({"unwanted": frozenset({"fire"})}, None),
        ({"on_duty": False}, Reason.OFF_DUTY),
        ({"resting_until": LATER}, Reason.RESTING),
        ({"resting_until": NOW}, None),
        ({"week_hours": 11.9, "most_week_hours": 12.0}, None),
        ({"week_hours": 12.0, "most_week_hours": 12.0}, Reason.WEEKLY_HOURS),
        ({"week_hours": 12.5, "most_week_hours": 12.0}, Reason.WEEKLY_HOURS),
        ({"week_hours": 100.0}, None),
        ({"quiet_until": LATER}, Reason.QUIET_HOURS),
        ({"quiet_until": NOW}, None),
        ({"quiet_until": EARLIER}, None),
    ],
)
def test_each_rule_on_people(changes: dict[str, Any], reason: Reason | None) -> None:
    candidate = replace(ANNA, **changes)
    assert first_reason(candidate, BOAT, problem()) is reason
    assert reasons(candidate, BOAT, problem()) == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("minutes", "reason"),
    [(10.0, None), (10.01, Reason.TOO_FAR), (math.inf, Reason.UNREACHABLE)],
)
def test_reach(minutes: float, reason: Reason | None) -> None:
    assert reasons(ANNA, BOAT, problem(minutes)) == ([reason] if reason else [])


@pytest.mark.parametrize("mode", Mode)
def test_standby_members_are_called_where_the_section_says_so_when_on_duty(mode: Mode) -> None:
    standby = replace(ANNA, tier=Tier.STANDBY)
    called = problem(mode=mode)
    assert called.section.calls_standby
    assert first_reason(standby, BOAT, called) is None
    assert first_reason(replace(standby, on_duty=False), BOAT, called) is Reason.OFF_DUTY
    spared = problem(mode=mode, section=replace(SECTION, calls_standby=False))
    assert reasons(standby, BOAT, spared) == [Reason.STANDBY_ONLY]
    assert reasons(ANNA, BOAT, spared) == []


@pytest.mark.parametrize(
    ("home", "residents_of", "kept"),
    [
        (HERE + "007", HERE, False),
        (HERE, HERE, False),
        (THERE + "007", HERE, True),
        ("", HERE, True),
        (THERE + "007", None, False),
    ],
)
def test_only_residents_are_asked_where_the_task_is_for_them(
    home: str, residents_of: str | None, kept: bool
) -> None:
    found = reasons(replace(ANNA, home_code=home), BOAT, problem(residents_of=residents_of))
    assert found == ([Reason.NOT_RESIDENT] if kept else [])


@pytest.mark.parametrize(
    ("urgency", "kept"), [(Urgency.ROUTINE, True), (Urgency.URGENT, False), (Urgency.CRITICAL, False)]
)
@pytest.mark.parametrize("mode", Mode)
def test_only_routine_tasks_mind_the_quiet_hours(mode: Mode, urgency: Urgency, kept: bool) -> None:
    asleep = replace(ANNA, quiet_until=LATER)
    found = reasons(asleep, BOAT, problem(mode=mode, urgency=urgency))
    assert found == ([Reason.QUIET_HOURS] if kept else [])


# -- precedence --------------------------------------------------------------------------------------------

HOLDS = {
    (DRILL, DRILL): True,
    (DRILL, PLAIN): False,
    (DRILL, URGENT): False,
    (PLAIN, DRILL): True,
    (PLAIN, PLAIN): True,
    (PLAIN, URGENT): False,
    (URGENT, DRILL): True,
    (URGENT, PLAIN): True,
    (URGENT, URGENT): True,
}
"""By what somebody has and what they are wanted for: whether the first holds them."""


@pytest.mark.parametrize(("has", "wanted"), HOLDS)
def test_an_offer_holds_against_what_does_not_go_before_it(has: Precedence, wanted: Precedence) -> None:
    assert is_held(replace(ANNA, offered=has), wanted) is HOLDS[has, wanted]


@pytest.mark.parametrize(("has", "wanted"), HOLDS)
def test_an_engagement_holds_likewise_and_on_the_scene_against_everything(
    has: Precedence, wanted: Precedence
) -> None:
    engaged = replace(ANNA, engaged=has)
    assert is_held(engaged, wanted) is HOLDS[has, wanted]
    assert is_held(replace(engaged, on_scene=True), wanted)


@pytest.mark.parametrize(
    ("offered", "engaged", "on_scene", "wanted"),
    list(product([None, *Precedence], [None, *Precedence], [False, True], Precedence)),
)
def test_either_holds(
    offered: Precedence | None, engaged: Precedence | None, on_scene: bool, wanted: Precedence
) -> None:
    by_offer = offered is not None and HOLDS[offered, wanted]
    by_engagement = engaged is not None and (on_scene or HOLDS[engaged, wanted])
    candidate = replace(ANNA, offered=offered, engaged=engaged, on_scene=on_scene and engaged is not None)
    held = by_offer or by_engagement
    assert is_held(candidate, wanted) is held
    assert reasons(candidate, BOAT, problem(precedence=wanted)) == ([Reason.BUSY] if held else [])


# -- several at once ---------------------------------------------------------------------------------------


def test_everything_that_is_broken_in_the_order_of_the_table() -> None:
    broken = replace(
        ANNA,
        active=False,
        engaged=URGENT,
        taken=True,
        opted_out=frozenset({"flood"}),
        unwanted=frozenset({"flood"}),
        in_scope=False,
        already_asked=True,
        on_duty=False,
        resting_until=LATER,
        week_hours=12.0,
        most_week_hours=12.0,
        quiet_until=LATER,
        tier=Tier.STANDBY,
    )
    spared = replace(SECTION, calls_standby=False)
    found = reasons(broken, AID, problem(15.0, residents_of=THERE, section=spared))
    assert found == [
        rule.reason for rule in RULES if rule.reason not in (Reason.MISSING_SKILL, Reason.UNREACHABLE)
    ]
    assert first_reason(broken, AID, problem(15.0)) is Reason.DEACTIVATED


def test_closest_reason() -> None:
    off_duty = replace(ANNA, on_duty=False)
    assert closest_reason(ANNA, [AID, BOAT], problem()) is None
    assert closest_reason(ANNA, [AID], problem()) is Reason.EXPIRED_SKILL
    assert closest_reason(ANNA, [AID, frozenset({"drone"})], problem()) is Reason.EXPIRED_SKILL
    assert closest_reason(off_duty, [AID, BOAT], problem()) is Reason.OFF_DUTY
    assert closest_reason(off_duty, [], problem()) is Reason.OFF_DUTY
    assert closest_reason(ANNA, [], problem()) is None
