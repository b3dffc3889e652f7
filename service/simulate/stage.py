"""A scenario laid over a city: where its middle is, when which links are open, who is on duty minute by minute.

The same for all seeds. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from service.dispatch.engine.problem import Place
from service.dispatch.engine.travel import Search
from service.dispatch.rules import in_office_hours
from service.errors import SetupError
from service.grids.graph import GridGraph, Points
from service.grids.rules import lineage
from service.roster.calendar import planned
from service.roster.rules import LocalTime
from service.simulate.city import City, Crossing
from service.simulate.draws import Shares
from service.simulate.scenario import Closings, Scenario, Scope, Where
from service.tasks.rules import Level

NEAR_M = 10_000.0
"""People so near to a bridge live or work by it."""
FAR_KM = 60.0
"""Beyond it, how far a leaf is from a bank makes no difference."""
EMPTY = 0.25
"""What a leaf counts in which no member lives, where one member counts 1."""
SPARE_MINUTES = 24 * 60
"""After the last deadline: for so long duty is laid out, and people may still be under way."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An activation of the scenario, in seconds from its start."""

    area: str
    level: Level
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class Stage:
    """All that a scenario needs of a city."""

    city: City
    scenario: Scenario
    start: datetime
    """In UTC."""
    middle: tuple[float, float]
    """In metres on the graph's plane."""
    weights: Shares
    """Of the leaves: where tasks happen. They add up to 1."""
    alerts: tuple[Alert, ...]
    graphs: tuple[tuple[float, GridGraph], ...]
    """(from this second on, the map), rising from 0."""
    closed: tuple[tuple[float, Crossing], ...]
    """(second, link), as they close."""
    homes: Points
    offices: Points
    on_duty: NDArray[np.bool_]
    """Shape (people, minutes from the start)."""

    def at(self, seconds: float) -> datetime:
        """A moment of the scenario, in UTC."""
        return self.start + timedelta(seconds=seconds)

    def local(self, seconds: float) -> LocalTime:
        """The same by the city's calendar."""
        return LocalTime.of(self.at(seconds), self.city.zone)

    def graph_at(self, seconds: float) -> int:
        """Which of the graphs holds then, by index."""
        return max(index for index, (since, _) in enumerate(self.graphs) if since <= seconds)

    def in_office_hours(self, seconds: float) -> bool:
        """Whether people are taken to be at their offices."""
        return in_office_hours(self.at(seconds), self.city.zone)

    def level_at(self, code: str, seconds: float) -> Level | None:
        """The highest activation of a place."""
        of = lineage(code)
        found = [each.level for each in self.alerts if each.area in of and each.from_s <= seconds < each.to_s]
        return max(found, key=lambda level: level.rank, default=None)


def set_stage(city: City, scenario: Scenario) -> Stage:
    """Lay a scenario over a city. Raises SetupError where it cannot be: nobody there, no map, no playbook."""
    if not city.graph.leaves:
        raise SetupError("The city has no map; import one, or run vanguard demo load.")
    if not any(person.active for person in city.people):
        raise SetupError("The city has no active members; nobody could be asked. Import members first.")
    missing = [category for category in scenario.categories if category not in city.playbooks]
    if missing:
        raise SetupError(
            f"Scenario {scenario.name} has tasks of the categories {', '.join(missing)}, for which the city has no "
            "playbook; put one in force first."
        )
    start = scenario.start.replace(tzinfo=city.zone).astimezone(UTC)
    graph = city.graph
    homes = _points(graph, [person.home for person in city.people])
    offices = _points(graph, [person.office for person in city.people])
    at = _leaf_points(graph)
    middle, km = _middle(city, scenario, homes, offices, at)
    closed = _closed(city, scenario.closings, middle)
    return Stage(
        city=city,
        scenario=scenario,
        start=start,
        middle=middle,
        weights=_weights(scenario, homes, km),
        alerts=_alerts(scenario, graph, middle),
        graphs=_graphs(city, scenario.closings, closed),
        closed=closed,
        homes=homes,
        offices=offices,
        on_duty=_on_duty(city, start, int(scenario.minutes) + SPARE_MINUTES),
    )


def _points(graph: GridGraph, places: Sequence[Place]) -> Points:
    return graph.points(
        [place.lon for place in places], [place.lat for place in places], [place.grid_id for place in places]
    )


def _leaf_points(graph: GridGraph) -> Points:
    """A point inside each leaf."""
    inside = [leaf.polygon.representative_point() for leaf in graph.leaves]
    return graph.points([p.x for p in inside], [p.y for p in inside], [leaf.id for leaf in graph.leaves])


def _middle(
    city: City, scenario: Scenario, homes: Points, offices: Points, at: Points
) -> tuple[tuple[float, float], Shares]:
    """The middle of the scenario, and the kilometres of each leaf from it."""
    x, y = float(np.median(offices.x)), float(np.median(offices.y))
    bridges = [each for each in city.crossings if each.kind == "bridge"] or list(city.crossings)
    if scenario.where is not Where.BANK or not bridges:
        return (x, y), np.hypot(at.x - x, at.y - y) / 1000.0
    ends = []
    for number, bridge in enumerate(bridges):
        for lon, lat in ((bridge.link.a_lon, bridge.link.a_lat), (bridge.link.b_lon, bridge.link.b_lat)):
            ends.append((number, _near(city, lon, lat, homes, offices), lon, lat))
    # The bridge with the most people at its two ends; of these, the end with fewer.
    busiest = max(range(len(bridges)), key=lambda number: sum(near for of, near, *_ in ends if of == number))
    _, _, lon, lat = min(each for each in ends if each[0] == busiest)
    start = city.graph.locate(lon, lat)
    return (start.x, start.y), _km_over_land(city, lon, lat, at, FAR_KM)


def _near(city: City, lon: float, lat: float, homes: Points, offices: Points) -> int:
    """How many live or work near a place, without crossing water."""
    near = NEAR_M / 1000.0
    return sum(int((_km_over_land(city, lon, lat, of, near) <= near).sum()) for of in (homes, offices))


def _km_over_land(city: City, lon: float, lat: float, to: Points, within: float) -> Shares:
    """Kilometres without any link, exact up to `within`; infinite where there is no way."""
    graph = city.graph.with_links(())
    # At 60 km/h on a straight road a minute is a kilometre.
    return Search(graph, graph.locate(lon, lat), speed_kmh=60.0, road_factor=1.0).minutes(to, within)


def _weights(scenario: Scenario, homes: Points, km: Shares) -> Shares:
    weights = np.bincount(homes.leaf, minlength=len(km)) + EMPTY
    if scenario.where is not Where.PEOPLE:
        weights = weights * 0.5 ** ((np.minimum(km, 1e6) / scenario.within_km) ** 2)
    return np.asarray(weights / weights.sum())


def _alerts(scenario: Scenario, graph: GridGraph, middle: tuple[float, float]) -> tuple[Alert, ...]:
    of = lineage(graph.locate(*graph.plane.lonlat(*middle)).leaf.code)
    areas = {Scope.CITY: of[0], Scope.COUNTY: of[min(1, len(of) - 1)]}
    return tuple(
        Alert(areas[each.scope], each.level, each.from_minute * 60.0, each.to_minute * 60.0)
        for each in scenario.alarms
    )


def _closed(
    city: City, closings: Closings | None, middle: tuple[float, float]
) -> tuple[tuple[float, Crossing], ...]:
    if closings is None:
        return ()
    ordered = [each for kind in closings.kinds for each in city.crossings if each.kind == kind]
    if closings.nearest_only:
        ordered = sorted(ordered, key=lambda each: _metres(city.graph, each, middle))[:1]
    times = np.linspace(closings.first_minute, closings.last_minute, len(ordered)).round() * 60.0
    return tuple(zip(times.tolist(), ordered, strict=True))


def _metres(graph: GridGraph, crossing: Crossing, middle: tuple[float, float]) -> float:
    link = crossing.link
    ends = (graph.plane.xy(link.a_lon, link.a_lat), graph.plane.xy(link.b_lon, link.b_lat))
    return min(float(np.hypot(x - middle[0], y - middle[1])) for x, y in ends)


def _graphs(
    city: City, closings: Closings | None, closed: tuple[tuple[float, Crossing], ...]
) -> tuple[tuple[float, GridGraph], ...]:
    graphs = [(0.0, city.graph)]
    left = [each.link for each in city.crossings]
    for seconds, crossing in closed:
        left = [link for link in left if link is not crossing.link]
        graphs.append((seconds, city.graph.with_links(left)))
    if closings is not None and closed:
        graphs.append((closings.to_minute * 60.0, city.graph))
    # Of those that hold from the same second on, the last.
    return tuple(graph for graph, after in pairwise([*graphs, (np.inf, city.graph)]) if graph[0] < after[0])


def _on_duty(city: City, start: datetime, minutes: int) -> NDArray[np.bool_]:
    on = np.zeros((len(city.people), minutes), dtype=np.bool_)
    first = LocalTime.of(start, city.zone)
    days = (first.minute + minutes) // 1440 + 1
    for row, person in zip(on, city.people, strict=True):
        for number in range(days):
            for each in planned(person.plans, first.day + timedelta(days=number)):
                if each.on_duty:
                    offset = number * 1440 - first.minute
                    row[max(0, each.from_minute + offset) : max(0, each.to_minute + offset)] = True
    return on
