"""Small rules of the simulation that several of its parts share. Pure."""

from uuid import UUID

DESK_S = 120.0
"""How long a dispatcher takes to have the seat of a likely no-show refilled."""


def seat_id(task: int, number: int) -> UUID:
    """The id of a task's seat: the same in each run."""
    return UUID(int=(task + 1) << 16 | number)
