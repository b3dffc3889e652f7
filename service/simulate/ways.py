"""How many minutes each member is from a task, reckoned once for all policies. Pure."""

from dataclasses import dataclass, field

import numpy as np

from service.dispatch.engine.problem import Section
from service.dispatch.engine.travel import Minutes, Search
from service.simulate.day import Need
from service.simulate.stage import Stage

NEAR_MINUTES = 20.0
"""Most plans look no farther: the ways beyond are only searched when somebody does."""
KEPT = 50
"""So many searches are kept to be gone on with, the newest: each holds the whole neighbourhood of its task."""

Way = tuple[int, int, float, float]
"""Task, map, speed and road factor."""


@dataclass(slots=True)
class Ways:
    """The travel searches of a day."""

    stage: Stage
    _searches: dict[Way, Search] = field(default_factory=dict)
    _known: dict[tuple[Way, bool], tuple[float, Minutes]] = field(default_factory=dict)
    """By way and whether people are at their offices: up to where they are exact, and the minutes."""

    def minutes(self, need: Need, at_s: float, section: Section, within: float) -> Minutes:
        """The minutes of everybody to a task at a moment, from where they are taken to be; exact up to `within` at
        least, lower bounds beyond it, infinite where there is no way. Shape (people,)."""
        graph, office = self.stage.graph_at(at_s), self.stage.in_office_hours(at_s)
        way = (need.number, graph, section.speed_kmh, section.road_factor)
        known = self._known.get((way, office))
        if known is not None and known[0] >= within:
            return known[1]
        if way not in self._searches:
            while len(self._searches) >= KEPT:
                del self._searches[next(iter(self._searches))]
            _, then = self.stage.graphs[graph]
            self._searches[way] = Search(
                then, need.place, speed_kmh=section.speed_kmh, road_factor=section.road_factor
            )
        points = self.stage.offices if office else self.stage.homes
        minutes = self._searches[way].minutes(points, within)
        self._known[way, office] = (within, minutes)
        return minutes

    def minutes_of(self, need: Need, at_s: float, section: Section, member: int) -> float:
        """The minutes of one member, exact within the playbook's farthest reach."""
        near = float(self.minutes(need, at_s, section, NEAR_MINUTES)[member])
        if near <= NEAR_MINUTES or near == float("inf"):
            return near
        return float(self.minutes(need, at_s, section, section.reach_minutes[-1])[member])

    def metres(self, need: Need, at_s: float) -> Minutes:
        """The straight metres of everybody from a task. Shape (people,)."""
        points = self.stage.offices if self.stage.in_office_hours(at_s) else self.stage.homes
        return np.hypot(points.x - need.place.x, points.y - need.place.y)
