"""Coverage over REST: numbers by grid, never a person."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from service.access.guards import READ, allow
from service.access.rules import Action, Caller
from service.dispatch.guards import OnGround
from service.dispatch.queries.ground import Ground
from service.errors import Invalid
from service.geo.crs import Crs
from service.reports.guards import area_for, asked_for, check_people, threshold_for
from service.reports.queries.areas import Below
from service.reports.queries.coverage import coverage, effect, thin
from service.reports.queries.people import Asked
from service.reports.schemas.coverage import (
    ChangedOut,
    CoverageOut,
    CoveredOut,
    EffectOut,
    ThinGridOut,
    ThinOut,
)
from service.tasks.rules import Level
from service.web.asked import InCrs
from service.web.fields import Code
from service.web.idempotency import OnceRoute
from service.web.paging import After, Limit, Page, cursor_id, page
from service.web.problems import documented
from service.web.transaction import Now, Tx

router = APIRouter(prefix="/api/v1/coverage", tags=["coverage"], route_class=OnceRoute)

MOST_MINUTES = 60
"""Farther ways are for single tasks: to every leaf of a city they take longer to search than a request may be idle in
its transaction."""
Item = TypeVar("Item")

Reading = Annotated[Caller, Depends(allow(Action.COVERAGE_READ))]
AreaCode = Annotated[Code, Query(description="A division code: the city's, a county's, … or a grid's own")]
Minutes = Annotated[int, Query(ge=1, le=MOST_MINUTES, description="By travel time")]
SkillCode = Annotated[Code | None, Query(description="Count only those who have it, not expired today")]
CategoryCode = Annotated[Code | None, Query(description="Of an urgent task; left out: emergency_response")]


class By(StrEnum):
    """Into which grids an answer is divided."""

    COUNTY = "county"
    TOWN = "town"
    COMMUNITY = "community"
    GRID = "grid"
    LEAF = "leaf"
    """Whatever has nothing below it."""


Divided = Annotated[
    By | None, Query(description="The grids of that level in the area; left out: those next below it")
]


def divided(area: Below, by: By | None) -> list[int]:
    """The positions of those grids, by code."""
    nodes = enumerate(area.nodes)
    if by is None:
        return [position for position, node in nodes if node.parent_id == area.top.id]
    if by is By.LEAF:
        found = [position for position, node in nodes if node.leaf]
        return sorted(found, key=lambda position: area.nodes[position].code)
    return [position for position, node in nodes if node.level == by and position > 0]


def from_behind(items: Sequence[Item], after: UUID | None, key: Callable[[Item], UUID]) -> Sequence[Item]:
    """The items behind the one of that key. Raises Invalid where there is none."""
    if after is None:
        return items
    place = next((place for place, item in enumerate(items) if key(item) == after), None)
    if place is None:
        raise Invalid("invalid-cursor")
    return items[place + 1 :]


def echo(ground: Ground, asked: Asked, threshold: int) -> dict[str, Any]:
    """The fields that say what was asked."""
    return {
        "at": asked.now,
        "edition": ground.graph.edition,
        "minutes": asked.minutes,
        "skill": asked.skill,
        "category": asked.playbook.category,
        "threshold": threshold,
    }


@router.get("", responses=documented(*READ))
async def read_coverage(
    tx: Tx,
    now: Now,
    ground: OnGround,
    who: Reading,
    area: AreaCode,
    minutes: Minutes = 10,
    skill: SkillCode = None,
    category: CategoryCode = None,
    level: Divided = None,
    limit: Limit = 50,
    after: After = None,
    crs: InCrs = Crs.CGCS2000,
) -> CoverageOut:
    """What covers an area now: ground, responsible units, members, who is available and who is in reach."""
    tree = await area_for(tx, who, area)
    threshold = threshold_for(who, tree)
    asked = await asked_for(
        tx, ground, minutes=minutes, skill=skill, category=category, threshold=threshold, now=now
    )
    shown = positions_on_page(tree, level, limit, after)
    top, *rows = await coverage(tx, ground, tree, [0, *shown.items], asked, threshold)
    return CoverageOut(
        **echo(ground, asked, threshold),
        total=CoveredOut.of(top, crs),
        items=[CoveredOut.of(row, crs) for row in rows],
        next=shown.next,
    )


def positions_on_page(area: Below, by: By | None, limit: int, after: str | None) -> Page[int]:
    """The positions of a page's grids."""

    def key(position: int) -> UUID:
        return area.nodes[position].id

    return page(from_behind(divided(area, by), cursor_id(after), key), limit, key)


@router.get("/activation", responses=documented(*READ))
async def read_effect(
    tx: Tx,
    now: Now,
    ground: OnGround,
    who: Reading,
    area: AreaCode,
    level: Annotated[Level, Query(description="Of the activation: I is the highest, IV the lowest")],
    minutes: Minutes = 10,
    skill: SkillCode = None,
    category: CategoryCode = None,
    by: Divided = None,
    limit: Limit = 50,
    after: After = None,
) -> EffectOut:
    """What would change in the coverage of an area if it were activated now; nothing does."""
    tree = await area_for(tx, who, area)
    threshold = threshold_for(who, tree)
    asked = await asked_for(
        tx, ground, minutes=minutes, skill=skill, category=category, threshold=threshold, now=now
    )
    shown = positions_on_page(tree, by, limit, after)
    changes = await effect(tx, ground, tree, [0, *shown.items], level, asked, threshold)
    return EffectOut(
        **echo(ground, asked, threshold),
        **EffectOut.fields_of(changes),
        items=[ChangedOut.of(each) for each in changes.grids[1:]],
        next=shown.next,
    )


@router.get("/thin", responses=documented(*READ))
async def read_thin(
    tx: Tx,
    now: Now,
    ground: OnGround,
    who: Reading,
    area: AreaCode,
    people: Annotated[int, Query(ge=1, le=100_000, description="Fewer than so many")],
    minutes: Minutes = 10,
    skill: SkillCode = None,
    category: CategoryCode = None,
    limit: Limit = 50,
    after: After = None,
    crs: InCrs = Crs.CGCS2000,
) -> ThinOut:
    """The leaf grids that fewer than so many available people reach in time."""
    tree = await area_for(tx, who, area)
    threshold = threshold_for(who, tree)
    check_people(people, threshold)
    asked = await asked_for(
        tx, ground, minutes=minutes, skill=skill, category=category, threshold=threshold, now=now
    )
    found = await thin(tx, ground, tree, people, asked, threshold)
    rest = from_behind(found, cursor_id(after), lambda each: each.node.id)
    shown = page(rest, limit, lambda each: each.node.id)
    return ThinOut(
        **echo(ground, asked, threshold),
        **ThinOut.fields_of(found, sum(node.leaf for node in tree.nodes)),
        people=people,
        items=[ThinGridOut.of(each, crs) for each in shown.items],
        next=shown.next,
    )
