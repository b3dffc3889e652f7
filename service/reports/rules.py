"""When a count of people may be said. Pure.

A count is said when it is 0 or at least the threshold; smaller ones would give a person away, and are suppressed. A sum
is said only where it does not give away what is suppressed below it: everybody may subtract. So it is never a sibling
that is left out for another's sake, but the sum, and what is said of an area follows from the area alone: it is the
same in every answer, and several answers side by side say no more than the one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

SUPPRESS_BELOW = 5
"""Counts of people above 0 and below this are not said to those who may not read the roster. No setting: the published
views have the same number, and whoever reads both must learn no more than from one."""
COARSE_MINUTES = 5
"""Who may not read the roster asks for reach in steps of so many minutes: by finer ones a single person's way could be
followed from grid to grid."""
EMERGENCY = "emergency_response"
"""The category that coverage is reckoned for when none is named."""
ENOUGH_MINUTES = 10
ENOUGH_PEOPLE = 5
"""A leaf grid is covered, in what is kept of coverage over time, when so many available people reach it within so many
minutes: no fewer, as a smaller count would give people away."""
LEAST_OPEN = 3
"""So many values must stay possible for a suppressed count, whatever is subtracted from what."""


@dataclass(frozen=True, slots=True)
class Group:
    """Suppressed counts whose sum can be reckoned: how many there are, and the sum."""

    cells: int = 0
    people: int = 0

    def __add__(self, other: "Group") -> "Group":
        return Group(self.cells + other.cells, self.people + other.people)


def is_small(count: int, threshold: int) -> bool:
    """Whether a count would give a person away: nobody is nobody's secret."""
    return 0 < count < threshold


def is_safe(group: Group, threshold: int) -> bool:
    """Whether the sum of suppressed counts may be known, each of which is known to be from 1 to `threshold` - 1.

    The sum itself is no small count, and each of them may still be any of `LEAST_OPEN` values: between what is left
    when all others are as large as can be, and when all are 1.
    """
    if group.cells == 0:
        return True
    others, most = group.cells - 1, threshold - 1
    lowest = max(1, group.people - others * most)
    highest = min(most, group.people - others)
    return group.people >= threshold and highest - lowest + 1 >= min(LEAST_OPEN, most)


@dataclass(frozen=True, slots=True)
class Tree:
    """Areas, each behind the one that it is in: `parents` are positions, None at the top."""

    parents: tuple[int | None, ...]

    def sums(self, own: Sequence[float]) -> list[float]:
        """What each area holds with all below it; `own` is what lies in it and in nothing below it."""
        sums = list(own)
        for position in reversed(range(len(sums))):
            parent = self.parents[position]
            if parent is not None:
                sums[parent] += sums[position]
        return sums

    def counts(self, own: Sequence[int]) -> list[int]:
        """`sums` of people."""
        return [int(count) for count in self.sums(own)]

    def said(self, own: Sequence[int], threshold: int) -> list[bool]:
        """Which of the counts may be said.

        The equations that one can write down by subtracting fall apart into one for each area that is said: the
        suppressed counts below it, down to the next areas that are said, and their sum. Each must be safe.
        """
        counts = self.counts(own)
        below: list[Group] = [Group() for _ in counts]
        inner = {parent for parent in self.parents if parent is not None}
        said = [False] * len(counts)
        for position in reversed(range(len(counts))):
            group = below[position]
            if is_small(own[position], threshold):
                group += Group(1, own[position])
            if position in inner:
                said[position] = not is_small(counts[position], threshold) and is_safe(group, threshold)
            else:
                said[position] = group.cells == 0
            parent = self.parents[position]
            if parent is not None and not said[position]:
                below[parent] += group
        return said

    def said_together(self, counts: Iterable[Sequence[int]], threshold: int) -> list[bool]:
        """Which areas may be told all of several counts of which one is the difference of others."""
        return [all(each) for each in zip(*(self.said(own, threshold) for own in counts), strict=True)]


def small_units(members: Mapping[str, int], threshold: int) -> frozenset[str]:
    """The units so small that a sum with one of them in it is not said: without it, it is another area's."""
    return frozenset(unit for unit, count in members.items() if is_small(count, threshold))


def members_of_units(units: Collection[str], members: Mapping[str, int], threshold: int) -> int | None:
    """How many members some units have together; None where that is not said (`threshold` 1: it always is)."""
    if not small_units(members, threshold).isdisjoint(units):
        return None
    return sum(members.get(unit, 0) for unit in units)


def in_steps(count: int, threshold: int) -> int | None:
    """A count in reach, as it is said to those who may not read the roster: in steps of the threshold, rounded down.

    The areas in reach of neighbouring grids overlap in countless ways, and from exact counts people's places could be
    reckoned grid by grid. None stands for one below the threshold.
    """
    return None if is_small(count, threshold) else count - count % threshold
