"""A scenario with one seed: which tasks, where and when; who leaves duty. Pure; the same seed, the same day."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from service.grids.graph import Leaf, Located
from service.simulate.behaviour import inclinations
from service.simulate.draws import Draws, Shares
from service.simulate.scenario import DEADLINE_MINUTES, Kind
from service.simulate.stage import Stage
from service.tasks.rules import Urgency

_TRIES = 50
"""How often a point of a leaf's frame is drawn until one lies in the leaf."""


@dataclass(frozen=True, slots=True)
class Need:
    """A task, as it will be posted. Seconds count from the scenario's start."""

    number: int
    """From 0 on, in the order in which they are posted."""
    at_s: float
    due_s: float
    """The deadline: the open seats are given up then."""
    place: Located
    lon: float
    lat: float
    category: str
    urgency: Urgency
    seats: tuple[frozenset[str], ...]
    """The skills of each."""
    stay_minutes: float
    units: frozenset[str]
    """Responsible for the place."""
    neighbour_units: frozenset[str]

    @property
    def code(self) -> str:
        """Of the leaf."""
        return self.place.leaf.code


@dataclass(frozen=True, slots=True)
class Day:
    """All that a seed decides before anybody is asked."""

    stage: Stage
    draws: Draws
    needs: tuple[Need, ...]
    inclination: Shares
    leaves_s: Shares
    """When each member leaves duty for good; infinite: never."""
    on_duty: NDArray[np.bool_]
    """Shape (people, minutes): `Stage.on_duty` without those who left."""


def draw_day(stage: Stage, seed: int) -> Day:
    """The day of a seed."""
    draws = Draws(seed, [person.number for person in stage.city.people])
    leaves_s = _leaves(stage, draws)
    minute = np.arange(stage.on_duty.shape[1]) * 60.0
    return Day(
        stage=stage,
        draws=draws,
        needs=tuple(_needs(stage, draws)),
        inclination=inclinations(draws),
        leaves_s=leaves_s,
        on_duty=stage.on_duty & (minute < leaves_s[:, None]),
    )


def _leaves(stage: Stage, draws: Draws) -> Shares:
    leaving = stage.scenario.leaving
    if leaving is None:
        return np.full(len(stage.city.people), np.inf)
    span = leaving.to_minute - leaving.from_minute
    at = np.floor(leaving.from_minute + draws.of_members("leaves duty at") * span) * 60.0
    return np.where(draws.of_members("leaves duty") < leaving.share, at, np.inf)


def _needs(stage: Stage, draws: Draws) -> list[Need]:
    times = sorted(
        np.floor(
            (stretch.from_minute + draws.one("time", which, n) * (stretch.to_minute - stretch.from_minute))
            * 60.0
        )
        for which, stretch in enumerate(stage.scenario.stretches)
        for n in range(stretch.tasks)
    )
    kinds = np.cumsum([kind.weight for kind in stage.scenario.kinds])
    leaves = np.cumsum(stage.weights)
    needs = []
    for number, at_s in enumerate(times):
        kind = stage.scenario.kinds[_drawn(kinds, draws.one("kind", number))]
        leaf = stage.city.graph.leaves[_drawn(leaves, draws.one("leaf", number))]
        needs.append(_need(stage, draws, number, float(at_s), kind, leaf))
    return needs


def _drawn(cumulated: Shares, share: float) -> int:
    found = int(np.searchsorted(cumulated, share * cumulated[-1], side="right"))
    return min(found, len(cumulated) - 1)


def _need(stage: Stage, draws: Draws, number: int, at_s: float, kind: Kind, leaf: Leaf) -> Need:
    city = stage.city
    lon, lat = _inside(leaf, draws, number)
    place = city.graph.locate(lon, lat)
    around = [city.graph.leaf(each).code for each in city.graph.neighbours(place.leaf.id)]
    units = city.units_at(lon, lat)
    neighbours = frozenset[str]().union(*(city.units_of_leaf.get(code, frozenset()) for code in around))
    return Need(
        number=number,
        at_s=at_s,
        due_s=at_s + DEADLINE_MINUTES[kind.urgency] * 60.0,
        place=place,
        lon=lon,
        lat=lat,
        category=kind.category,
        urgency=kind.urgency,
        seats=_seats(kind.seats, city.skills),
        stay_minutes=kind.stay_minutes,
        units=units,
        neighbour_units=neighbours - units,
    )


def _seats(wanted: Sequence[tuple[str | None, int]], known: frozenset[str]) -> tuple[frozenset[str], ...]:
    return tuple(
        frozenset({skill}) if skill is not None and skill in known else frozenset()
        for skill, count in wanted
        for _ in range(count)
    )


def _inside(leaf: Leaf, draws: Draws, number: int) -> tuple[float, float]:
    """A point of a leaf (degrees), to six digits."""
    west, south, east, north = leaf.polygon.bounds
    for attempt in range(_TRIES):
        lon = round(west + draws.one("lon", number, attempt) * (east - west), 6)
        lat = round(south + draws.one("lat", number, attempt) * (north - south), 6)
        if shapely.contains_xy(leaf.polygon, lon, lat):
            return lon, lat
    inner = leaf.polygon.representative_point()
    return round(inner.x, 6), round(inner.y, 6)
