"""The dry run of a playbook: what would have changed for the last week's tasks. Nothing is written or locked.

Each task's first wave is planned anew at the time when the task was posted, once by the playbook in force and once
by the proposed one, as if it were the only task. The people are today's: who was busy, tired or near at that time is
not known any more, so everybody counts as free and is taken to be at the duty place of that hour.

One plan takes some 20 to 60 ms, and two are made for each task for which the parameters differ: `REHEARSED` bounds the
whole to some six seconds.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.batch import look
from service.dispatch.commands.reach import Reach, problem_of
from service.dispatch.engine.match import match
from service.dispatch.engine.plan import explain, is_enough, sketch
from service.dispatch.engine.playbook import Draft, columns
from service.dispatch.engine.problem import Candidate, Mode, Plan, Section
from service.dispatch.engine.problem import Seat as OpenSeat
from service.dispatch.queries.ground import Ground
from service.dispatch.queries.playbooks import PostedTask, posted_since
from service.dispatch.rules import mode_of, precedence, section_of
from service.tasks.models import Playbook
from service.tasks.queries.tasks import seats_of

REHEARSED = 50
"""The most tasks for which it is done, the newest."""
LOOKED_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a first wave comes to."""

    asked: int
    reach: float
    """Minutes of travel."""
    probability: float
    """That all seats fill (a lower bound)."""
    target_met: bool


@dataclass(frozen=True, slots=True)
class Change:
    """A task whose first wave would have been another."""

    task_id: UUID
    posted_at: datetime
    urgency: str
    level: str | None
    before: Outcome
    after: Outcome


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would have changed."""

    tasks: int
    """Posted in the time looked back, drills left out."""
    outcomes: tuple[Change, ...]
    """Of all that were rehearsed, changed or not; newest first."""

    @property
    def rehearsed(self) -> int:
        """For how many of the tasks it was done."""
        return len(self.outcomes)

    @property
    def changed(self) -> list[Change]:
        """Those whose first wave would have been another."""
        return [each for each in self.outcomes if each.before != each.after]

    @property
    def asked_before(self) -> int:
        """The people asked by the playbook in force, over all rehearsed tasks."""
        return sum(each.before.asked for each in self.outcomes)

    @property
    def asked_after(self) -> int:
        """The people asked by the proposed one."""
        return sum(each.after.asked for each in self.outcomes)

    @property
    def met_before(self) -> int:
        """The tasks whose target the playbook in force meets."""
        return sum(each.before.target_met for each in self.outcomes)

    @property
    def met_after(self) -> int:
        """The tasks whose target the proposed one meets."""
        return sum(each.after.target_met for each in self.outcomes)


async def rehearse(
    session: AsyncSession, ground: Ground, in_force: Playbook, draft: Draft, now: datetime
) -> Rehearsal:
    """Plan the first waves of a category's last tasks by the playbook in force and by the draft, which has no
    defects."""
    proposed = columns(draft)
    posted = await posted_since(session, in_force.category, now - LOOKED_BACK, now, REHEARSED)
    outcomes = []
    for each in posted.newest:
        # Nobody's position of today says where they were then.
        then = replace(ground, presence_fresh=each.task.created_at - now - timedelta(minutes=1))
        before_section = section_of(in_force.sections, in_force.levels, each.level)
        after_section = section_of(proposed["sections"], proposed["levels"], each.level)
        before = await first_wave(session, then, each, before_section)
        same = after_section == before_section
        after = before if same else await first_wave(session, then, each, after_section)
        task = each.task
        outcomes.append(
            Change(task.id, task.created_at, task.urgency, each.level, outcome(before), outcome(after))
        )
    return Rehearsal(posted.total, tuple(outcomes))


async def first_wave(session: AsyncSession, ground: Ground, posted: PostedTask, section: Section) -> Plan:
    """The first wave of a task as those parameters would have it, with all its seats open and everybody free."""
    task, at = posted.task, posted.task.created_at
    mode = mode_of(posted.level)
    problem = replace(
        await problem_of(session, task, section, at_least=0, now=at, zone=ground.zone),
        mode=mode,
        precedence=precedence(mode, task.drill),
        step=0,
        seats=tuple(
            OpenSeat(seat.id, seat.number, frozenset(seat.skills))
            for seat in await seats_of(session, [task.id])
        ),
        pending=(),
    )
    reach = AsIfFree.of(task, ground, problem)
    if mode is Mode.NORMAL:
        await look(session, reach)
        found = match([reach.problem])[0]
        while not (found.target_met or reach.at_the_end):
            await reach.widen(session)
            found = match([reach.problem])[0]
        return found
    while True:
        await reach.widen(session)
        chosen = sketch(reach.problem)
        if reach.at_the_end or is_enough(chosen, reach.problem):
            return explain(reach.problem, chosen)


class AsIfFree(Reach):
    """A search that finds everybody free."""

    async def widen(self, session: AsyncSession) -> None:
        """Take the next ring."""
        await super().widen(session)
        candidates = tuple(free(candidate) for candidate in self.problem.candidates)
        self.problem = replace(self.problem, candidates=candidates)


def free(candidate: Candidate) -> Candidate:
    """The same member with nothing to hold them."""
    return replace(
        candidate,
        offered=None,
        engaged=None,
        on_scene=False,
        taken=False,
        already_asked=False,
        resting_until=None,
        week_hours=0.0,
    )


def outcome(found: Plan) -> Outcome:
    """What a wave comes to."""
    return Outcome(
        asked=len(found.offers),
        reach=found.reach_minutes,
        probability=round(found.probability, 4),
        target_met=found.target_met,
    )
