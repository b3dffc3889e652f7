"""Checking what was read against what is there now."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Sessions
from service.errors import Again
from service.geo.shapes import Polygonal
from service.grids.commands.editions import lock_edition
from service.grids.queries.map import edition_number, held_edition
from service.imports.checks.fit import check_fit
from service.imports.checks.found import Findings, Source, report
from service.imports.checks.governance import check_governance, needed
from service.imports.checks.grids import GridPlan
from service.imports.checks.links import LinkPlan, check_links
from service.imports.checks.members import MemberPlan, check_members
from service.imports.checks.party import check_party
from service.imports.checks.units import UnitPlan, check_units
from service.imports.commands.job import Job, Missing, Progress, Stage
from service.imports.commands.read import Read
from service.imports.queries import known
from service.imports.queries import roster as roster_queries
from service.imports.rules import Kind
from service.roster.queries.members import lock_members, member_ids
from service.roster.queries.units import lock_units

Plan = GridPlan | LinkPlan | UnitPlan | MemberPlan


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a file before it is stored. The plan holds as long as what was `seen` is still so."""

    source: Source
    findings: Findings
    plan: Plan
    seen: "Seen"

    def report(self) -> dict[str, Any]:
        """As JSON, without words."""
        return report(self.source, self.findings)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a plan rests on: the map's edition, and the roster where people or units are concerned."""

    edition: int
    roster: Any = None


async def check(sessions: Sessions, job: Job, read: Read, progress: Progress) -> Checked:
    """Check a file that was read: what is known is loaded in a transaction of its own, which is over before the checks
    begin, as those of a whole city take seconds. Raises Again when the map moves on meanwhile."""
    progress.tell(Stage.CHECKING, 0, read.source.rows)
    async with sessions() as session:
        edition = await edition_number(session)
        work, roster = await prepare(session, job, read)
        if await edition_number(session) != edition:
            raise Again
    plan = await asyncio.to_thread(work)
    return Checked(read.source, read.findings, plan, Seen(edition, roster))


Work = Callable[[], Plan]


async def prepare(session: AsyncSession, job: Job, read: Read) -> tuple[Work, Any]:
    """What there is to be done, with all that it needs loaded; and the part of the roster that it rests on."""
    close = job.missing is Missing.CLOSE
    if job.kind is Kind.GOVERNANCE_GRIDS:
        return await prepare_governance(session, job, read, close=close), None
    if job.kind is Kind.PARTY_GRIDS:
        return await prepare_party(session, job, read, close=close)
    if job.kind is Kind.LINKS:
        places = [end for each in read.links for end in (each.end_a, each.end_b)]
        found = iter(await known.ends(session, places))
        ends = list(zip(found, found, strict=True))
        links = await known.links(session)
        return partial(
            check_links, read.links, links, ends, job.scope, close=close, findings=read.findings
        ), None
    if job.kind is Kind.UNITS:
        units = await roster_queries.units(session)
        leaves = await known.ends(session, [each.office for each in read.units])
        return partial(check_units, read.units, units, leaves, read.findings), units
    roster = await roster_queries.roster(session)
    return partial(
        check_members, read.members, roster, job.scope, close=close, findings=read.findings
    ), roster


async def prepare_governance(session: AsyncSession, job: Job, read: Read, *, close: bool) -> Work:
    """Against the tree, with the shapes of the file's parents and their children."""
    grids = await known.governance_grids(session, needed(read.grids))
    borders = [grid.shape for grid in grids.values() if grid.shape is not None]

    def work() -> GridPlan:
        plan = check_governance(read.grids, grids, job.scope, close=close, findings=read.findings)
        check_fit(read.grids, grids, borders, read.source.crs_used, read.findings)
        return plan

    return work


async def prepare_party(session: AsyncSession, job: Job, read: Read, *, close: bool) -> tuple[Work, Any]:
    """Against all party grids, and the leaves around the file."""
    grids = await known.party_grids(session)
    units = await known.units(session)
    codes = {each.code for each in read.grids}
    shapes: list[Polygonal] = [each.shape for each in read.grids]
    shapes += [grid.shape for code, grid in grids.items() if code in codes and grid.shape is not None]
    leaves = await known.leaves_around(session, shapes)
    city = await known.city(session)
    gap_m2 = await known.gap_m2(session)

    def work() -> GridPlan:
        plan = check_party(
            read.grids,
            grids,
            leaves,
            city,
            units,
            job.scope,
            close=close,
            gap_m2=gap_m2,
            findings=read.findings,
        )
        check_fit(read.grids, grids, list(leaves.values()), read.source.crs_used, read.findings)
        return plan

    return work, units


async def still_so(session: AsyncSession, checked: Checked, now: datetime) -> None:
    """Keep what a plan rests on from changing until the transaction ends. Raises Again when it has changed."""
    plan, seen = checked.plan, checked.seen
    if isinstance(plan, GridPlan | LinkPlan):
        edition = (await lock_edition(session, now)).number
    else:
        edition = await held_edition(session)
    if edition != seen.edition:
        raise Again
    roster: Any = None
    if isinstance(plan, UnitPlan):
        await lock_units(session, [each.code for each in plan.put])
        roster = await roster_queries.units(session)
    elif isinstance(plan, MemberPlan):
        await lock_members(session, await member_ids(session, [each.number for each in plan.put]))
        roster = await roster_queries.roster(session)
    elif checked.source.kind == Kind.PARTY_GRIDS:
        roster = await known.units(session)
    if roster != seen.roster:
        raise Again
