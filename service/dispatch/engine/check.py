"""What a dispatcher's own choice of people would break."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from service.dispatch.engine.eligibility import HARD, reasons
from service.dispatch.engine.problem import Candidate, Problem, Reason


@dataclass(frozen=True, slots=True)
class Finding:
    """One chosen member: the rules that asking them breaks, and the open seats they could take."""

    member_id: UUID
    hard: tuple[Reason, ...]
    """Nobody may overrule these."""
    soft: tuple[Reason, ...]
    """A dispatcher may, with a reason."""
    seat_ids: tuple[UUID, ...]
    """By number: the seats for which nothing hard stands in the way; none if something does everywhere."""


def check(problem: Problem, member_ids: Iterable[UUID]) -> tuple[Finding, ...]:
    """Check a manual choice by the rules that planning follows: one finding a member, in the order given.

    They are tested for the open seat that breaks the fewest hard rules, then the fewest of all. KeyError if a
    member is not among the candidates.
    """
    candidates = {candidate.member_id: candidate for candidate in problem.candidates}
    return tuple(_finding(candidates[member_id], problem) for member_id in dict.fromkeys(member_ids))


def _finding(candidate: Candidate, problem: Problem) -> Finding:
    seats = sorted(problem.seats, key=lambda seat: seat.number)
    broken_by_seat = {seat.id: reasons(candidate, seat.skills, problem) for seat in seats}
    fewest = min(
        broken_by_seat.values(),
        key=lambda broken: (len(HARD.intersection(broken)), len(broken)),
        default=reasons(candidate, frozenset(), problem),
    )
    return Finding(
        member_id=candidate.member_id,
        hard=tuple(reason for reason in fewest if reason in HARD),
        soft=tuple(reason for reason in fewest if reason not in HARD),
        seat_ids=tuple(seat_id for seat_id, broken in broken_by_seat.items() if HARD.isdisjoint(broken)),
    )
