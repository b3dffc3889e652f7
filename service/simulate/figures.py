"""From outcomes to figures: by seed, then over seeds. Pure."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from service.simulate.outcome import Cause, Outcome, SeatOutcome
from service.tasks.rules import Urgency

CURVE_MINUTES = 60
SCENE_MINUTES = 120
MOST_OFFERS_SHOWN = 12


class Better(StrEnum):
    """Which way a figure is better."""

    MORE = "more"
    LESS = "less"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a day; `of` is None where there is nothing to count."""

    of: Callable[[Outcome], float | None]
    better: Better
    unit: str
    """share, seconds or number."""


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least that share of the values do not exceed."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values) - 1e-9) - 1)]


def fill_times(outcome: Outcome) -> list[float]:
    """Seconds from the post to the yes, of the seats filled in time."""
    return [seat.filled_s for seat in outcome.seats if seat.filled_s is not None]


def scene_times(outcome: Outcome) -> list[float]:
    """Seconds from the post until somebody was there, of the seats filled in time."""
    found = outcome.seats
    return [seat.scene_s for seat in found if seat.scene_s is not None and seat.filled_s is not None]


def _share(seats: Sequence[SeatOutcome]) -> float | None:
    return sum(seat.filled_s is not None for seat in seats) / len(seats) if seats else None


def _of_urgency(urgency: Urgency) -> Callable[[Outcome], float | None]:
    return lambda outcome: _share([seat for seat in outcome.seats if seat.urgency is urgency])


def _all_fill_times(outcome: Outcome) -> list[float]:
    return [seat.deadline_s if seat.filled_s is None else seat.filled_s for seat in outcome.seats]


def _ratio(above: float, below: float) -> float | None:
    return above / below if below else None


def people_asked(outcome: Outcome) -> int:
    """How many people had an offer."""
    return sum(outcome.people)


FIGURES: Mapping[str, Figure] = {
    "filled": Figure(lambda of: float(of.filled), Better.MORE, "number"),
    "filled_share": Figure(lambda of: _share(of.seats), Better.MORE, "share"),
    "critical_share": Figure(_of_urgency(Urgency.CRITICAL), Better.MORE, "share"),
    "urgent_share": Figure(_of_urgency(Urgency.URGENT), Better.MORE, "share"),
    "routine_share": Figure(_of_urgency(Urgency.ROUTINE), Better.MORE, "share"),
    "fill_p50": Figure(lambda of: percentile(fill_times(of), 0.5), Better.LESS, "seconds"),
    "fill_p90": Figure(lambda of: percentile(fill_times(of), 0.9), Better.LESS, "seconds"),
    "fill_p90_all": Figure(lambda of: percentile(_all_fill_times(of), 0.9), Better.LESS, "seconds"),
    "scene_p50": Figure(lambda of: percentile(scene_times(of), 0.5), Better.LESS, "seconds"),
    "scene_p90": Figure(lambda of: percentile(scene_times(of), 0.9), Better.LESS, "seconds"),
    "offers_per_filled": Figure(lambda of: _ratio(of.offers, of.filled), Better.LESS, "number"),
    "offers_per_person": Figure(lambda of: _ratio(of.offers, people_asked(of)), Better.LESS, "number"),
    "most_offers": Figure(lambda of: float(len(of.people)), Better.LESS, "number"),
    "people": Figure(lambda of: float(people_asked(of)), Better.LESS, "number"),
    "in_vain": Figure(lambda of: float(of.in_vain), Better.LESS, "number"),
}
"""In the order in which they are shown."""


def filled_by(outcomes: Sequence[Outcome]) -> list[float]:
    """The share of all seats that are filled by each half minute after the post, from 0 on; all seeds together."""
    return _by(outcomes, fill_times, CURVE_MINUTES)


def on_scene_by(outcomes: Sequence[Outcome]) -> list[float]:
    """The share of all seats with somebody there by each half minute."""
    return _by(outcomes, scene_times, SCENE_MINUTES)


def _by(
    outcomes: Sequence[Outcome], times: Callable[[Outcome], Sequence[float]], minutes: int
) -> list[float]:
    seats = sum(len(outcome.seats) for outcome in outcomes)
    counts = Counter(math.ceil(seconds / 30.0) for outcome in outcomes for seconds in times(outcome))
    curve, reached = [], 0
    for half_minute in range(minutes * 2 + 1):
        reached += counts[half_minute]
        curve.append(reached / seats if seats else 0.0)
    return curve


def causes(outcomes: Sequence[Outcome]) -> dict[Cause, float]:
    """Seats a day that were not filled, by cause."""
    found = Counter(seat.cause for outcome in outcomes for seat in outcome.seats if seat.cause is not None)
    return {cause: found[cause] / len(outcomes) for cause in Cause if found[cause]}


def offers_by_people(outcomes: Sequence[Outcome]) -> list[float]:
    """How many people a day had 1, 2, … offers; the last is of those who had more than that."""
    shown = [0.0] * (MOST_OFFERS_SHOWN + 1)
    for outcome in outcomes:
        for offers, people in enumerate(outcome.people, 1):
            shown[min(offers, MOST_OFFERS_SHOWN + 1) - 1] += people / len(outcomes)
    return shown
