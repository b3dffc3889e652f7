"""How the areas are divided among the workers, and how often a worker has to show itself."""

from collections.abc import Collection
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID


class Pace(NamedTuple):
    """What follows from the longest time that something due may wait because its worker died or stopped."""

    beat: timedelta
    """From one sign of life to the next; no worker sleeps longer between two looks at what is due either."""
    lease: timedelta
    """A worker that was not seen for so long is taken for dead."""
    longest_idle: timedelta
    """A transaction whose worker says nothing for so long is ended by the database, and its locks with it."""


def pace_of(takeover: timedelta) -> Pace:
    """A tenth, seven tenths and six tenths of the takeover time.

    A worker that stops had been seen a beat before, at the longest. What it left open is gone after
    `beat + longest_idle`, which is the lease; another one notices within a beat, and looks for what is due
    within another: nine tenths. The last tenth is for the beats' own statements.
    """
    return Pace(beat=takeover * 0.1, lease=takeover * 0.7, longest_idle=takeover * 0.6)


def parts(areas: int, workers: Collection[UUID]) -> dict[UUID, int]:
    """How many of the areas each of the workers does: as evenly as it goes, and the same for whoever asks."""
    each, over = divmod(areas, len(workers))
    return {worker: each + (rank < over) for rank, worker in enumerate(sorted(workers))}
