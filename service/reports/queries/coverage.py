"""What covers an area, grid by grid: ground, units, homes, who is available, who is in reach. Never a person."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.preview import ChangedParameter, begins_to_call, changed_parameters
from service.dispatch.queries.effects import standby_on_duty
from service.dispatch.queries.ground import Ground
from service.grids.graph import Points
from service.reports.engine.available import Chosen
from service.reports.queries.areas import (
    Below,
    Node,
    Place,
    Share,
    homes,
    places,
    responsible,
    unit_members,
)
from service.reports.queries.people import Asked, People, located, people_around
from service.reports.rules import in_steps, members_of_units
from service.tasks.queries.activations import Levels, levels_around
from service.tasks.queries.playbooks import newest_playbooks
from service.tasks.rules import Level

EXACT = 1
"""The threshold for those who may read the roster anyway: no count is below it but 0."""


class Figures(NamedTuple):
    """Counts of people of one grid; None is one that is not said."""

    available: int | None
    reachable: int | None


class Covered(NamedTuple):
    """What covers one grid."""

    node: Node
    place: Place
    covered_share: float
    gap_m2: float
    units: Sequence[Share]
    members_home: int | None
    members_units: int | None
    figures: Figures


class Changed(NamedTuple):
    """What an activation changes in one grid."""

    node: Node
    before: Figures
    after: Figures
    gained: int | None
    lost: int | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What an activation changes in an area: in the area as a whole, first, and grid by grid."""

    level_from: Level | None
    level_to: Level | None
    standby: int | None
    parameters: Sequence[ChangedParameter]
    grids: Sequence[Changed]


@dataclass(frozen=True, slots=True)
class Listed:
    """The grids that are asked about, with the points that stand for them."""

    nodes: Sequence[Node]
    places: Sequence[Place]
    points: Points

    @property
    def codes(self) -> list[str]:
        """Of the grids."""
        return [node.code for node in self.nodes]


async def listed(session: AsyncSession, ground: Ground, nodes: Sequence[Node]) -> Listed:
    """Some grids, placed."""
    found = await places(session, [node.id for node in nodes])
    at = [found[node.id] for node in nodes]
    points = await asyncio.to_thread(located, ground.graph, [node.code for node in nodes], at)
    return Listed(nodes, at, points)


async def coverage(
    session: AsyncSession,
    ground: Ground,
    area: Below,
    positions: Sequence[int],
    asked: Asked,
    threshold: int,
) -> list[Covered]:
    """What covers the grids at those positions of the area."""
    levels = await levels_around(session, area.top.code, asked.now)
    wanted = await listed(session, ground, [area.nodes[position] for position in positions])
    people = await around(session, ground, area, asked, wanted, [levels])
    figures = await asyncio.to_thread(figures_of, area, positions, wanted, people, levels, threshold)
    ids = [node.id for node in area.nodes]
    own = area.own(await homes(session, ids))
    at_home, said = area.tree.counts(own), area.tree.said(own, threshold)
    units = await responsible(session, [node.id for node in wanted.nodes])
    members = await unit_members(session, {share.unit_code for shares in units.values() for share in shares})
    return [
        Covered(
            node=node,
            place=place,
            covered_share=area.covered_share(position),
            gap_m2=area.gap_m2[position],
            units=units[node.id],
            members_home=at_home[position] if said[position] else None,
            members_units=members_of_units({share.unit_code for share in units[node.id]}, members, threshold),
            figures=each,
        )
        for position, node, place, each in zip(positions, wanted.nodes, wanted.places, figures, strict=True)
    ]


async def around(
    session: AsyncSession,
    ground: Ground,
    area: Below,
    asked: Asked,
    wanted: Listed,
    times: Sequence[Levels],
) -> People:
    """The people of an area, and those around the grids that are asked about."""
    at = {levels.at(code) for levels in times for code in wanted.codes}
    leaves = [node.id for node in area.nodes if node.leaf]
    return await people_around(session, ground, asked, wanted.points, at, leaves)


def figures_of(
    area: Below,
    positions: Sequence[int],
    wanted: Listed,
    people: People,
    levels: Levels,
    threshold: int,
) -> list[Figures]:
    """The counts of the grids at some positions, as they are said."""
    counts = with_and_without(area, people, lambda skill: people.where_they_are(levels, skill))
    available, said = area.tree.counts(counts[0]), area.tree.said_together(counts, threshold)
    reaching = people.reaching(levels, wanted.codes, wanted.points)
    return [
        Figures(available[position] if said[position] else None, in_steps(count, threshold))
        for position, count in zip(positions, reaching, strict=True)
    ]


def with_and_without(area: Below, people: People, choose: Any) -> list[list[int]]:
    """Counts by leaf of those whom `choose` gives for a skill or for none: those who are asked for; and, where that is
    those with a skill, the others and all, since whoever knows two of the three knows the third."""
    skill = people.asked.skill
    chosen: Chosen = choose(skill)
    groups = [chosen]
    if skill is not None:
        everybody: Chosen = choose(None)
        groups += [everybody, everybody & ~chosen]
    return [area.own(people.by_leaf(group)) for group in groups]


async def effect(
    session: AsyncSession,
    ground: Ground,
    area: Below,
    positions: Sequence[int],
    level: Level,
    asked: Asked,
    threshold: int,
) -> Effect:
    """What changes if an area is activated at a level now; of its own activations it is the only one then."""
    before = await levels_around(session, area.top.code, asked.now)
    after = before.having(area.top.code, level)
    playbooks = await newest_playbooks(session)
    wanted = await listed(session, ground, [area.nodes[position] for position in positions])
    people = await around(session, ground, area, asked, wanted, [before, after])
    called: dict[str, int] = {
        code: count
        for code, count in (await standby_on_duty(session, ground, area.top.code, asked.now)).items()
        if begins_to_call(playbooks, before.at(code), after.at(code))
    }
    return Effect(
        level_from=before.at(area.top.code),
        level_to=after.at(area.top.code),
        standby=standby_of(area, called, threshold),
        parameters=list(changed_parameters(playbooks, before, after, area.top.code)),
        grids=await asyncio.to_thread(changes_of, area, positions, wanted, people, before, after, threshold),
    )


def standby_of(area: Below, called: Mapping[str, int], threshold: int) -> int | None:
    """The standby members of the whole area, as the number is said."""
    by_id: dict[UUID, int] = {node.id: called.get(node.code, 0) for node in area.nodes}
    own = area.own(by_id)
    return area.tree.counts(own)[0] if area.tree.said(own, threshold)[0] else None


def changes_of(
    area: Below,
    positions: Sequence[int],
    wanted: Listed,
    people: People,
    before: Levels,
    after: Levels,
    threshold: int,
) -> list[Changed]:
    """The counts of the grids before and after, as they are said: what is left of two that are known is known."""

    def both(skill: str | None) -> tuple[Chosen, Chosen]:
        return people.where_they_are(before, skill), people.where_they_are(after, skill)

    def gained(skill: str | None) -> Chosen:
        was, becomes = both(skill)
        return becomes & ~was

    def lost(skill: str | None) -> Chosen:
        was, becomes = both(skill)
        return was & ~becomes

    tree = area.tree
    coming, going = (with_and_without(area, people, choose) for choose in (gained, lost))
    more, more_said = tree.counts(coming[0]), tree.said_together(coming, threshold)
    less, less_said = tree.counts(going[0]), tree.said_together(going, threshold)
    first = figures_of(area, positions, wanted, people, before, threshold)
    reaching = people.reaching(after, wanted.codes, wanted.points)
    found = []
    for position, node, was, count in zip(positions, wanted.nodes, first, reaching, strict=True):
        then = None
        if was.available is not None and more_said[position] and less_said[position]:
            then = was.available + more[position] - less[position]
        found.append(
            Changed(
                node=node,
                before=was,
                after=Figures(then, in_steps(count, threshold)),
                gained=more[position] if more_said[position] else None,
                lost=less[position] if less_said[position] else None,
            )
        )
    return found


class Thin(NamedTuple):
    """A leaf grid that too few people reach in time."""

    node: Node
    place: Place
    reachable: int | None


async def thin(
    session: AsyncSession, ground: Ground, area: Below, people: int, asked: Asked, threshold: int
) -> list[Thin]:
    """The leaf grids of an area that fewer people than so many reach in time, by code."""
    levels = await levels_around(session, area.top.code, asked.now)
    wanted = await listed(session, ground, [node for node in area.nodes if node.leaf])
    found = await people_around(
        session, ground, asked, wanted.points, {levels.at(code) for code in wanted.codes}
    )
    counts = await asyncio.to_thread(found.reaching, levels, wanted.codes, wanted.points)
    return [
        Thin(node, place, in_steps(count, threshold))
        for node, place, count in zip(wanted.nodes, wanted.places, counts, strict=True)
        if count < people
    ]
