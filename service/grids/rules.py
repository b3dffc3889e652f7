"""Rules of the two layers of areas. Pure."""

from enum import StrEnum

SNAP_LIMIT_M = 5000.0
"""A point in no grid is taken by the nearest one up to this far away; farther is an error."""
NEAR_BOUNDARY_M = 30.0
"""Nearer than this to a boundary, the answer about a point says so: positions and maps are not that exact."""
LEAST_OVERLAY_M2 = 1.0
"""Smaller intersections are slivers of digitising, not shared ground."""
SLIVER_WIDTH_M = 5.0
"""A gap or an overlap whose mean width is less is a sliver: two drawings of one border, not ground anyone means."""
CODE_LENGTHS = (4, 6, 9, 12)
"""Digits of a division code: city, county, town, community; a grid's own code is longer."""
LEVELS = ("city", "county", "town", "community", "grid")
"""Of governance grids, from the top."""


class Layer(StrEnum):
    """The two layers over the same ground."""

    GOVERNANCE = "governance"
    PARTY = "party"


def lineage(code: str) -> list[str]:
    """A governance code and those of its ancestors, from the city down."""
    return [code[:length] for length in CODE_LENGTHS if length < len(code)] + [code]


def level_of(code: str) -> str | None:
    """The level that a governance code belongs to by its length; None where it belongs to none."""
    if len(code) > CODE_LENGTHS[-1]:
        return LEVELS[-1]
    return LEVELS[CODE_LENGTHS.index(len(code))] if len(code) in CODE_LENGTHS else None


def parent_of(code: str) -> str | None:
    """The code of the grid just above a governance grid; None for a city."""
    above = lineage(code)[:-1]
    return above[-1] if above else None


def is_sliver(width_m: float) -> bool:
    """Whether a gap or an overlap of that mean width (2 × area ÷ perimeter) is a drawing error."""
    return width_m < SLIVER_WIDTH_M
