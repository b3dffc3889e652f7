"""Who may be asked: one table of rules, each hard (nobody may overrule it) or soft (a dispatcher may)."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from service.dispatch.engine.problem import Candidate, Precedence, Problem, Reason
from service.roster.rules import Tier

Skills = frozenset[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """`breaks` says whether asking the candidate for a seat with those skills goes against the rule."""

    reason: Reason
    hard: bool
    breaks: Callable[[Candidate, Skills, Problem], bool]


def is_held(candidate: Candidate, precedence: Precedence) -> bool:
    """Whether an engagement or offer keeps the candidate from one of `precedence`.

    A higher one supersedes a lower offer, and on acceptance preempts a lower engagement that is not yet on scene.
    """
    if candidate.engaged is not None and (candidate.on_scene or candidate.engaged.rank >= precedence.rank):
        return True
    return candidate.offered is not None and candidate.offered.rank >= precedence.rank


def _is_missing_skill(candidate: Candidate, skills: Skills) -> bool:
    return not skills <= {skill.code for skill in candidate.skills}


def _is_skill_expired(candidate: Candidate, skills: Skills) -> bool:
    valid = {skill.code for skill in candidate.skills if not skill.expired}
    return any(skill.code in skills and skill.code not in valid for skill in candidate.skills)


def _is_resting(candidate: Candidate, problem: Problem) -> bool:
    return candidate.resting_until is not None and candidate.resting_until > problem.now


def _is_standby_only(candidate: Candidate, problem: Problem) -> bool:
    return candidate.tier is Tier.STANDBY and not problem.section.calls_standby


RULES = (
    Rule(Reason.DEACTIVATED, True, lambda who, skills, problem: not who.active),
    Rule(Reason.BUSY, True, lambda who, skills, problem: is_held(who, problem.precedence)),
    Rule(Reason.TAKEN, True, lambda who, skills, problem: who.taken),
    Rule(Reason.MISSING_SKILL, True, lambda who, skills, problem: _is_missing_skill(who, skills)),
    Rule(Reason.EXPIRED_SKILL, True, lambda who, skills, problem: _is_skill_expired(who, skills)),
    Rule(Reason.OPTED_OUT, True, lambda who, skills, problem: problem.category in who.opted_out),
    Rule(Reason.OUT_OF_SCOPE, True, lambda who, skills, problem: not who.in_scope),
    Rule(Reason.ALREADY_ASKED, False, lambda who, skills, problem: who.already_asked),
    Rule(Reason.OFF_DUTY, False, lambda who, skills, problem: not who.on_duty),
    Rule(Reason.STANDBY_ONLY, False, lambda who, skills, problem: _is_standby_only(who, problem)),
    Rule(Reason.RESTING, False, lambda who, skills, problem: _is_resting(who, problem)),
    Rule(Reason.UNREACHABLE, False, lambda who, skills, problem: math.isinf(problem.minutes[who.member_id])),
    Rule(
        Reason.TOO_FAR,
        False,
        lambda who, skills, problem: problem.reach_minutes < problem.minutes[who.member_id] < math.inf,
    ),
)
"""In the order in which they are tested: the first that is broken is the reason in the ledger."""

_ORDER = [rule.reason for rule in RULES]
HARD = frozenset(rule.reason for rule in RULES if rule.hard)


def reasons(candidate: Candidate, skills: Skills, problem: Problem) -> list[Reason]:
    """Everything that asking the candidate for a seat with those skills breaks, in the order of `RULES`."""
    return [rule.reason for rule in RULES if rule.breaks(candidate, skills, problem)]


def first_reason(candidate: Candidate, skills: Skills, problem: Problem) -> Reason | None:
    """The first of `reasons`; None if the candidate may be asked for a seat with those skills."""
    return next((rule.reason for rule in RULES if rule.breaks(candidate, skills, problem)), None)


def closest_reason(candidate: Candidate, skill_sets: Iterable[Skills], problem: Problem) -> Reason | None:
    """What keeps the candidate from the seats they come closest to; None if they may be asked for any.

    Closest: whose first broken rule stands last in `RULES`. Without seats, only the rules on people count.
    """
    found = [first_reason(candidate, skills, problem) for skills in skill_sets]
    if not found:
        return first_reason(candidate, frozenset(), problem)
    broken = [reason for reason in found if reason is not None]
    return None if len(broken) < len(found) else max(broken, key=_ORDER.index)
