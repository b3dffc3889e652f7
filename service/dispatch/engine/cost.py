"""What asking a member costs, and the order in which members are asked.

The unit is minutes of travel. In an emergency the cost is the travel time itself; in normal mode fairness and
preference are added, at so many minutes each.
"""

from hashlib import blake2b

from service.dispatch.engine.problem import Candidate, Mode, Problem

LOAD_MINUTES = 2.0
"""What each recent engagement adds in normal mode: those who were not called lately may come from farther."""

OTHER_UNIT_MINUTES = 3.0
"""What a member of a unit that is not responsible for the place adds in normal mode."""

Rank = tuple[float, bool, float, bytes]


def cost(candidate: Candidate, problem: Problem) -> float:
    """Minutes of travel, plus in normal mode the minutes that load and unit are worth."""
    minutes = problem.minutes[candidate.member_id]
    if problem.mode is Mode.EMERGENCY:
        return minutes
    other_unit = candidate.unit_code not in problem.responsible_units
    return minutes + LOAD_MINUTES * candidate.recent_load + OTHER_UNIT_MINUTES * other_unit


def rank(candidate: Candidate, problem: Problem) -> Rank:
    """A sort key: cheapest first, then the responsible units' people, then the least called, then by lot.

    The lot is drawn from the seed and the member's id, so it does not depend on the order of the candidates.
    """
    lot = blake2b(f"{problem.seed}:{candidate.member_id}".encode(), digest_size=8).digest()
    other_unit = candidate.unit_code not in problem.responsible_units
    return cost(candidate, problem), other_unit, candidate.recent_load, lot
