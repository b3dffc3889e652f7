"""Who may be asked: one table of rules, each hard (nobody may overrule it) or soft (a dispatcher may)."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from service.dispatch.engine.problem import Candidate, Precedence, Problem, Reason
from service.roster.rules import Tier
from service.tasks.rules import Urgency

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
    return is_held_by_engagement(candidate, precedence) or (
        candidate.offered is not None and offer_holds(candidate.offered, precedence)
    )


def is_held_by_engagement(candidate: Candidate, precedence: Precedence) -> bool:
    """Whether an engagement does."""
    return candidate.engaged is not None and engagement_holds(
        candidate.engaged, precedence, on_scene=candidate.on_scene
    )


def offer_holds(offered: Precedence, precedence: Precedence) -> bool:
    """Whether a pending offer keeps somebody from one of `precedence`: one that does not come after it."""
    return offered.rank >= precedence.rank


def engagement_holds(engaged: Precedence, precedence: Precedence, *, on_scene: bool) -> bool:
    """Whether a live engagement does: likewise, and any once they are on its scene."""
    return on_scene or engaged.rank >= precedence.rank


def missing_skills(candidate: Candidate, skills: Skills) -> Skills:
    """Those of the skills that the candidate never had."""
    return skills - {skill.code for skill in candidate.skills}


def expired_skills(candidate: Candidate, skills: Skills) -> Skills:
    """Those of the skills that the candidate had, and has no more."""
    had = {skill.code for skill in candidate.skills}
    return (skills & had) - {skill.code for skill in candidate.skills if not skill.expired}


def _is_not_resident(candidate: Candidate, problem: Problem) -> bool:
    return problem.residents_of is not None and not candidate.home_code.startswith(problem.residents_of)


def _is_resting(candidate: Candidate, problem: Problem) -> bool:
    return candidate.resting_until is not None and candidate.resting_until > problem.now


def _is_standby_only(candidate: Candidate, problem: Problem) -> bool:
    return candidate.tier is Tier.STANDBY and not problem.section.calls_standby


def _is_quiet(candidate: Candidate, problem: Problem) -> bool:
    routine = problem.urgency is Urgency.ROUTINE
    return routine and candidate.quiet_until is not None and candidate.quiet_until > problem.now


RULES = (
    Rule(Reason.DEACTIVATED, True, lambda who, skills, problem: not who.active),
    Rule(Reason.BUSY, True, lambda who, skills, problem: is_held(who, problem.precedence)),
    Rule(Reason.TAKEN, True, lambda who, skills, problem: who.taken),
    Rule(Reason.MISSING_SKILL, True, lambda who, skills, problem: bool(missing_skills(who, skills))),
    Rule(Reason.EXPIRED_SKILL, True, lambda who, skills, problem: bool(expired_skills(who, skills))),
    Rule(Reason.OPTED_OUT, True, lambda who, skills, problem: problem.category in who.opted_out),
    Rule(Reason.OUT_OF_SCOPE, True, lambda who, skills, problem: not who.in_scope),
    Rule(Reason.ALREADY_ASKED, False, lambda who, skills, problem: who.already_asked),
    Rule(Reason.NOT_RESIDENT, False, lambda who, skills, problem: _is_not_resident(who, problem)),
    Rule(Reason.UNWANTED, False, lambda who, skills, problem: problem.category in who.unwanted),
    Rule(Reason.OFF_DUTY, False, lambda who, skills, problem: not who.on_duty),
    Rule(Reason.STANDBY_ONLY, False, lambda who, skills, problem: _is_standby_only(who, problem)),
    Rule(Reason.RESTING, False, lambda who, skills, problem: _is_resting(who, problem)),
    Rule(Reason.WEEKLY_HOURS, False, lambda who, skills, problem: who.week_hours >= who.most_week_hours),
    Rule(Reason.QUIET_HOURS, False, lambda who, skills, problem: _is_quiet(who, problem)),
    Rule(Reason.UNREACHABLE, False, lambda who, skills, problem: math.isinf(problem.minutes[who.member_id])),
    Rule(
        Reason.TOO_FAR,
        False,
        lambda who, skills, problem: problem.reach_minutes < problem.minutes[who.member_id] < math.inf,
    ),
)
"""In the order in which they are tested: the first that is broken is the reason in the ledger."""

_STANDING = {rule.reason: place for place, rule in enumerate(RULES)}
HARD = frozenset(rule.reason for rule in RULES if rule.hard)


def standing(reason: Reason) -> int:
    """Where the reason stands in `RULES`: the later, the closer is whom it keeps to being asked."""
    return _STANDING[reason]


def reasons(candidate: Candidate, skills: Skills, problem: Problem) -> list[Reason]:
    """Everything that asking the candidate for a seat with those skills breaks, in the order of `RULES`."""
    return [rule.reason for rule in RULES if rule.breaks(candidate, skills, problem)]


def first_reason(candidate: Candidate, skills: Skills, problem: Problem) -> Reason | None:
    """The first of `reasons`; None if the candidate may be asked for a seat with those skills."""
    # A plain loop: planning comes by here for everybody around, and a generator takes as long as the rules.
    for rule in RULES:
        if rule.breaks(candidate, skills, problem):
            return rule.reason
    return None


def closest_reason(candidate: Candidate, skill_sets: Iterable[Skills], problem: Problem) -> Reason | None:
    """What keeps the candidate from the seats they come closest to; None if they may be asked for any.

    Closest: whose first broken rule stands last in `RULES`. Without seats, only the rules on people count.
    """
    found = [first_reason(candidate, skills, problem) for skills in skill_sets]
    if not found:
        return first_reason(candidate, frozenset(), problem)
    broken = [reason for reason in found if reason is not None]
    return None if len(broken) < len(found) else max(broken, key=standing)
