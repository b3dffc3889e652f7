"""What the drill's incidents are made of."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.tasks.rules import Urgency

Seats = tuple[tuple[str | None, int], ...]
"""(skill or None, how many) in the order in which they are posted."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that may happen at a real place; degrees, EPSG:4490."""

    town_code: str
    """The town or street that holds the place."""
    lon: float
    lat: float
    what: str
    seats: Seats
    remote: bool = False
    """Few live within reach: an empty seat is no surprise."""


Incidents = Mapping[Urgency, tuple[Incident, ...]]
"""Those of one category, by how soon help is needed."""
