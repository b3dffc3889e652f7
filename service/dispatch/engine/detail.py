"""What a reason's sentence needs to be said in full, as the ledger keeps it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from service.dispatch.engine.eligibility import (
    Skills,
    expired_skills,
    is_held_by_engagement,
    missing_skills,
)
from service.dispatch.engine.problem import Candidate, Precedence, Problem, Reason


def detail(candidate: Candidate, reason: Reason, needs: Iterable[Skills], problem: Problem) -> dict[str, Any]:
    """What is to be said of a reason that keeps the candidate, beside its name and their minutes.

    `needs` are the skill sets of the seats that the reason was found for. The outcome is JSON, times as ISO 8601 in
    UTC, by reason; of the others there is nothing more to say:

    - busy: `{"by": "offer" | "engagement", "precedence": …, "on_scene": bool}`, of what holds them;
    - missing_skill, expired_skill: `{"skills": [codes]}`, those that any of `needs` would have;
    - opted_out, unwanted: `{"category": code}`; not_resident: `{"community": code}`;
    - resting, quiet_hours: `{"until": time}`; weekly_hours: `{"hours": 12.5, "limit": 12.0}`;
    - too_far: `{"reach": minutes}`.
    """
    match reason:
        case Reason.BUSY:
            return _holder(candidate, problem.precedence)
        case Reason.MISSING_SKILL:
            return {"skills": sorted(missing_skills(candidate, frozenset().union(*needs)))}
        case Reason.EXPIRED_SKILL:
            return {"skills": sorted(expired_skills(candidate, frozenset().union(*needs)))}
        case Reason.OPTED_OUT | Reason.UNWANTED:
            return {"category": problem.category}
        case Reason.NOT_RESIDENT:
            return {"community": problem.residents_of}
        case Reason.RESTING:
            return {"until": _utc(candidate.resting_until)}
        case Reason.QUIET_HOURS:
            return {"until": _utc(candidate.quiet_until)}
        case Reason.WEEKLY_HOURS:
            return {"hours": round(candidate.week_hours, 2), "limit": candidate.most_week_hours}
        case Reason.TOO_FAR:
            return {"reach": problem.reach_minutes}
        case _:
            return {}


def _holder(candidate: Candidate, precedence: Precedence) -> dict[str, Any]:
    if is_held_by_engagement(candidate, precedence):
        return {"by": "engagement", "precedence": candidate.engaged, "on_scene": candidate.on_scene}
    return {"by": "offer", "precedence": candidate.offered, "on_scene": False}


def _utc(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()
