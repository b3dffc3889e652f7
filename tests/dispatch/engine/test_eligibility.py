import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from service.dispatch.engine.eligibility import HARD, RULES, closest_reason, first_reason, reasons
from service.dispatch.engine.problem import (
    Candidate,
    Mode,
    Place,
    Precedence,
    Problem,
    Reason,
    Section,
    Skill,
    Source,
)
from service.roster.rules import Tier

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
BOAT, AID, NONE = frozenset({"boat"}), frozenset({"first_aid"}), frozenset[str]()
ANNA = Candidate(
    member_id=UUID(int=1),
    unit_code="u1",
    place=Place(110.4, 21.2, UUID(int=100), Source.PRESENCE, 20.0),
    tier=Tier.NORMAL,
    acceptance=0.4,
    skills=(Skill("boat"), Skill("first_aid", expired=True)),
)
SECTION = Section((10.0, 20.0), 0.95, 0.3, 5.0, 10.0, 30)


def problem(minutes: float = 5.0, mode: Mode = Mode.NORMAL) -> Problem:
    return Problem(
        mode=mode,
        precedence=Precedence.NORMAL,
        category="flood",
        area_code="4408",
        section=SECTION,
        step=0,
        seats=(),
        pending=(),
        candidates=(ANNA,),
        minutes={ANNA.member_id: minutes},
        searched_minutes=10.0,
        responsible_units=frozenset(),
        now=NOW,
        seed=1,
    )


def test_hard_and_soft() -> None:
    assert [(rule.reason, rule.hard) for rule in RULES] == [
        (Reason.DEACTIVATED, True),
        (Reason.BUSY, True),
        (Reason.MISSING_SKILL, True),
        (Reason.EXPIRED_SKILL, True),
        (Reason.OPTED_OUT, True),
        (Reason.OUT_OF_SCOPE, True),
        (Reason.ALREADY_ASKED, False),
        (Reason.OFF_DUTY, False),
        (Reason.STANDBY_ONLY, False),
        (Reason.RESTING, False),
        (Reason.UNREACHABLE, False),
        (Reason.TOO_FAR, False),
    ]
    assert {rule.reason for rule in RULES if rule.hard} == HARD


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"active": False}, Reason.DEACTIVATED),
        ({"held": Precedence.EMERGENCY}, Reason.BUSY),
        ({"held": Precedence.NORMAL}, Reason.BUSY),
        ({"held": Precedence.DRILL}, Reason.BUSY),
        ({"skills": ()}, Reason.MISSING_SKILL),
        ({"skills": (Skill("drone"),)}, Reason.MISSING_SKILL),
        ({"skills": (Skill("boat", expired=True),)}, Reason.EXPIRED_SKILL),
        ({"skills": (Skill("boat", expired=True), Skill("boat"))}, None),
        ({"opted_out": frozenset({"flood"})}, Reason.OPTED_OUT),
        ({"opted_out": frozenset({"fire"})}, None),
        ({"in_scope": False}, Reason.OUT_OF_SCOPE),
        ({"already_asked": True}, Reason.ALREADY_ASKED),
        ({"on_duty": False}, Reason.OFF_DUTY),
        ({"tier": Tier.STANDBY}, Reason.STANDBY_ONLY),
        ({"resting_until": NOW + timedelta(minutes=1)}, Reason.RESTING),
        ({"resting_until": NOW}, None),
    ],
)
def test_each_rule(changes: dict[str, object], reason: Reason | None) -> None:
    candidate = replace(ANNA, **changes)  # type: ignore[arg-type]
    assert first_reason(candidate, BOAT, problem()) is reason
    assert reasons(candidate, BOAT, problem()) == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("minutes", "reason"),
    [(10.0, None), (10.01, Reason.TOO_FAR), (math.inf, Reason.UNREACHABLE)],
)
def test_reach(minutes: float, reason: Reason | None) -> None:
    assert reasons(ANNA, BOAT, problem(minutes)) == ([reason] if reason else [])


def test_standby_members_are_called_in_emergencies_when_on_duty() -> None:
    standby = replace(ANNA, tier=Tier.STANDBY)
    emergency = problem(mode=Mode.EMERGENCY)
    assert first_reason(standby, BOAT, emergency) is None
    assert first_reason(replace(standby, on_duty=False), BOAT, emergency) is Reason.OFF_DUTY


def test_everything_that_is_broken_in_the_order_of_the_table() -> None:
    broken = replace(ANNA, on_duty=False, already_asked=True, active=False)
    expected = [
        Reason.DEACTIVATED,
        Reason.EXPIRED_SKILL,
        Reason.ALREADY_ASKED,
        Reason.OFF_DUTY,
        Reason.TOO_FAR,
    ]
    assert reasons(broken, AID, problem(15.0)) == expected
    assert first_reason(broken, AID, problem(15.0)) is Reason.DEACTIVATED


def test_closest_reason() -> None:
    off_duty = replace(ANNA, on_duty=False)
    assert closest_reason(ANNA, [AID, BOAT], problem()) is None
    assert closest_reason(ANNA, [AID], problem()) is Reason.EXPIRED_SKILL
    assert closest_reason(off_duty, [AID, BOAT], problem()) is Reason.OFF_DUTY
    assert closest_reason(off_duty, [], problem()) is Reason.OFF_DUTY
    assert closest_reason(ANNA, [], problem()) is None
