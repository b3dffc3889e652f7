"""Coverage over time: each county's is reckoned once an hour and kept, as nobody can reckon it afterwards."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.queries.ground import Ground
from service.dispatch.rules import in_office_hours
from service.errors import Invalid
from service.grids.models import Grid, GridVersion
from service.grids.rules import CODE_LENGTHS, Layer
from service.reports.models import CoverageSample
from service.reports.queries.areas import below
from service.reports.queries.coverage import EXACT, coverage, thin
from service.reports.queries.people import Asked
from service.reports.rules import EMERGENCY, ENOUGH_MINUTES, ENOUGH_PEOPLE
from service.tasks.queries.playbooks import newest_playbook
from service.timers.schedule import schedule

SAMPLE_DUE = "coverage.sample_due"
EVERY = timedelta(hours=1)
NO_AREA = ""
"""Of the workers' shares: what is reckoned once an hour is no reason to divide the counties among them."""
COUNTY_DIGITS = CODE_LENGTHS[1]


async def start_sampling(session: AsyncSession, now: datetime) -> None:
    """Set the timer of each county; one that is set already is moved to the same full hour."""
    for grid_id, _ in await session.execute(counties()):
        await schedule(session, SAMPLE_DUE, grid_id, next_hour(now), NO_AREA)


def counties() -> Select[UUID, str]:
    """The counties on the map as it is now, by code."""
    return (
        select(Grid.id, Grid.code)
        .join(GridVersion, GridVersion.grid_id == Grid.id)
        .where(
            Grid.layer == Layer.GOVERNANCE,
            func.length(Grid.code) == COUNTY_DIGITS,
            GridVersion.valid_to.is_(None),
        )
        .order_by(Grid.code)
    )


def next_hour(now: datetime) -> datetime:
    """The next full hour."""
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + EVERY


async def sample_due(session: AsyncSession, ground: Ground, grid_id: UUID, now: datetime) -> None:
    """Reckon and keep what covers a county now, and set the timer for the next hour.

    A county that has gone from the map has no sample and no further timer; without a playbook there is nothing to
    reckon by yet.
    """
    county = (await session.execute(counties().where(Grid.id == grid_id))).one_or_none()
    if county is None:
        return
    code: str = county.code
    await schedule(session, SAMPLE_DUE, grid_id, next_hour(now), NO_AREA)
    try:
        playbook = await newest_playbook(session, EMERGENCY)
    except Invalid:
        return
    asked = Asked(playbook, ENOUGH_MINUTES, None, now, in_office_hours(now, ground.zone))
    tree = await below(session, code)
    (whole,) = await coverage(session, ground, tree, [0], asked, EXACT)
    leaves = sum(node.leaf for node in tree.nodes)
    few = await thin(session, ground, tree, ENOUGH_PEOPLE, asked, EXACT)
    row = insert(CoverageSample).values(
        area_code=code,
        at=now,
        available=whole.figures.available or 0,
        leaves=leaves,
        covered=leaves - len(few),
    )
    await session.execute(row.on_conflict_do_nothing())
