"""Manual dispatch: a dispatcher chooses people, and the same rules say what the choice breaks."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.hold import hold_members, supersede
from service.dispatch.commands.ledger import write_wave
from service.dispatch.commands.reach import problem_of, travel_minutes
from service.dispatch.engine.check import Finding, check
from service.dispatch.engine.cost import cost
from service.dispatch.engine.problem import Plan, PlannedOffer, Problem
from service.dispatch.engine.travel import Search
from service.dispatch.models import Wave
from service.dispatch.queries.candidates import candidates_named
from service.dispatch.queries.ground import Ground
from service.dispatch.queries.playbooks import parameters
from service.dispatch.rules import Trigger
from service.errors import Conflict, Invalid
from service.tasks.models import Task
from service.tasks.queries.tasks import lock_task
from service.tasks.rules import TaskState

Holds = Callable[[str], bool]
"""Whether a division code lies in the dispatcher's scope."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A choice with what it breaks."""

    problem: Problem
    findings: tuple[Finding, ...]


async def check_choice(
    session: AsyncSession, ground: Ground, task: Task, members: Sequence[UUID], holds: Holds, now: datetime
) -> Checked:
    """What asking these members for the task would break, hard and soft.

    Raises Conflict when the task has ended, Invalid with the ids that are nobody's.
    """
    if not TaskState(task.state).live:
        raise Conflict("task-ended", state=task.state)
    section = (await parameters(session, task)).section
    candidates = await candidates_named(session, ground, members, task.id, section.acceptance_prior, now)
    if unknown := sorted(set(members) - {candidate.member_id for candidate in candidates}):
        raise Invalid("unknown-members", members=", ".join(str(member) for member in unknown))
    candidates = [replace(each, in_scope=holds(each.home_code)) for each in candidates]
    start = ground.graph.locate(task.lon, task.lat)
    search = Search(ground.graph, start, speed_kmh=section.speed_kmh, road_factor=section.road_factor)
    problem = replace(
        await problem_of(session, task, section, at_least=0, now=now, zone=ground.zone),
        candidates=tuple(candidates),
        minutes=travel_minutes(ground, search, candidates, section.reach_minutes[-1]),
        searched_minutes=0.0,
    )
    return Checked(problem, check(problem, members))


async def choose(
    session: AsyncSession,
    ground: Ground,
    task_id: UUID,
    members: Sequence[UUID],
    overrule: str | None,
    holds: Holds,
    *,
    by: UUID,
    now: datetime,
) -> Wave:
    """Ask these members now. All or nothing.

    Raises Conflict when the task has ended, has no open seat, somebody breaks a hard rule, somebody breaks a
    soft one and there is no reason to overrule it, or somebody was taken meanwhile.
    """
    task = await lock_task(session, task_id)
    checked = await check_choice(session, ground, task, members, holds, now)
    problem = checked.problem
    if not problem.seats:
        raise Conflict("no-open-seat")
    if hard := [finding for finding in checked.findings if finding.hard]:
        raise Conflict("hard-rule-broken", errors=faults(hard))
    if overrule is None and (soft := [finding for finding in checked.findings if finding.soft]):
        raise Conflict("soft-rule-broken", errors=faults(soft))
    if taken := set(members) - (await hold_members(session, set(members), problem.precedence)).free:
        raise Conflict("taken-meanwhile", members=", ".join(sorted(str(member) for member in taken)))
    plan = Plan(
        offers=tuple(offers(problem, checked.findings)),
        reach_minutes=problem.reach_minutes,
        searched_minutes=0.0,
        probability=0.0,
        target_met=True,
        not_chosen=(),
    )
    await supersede(session, members, now)
    written = await write_wave(
        session,
        task,
        plan,
        Trigger.CHOSEN,
        now,
        by=by,
        overrule_reason=overrule,
    )
    return written.wave


def offers(problem: Problem, findings: Sequence[Finding]) -> list[PlannedOffer]:
    """An offer for each finding: of the seats they could take, the one with the fewest offers."""
    candidates = {candidate.member_id: candidate for candidate in problem.candidates}
    waiting: Counter[UUID] = Counter(pending.seat_id for pending in problem.pending)
    planned = []
    for finding in findings:
        seat_id = min(finding.seat_ids, key=lambda seat_id: waiting[seat_id])
        waiting[seat_id] += 1
        candidate = candidates[finding.member_id]
        minutes = problem.minutes[finding.member_id]
        planned.append(
            PlannedOffer(
                finding.member_id,
                seat_id,
                minutes,
                cost(candidate, problem),
                candidate.acceptance,
                candidate.place.source,
            )
        )
    return planned


def faults(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The findings as the fields at fault of a problem document."""
    return [
        {"field": f"member_ids.{finding.member_id}", "reason": ", ".join([*finding.hard, *finding.soft])}
        for finding in findings
    ]
