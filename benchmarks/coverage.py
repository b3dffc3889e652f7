"""Coverage of the whole city within 10 minutes' reach, against one pass over its members.

    VANGUARD_TEST_DATABASE_URL=postgresql://… python -m benchmarks.coverage [--minutes 10]
        [--at 2026-06-03T12:00+08:00]

In a database of its own, with the demo city. One pass is the statement with which
dispatch reads the members, of all leaves at once; its plan is printed. Coverage is all that `GET /coverage` reckons,
for each leaf of the city and the city as a whole: that pass, ground, units, homes, and the travel times of everybody
available to every leaf. Times are medians in one run; the ratio is what to compare between machines.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import ARRAY, Uuid, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

import service.schema  # noqa: F401
from benchmarks.cities import fill
from benchmarks.measure import heading, scratch, verdict
from service.db.base import new_id, utcnow
from service.db.engine import make_engine, make_sessions
from service.dispatch.queries.candidates import binds, candidates_in, candidates_sql, in_grids_sql
from service.dispatch.queries.ground import Ground, ground_of
from service.dispatch.rules import in_office_hours
from service.grids.store import GraphStore
from service.reports.guards import EMERGENCY
from service.reports.queries.areas import below
from service.reports.queries.coverage import coverage
from service.reports.queries.people import Asked
from service.reports.rules import SUPPRESS_BELOW
from service.roster.rules import LocalTime
from service.settings import Settings
from service.tasks.queries.playbooks import newest_playbook


async def timed(rounds: int, work: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    """The median milliseconds of some rounds, after one that does not count, and the last result."""
    result = await work()
    times = []
    for _ in range(rounds):
        began = perf_counter()
        result = await work()
        times.append((perf_counter() - began) * 1000)
    return median(times), result


async def plan_of_pass(session: AsyncSession, ground: Ground, now: datetime) -> list[str]:
    """The plan of the pass over the members, as it ran."""
    at_office = in_office_hours(now, ground.zone)
    sql = f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {candidates_sql(in_grids_sql(at_office), at_office)}"
    leaves = [leaf.id for leaf in ground.graph.leaves]
    statement = text(sql).bindparams(bindparam("grids", leaves, ARRAY(Uuid)))
    lines = await session.scalars(statement, binds(ground, new_id(), LocalTime.of(now, ground.zone)))
    return list(lines)


async def run(minutes: int, now: datetime, rounds: int) -> None:
    """Print the plan, the two times, and their ratio."""
    async with scratch() as settings:
        await fill(settings)
        await run_on(settings, minutes, now, rounds)


async def run_on(settings: Settings, minutes: int, now: datetime, rounds: int) -> None:
    """The same, on a database that holds the city."""
    heading("Coverage of the whole city")
    engine = make_engine(settings)
    async with make_sessions(engine)() as session:
        ground = await ground_of(session, GraphStore(), settings)
        leaves = [leaf.id for leaf in ground.graph.leaves]
        asked = Asked(
            await newest_playbook(session, EMERGENCY),
            minutes,
            None,
            now,
            in_office_hours(now, ground.zone),
        )
        one_pass, members = await timed(
            rounds, lambda: candidates_in(session, ground, leaves, new_id(), ((0, 0.5),), now)
        )
        bare, _ = await timed(rounds, lambda: session.execute(text("SELECT * FROM member")))

        async def whole() -> Any:
            area = await below(session, settings.city[:4])
            positions = [0] + [place for place, node in enumerate(area.nodes) if node.leaf]
            return await coverage(session, ground, area, positions, asked, SUPPRESS_BELOW)

        all_of_it, found = await timed(rounds, whole)
        print(*await plan_of_pass(session, ground, now), sep="\n")
    await engine.dispose()
    reached = sum(row.figures.reachable != 0 for row in found[1:])
    print(
        f"\nat {now.isoformat()}: {len(members)} members, {len(leaves)} leaves;"
        f" {reached} of them in reach of somebody within {minutes} minutes"
    )
    print(f"coverage of the whole city           {all_of_it:9.1f} ms")
    print(f"one pass over the members            {one_pass:9.1f} ms")
    print(f"SELECT * FROM member, for comparison {bare:9.1f} ms")
    verdict("coverage of the whole city ÷ one pass over its members", all_of_it / one_pass)
    verdict("coverage of the whole city ÷ SELECT * FROM member", all_of_it / bare)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=int, default=10)
    parser.add_argument("--at", type=datetime.fromisoformat, default=utcnow())
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    asyncio.run(run(given.minutes, given.at, given.rounds))


if __name__ == "__main__":
    main()
