"""What asking a member costs, and the order in which members are asked.

The unit is minutes of travel. In an emergency the cost is the travel time itself; in normal mode fairness and
preference are added, at so many minutes each.

双报到: in office hours a member acts for their unit, otherwise for the community where they live; whichever it is
has its own people preferred.
"""

from hashlib import blake2b

from service.dispatch.engine.problem import Candidate, Mode, Problem
from service.roster.rules import COMMUNITY_DIGITS

LOAD_MINUTES = 2.0
"""What each recent engagement adds in normal mode: those who were not called lately may come from farther."""

OTHER_UNIT_MINUTES = 3.0
"""What a member of a unit that is not responsible for the place adds in normal mode, in office hours."""

OTHER_COMMUNITY_MINUTES = 3.0
"""What a member who lives in another community than the place's adds in normal mode, out of office hours."""

Rank = tuple[float, int, float, bytes]


def cost(candidate: Candidate, problem: Problem) -> float:
    """Minutes of travel, plus in normal mode the minutes that load, and unit or community, are worth."""
    minutes = problem.minutes[candidate.member_id]
    if problem.mode is Mode.EMERGENCY:
        return minutes
    return minutes + LOAD_MINUTES * candidate.recent_load + _stranger_minutes(candidate, problem)


def rank(candidate: Candidate, problem: Problem) -> Rank:
    """A sort key: cheapest first, then by the ladder, then the least called, then by lot.

    The ladder (纵横统筹) decides ties, not who is near. The lot is drawn from the seed and the member's id, so it
    does not depend on the order of the candidates.
    """
    lot = blake2b(f"{problem.seed}:{candidate.member_id}".encode(), digest_size=8).digest()
    return cost(candidate, problem), _rung(candidate, problem), candidate.recent_load, lot


def _stranger_minutes(candidate: Candidate, problem: Problem) -> float:
    if problem.office_hours:
        return 0.0 if candidate.unit_code in problem.responsible_units else OTHER_UNIT_MINUTES
    community = problem.area_code[:COMMUNITY_DIGITS]
    return 0.0 if candidate.home_code[:COMMUNITY_DIGITS] == community else OTHER_COMMUNITY_MINUTES


def _rung(candidate: Candidate, problem: Problem) -> int:
    """0 for the responsible units' people, 1 for those of the units of the neighbouring grids, 2 for the others."""
    if candidate.unit_code in problem.responsible_units:
        return 0
    return 1 if candidate.unit_code in problem.neighbour_units else 2
