"""How far a task's search outwards has come. Pure: whoever searches brings the people."""

from collections.abc import Set
from dataclasses import dataclass, replace
from uuid import UUID

from service.dispatch.engine.problem import Problem


@dataclass(slots=True)
class Outwards:
    """One task's search; `problem` holds what has been found so far."""

    problem: Problem
    rings: list[tuple[int, float]]
    """(step of reach, minutes) still to come, nearest first."""

    @property
    def at_the_end(self) -> bool:
        """Whether there is no wider ring."""
        return not self.rings

    @property
    def at_an_edge(self) -> bool:
        """Whether the search stands at the edge of a step of reach."""
        return self.at_the_end or self.rings[0][0] != self.problem.step

    def without(self, taken: Set[UUID]) -> None:
        """Go on with some members taken by somebody else."""
        candidates = self.problem.candidates
        self.problem = replace(
            self.problem,
            candidates=tuple(
                replace(each, taken=True) if each.member_id in taken else each for each in candidates
            ),
        )
