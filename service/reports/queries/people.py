"""The people around some places, and who of them is available: dispatch's own reading and rules."""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import numpy as np
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.dispatch.commands.preview import urgent_section
from service.dispatch.engine.problem import Candidate
from service.dispatch.queries.candidates import candidates_in
from service.dispatch.queries.ground import Ground
from service.grids.graph import GridGraph, Points
from service.reports.engine.available import Call, Chosen, available
from service.reports.engine.reach import reached
from service.reports.queries.areas import Place
from service.tasks.models import Playbook
from service.tasks.queries.activations import Levels
from service.tasks.rules import Level


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks about people: who is available for an urgent task of a category, with a skill if one is
    named, and in reach within so many minutes."""

    playbook: Playbook
    minutes: int
    skill: str | None
    now: datetime
    office_hours: bool

    def call(self, level: Level | None) -> Call:
        """The task in a place at that level."""
        section = urgent_section(self.playbook, level)
        return Call(self.playbook.category, level, section, self.office_hours, self.now)


@dataclass(frozen=True, slots=True)
class People:
    """Everybody around some places, available or not."""

    graph: GridGraph
    asked: Asked
    candidates: Sequence[Candidate]
    points: Points
    _chosen: dict[tuple[Level | None, str | None], Chosen] = field(default_factory=dict)

    def chosen(self, level: Level | None, skill: str | None) -> Chosen:
        """Who may be asked for a task in a place at that level."""
        if (level, skill) not in self._chosen:
            self._chosen[level, skill] = available(self.candidates, self.asked.call(level), skill)
        return self._chosen[level, skill]

    def where_they_are(self, levels: Levels, skill: str | None) -> Chosen:
        """Who may be asked for a task in the leaf where they are."""
        found = np.zeros(len(self.candidates), dtype=np.bool_)
        at = [levels.at(self.graph.leaves[position].code) for position in self.points.leaf]
        for level in set(at):
            found |= np.array([each is level for each in at]) & self.chosen(level, skill)
        return found

    def by_leaf(self, chosen: Chosen) -> Counter[UUID]:
        """How many of those chosen are in each leaf."""
        return Counter(self.graph.leaves[position].id for position in self.points.leaf[chosen])

    def reaching(self, levels: Levels, codes: Sequence[str], places: Points) -> list[int]:
        """How many available people with the skill reach each place in time; `codes` are those of the places."""
        counts = np.zeros(len(codes), dtype=np.int64)
        at = [levels.at(code) for code in codes]
        for level in set(at):
            here = np.array([each is level for each in at])
            speed_kmh, road_factor = self.asked.call(level).way
            counts[here] = reached(
                self.graph,
                only(places, here),
                only(self.points, self.chosen(level, self.asked.skill)),
                within=self.asked.minutes,
                speed_kmh=speed_kmh,
                road_factor=road_factor,
            )
        return [int(count) for count in counts]


def only(points: Points, which: Chosen) -> Points:
    """Some of the points."""
    return Points(points.x[which], points.y[which], points.leaf[which])


def located(graph: GridGraph, codes: Sequence[str], places: Sequence[Place]) -> Points:
    """The places of grids as points of the graph: that of a leaf is in it, that of another in whichever holds it."""
    by_code = {leaf.code: leaf.id for leaf in graph.leaves}
    leaves = [
        by_code[code] if code in by_code else graph.locate(place.lon, place.lat).leaf.id
        for code, place in zip(codes, places, strict=True)
    ]
    return graph.points([place.lon for place in places], [place.lat for place in places], leaves)


async def people_around(
    session: AsyncSession,
    ground: Ground,
    asked: Asked,
    places: Points,
    levels: Collection[Level | None],
    leaves: Collection[UUID] = (),
) -> People:
    """Everybody in the leaves, and everybody who may be in reach of one of the places at one of the levels."""
    wanted = dict.fromkeys(leaves)
    if len(places.x) > 0:
        fastest = max(speed_kmh / factor for speed_kmh, factor in (asked.call(each).way for each in levels))
        x, y = (float(each.min() + each.max()) / 2 for each in (places.x, places.y))
        spread = float(np.hypot(places.x - x, places.y - y).max())
        radius = spread + asked.minutes * fastest * 1000 / 60 + 1
        wanted |= dict.fromkeys(ground.graph.leaves_between(x, y, 0, radius))
    # No task has this id: nobody was asked for it. What each one's answers promise is not looked at.
    candidates = await candidates_in(session, ground, list(wanted), new_id(), ((0, 0.5),), asked.now)
    points = await asyncio.to_thread(points_of, ground.graph, candidates)
    return People(ground.graph, asked, candidates, points)


def points_of(graph: GridGraph, candidates: Sequence[Candidate]) -> Points:
    """Where they are taken to be."""
    places = [candidate.place for candidate in candidates]
    return graph.points(
        [place.lon for place in places],
        [place.lat for place in places],
        [place.grid_id for place in places],
    )
