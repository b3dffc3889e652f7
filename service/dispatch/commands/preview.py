"""What an activation does, as data: the preview's answer, and the record of the activation itself. Reads only.

What is compared is the time before it begins with the time after. An activation that is planned for later is
compared by the activations of then, with the tasks and the people of now.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.dispatch.commands.reach import Reach, problem_of, travel_minutes
from service.dispatch.engine.assign import skill_sets
from service.dispatch.engine.eligibility import closest_reason
from service.dispatch.engine.problem import Problem, Reason, Section
from service.dispatch.queries.effects import held_by, standby_on_duty
from service.dispatch.queries.ground import Ground
from service.dispatch.rules import mode_of, precedence, section_of
from service.grids.queries.names import names_of
from service.grids.rules import CODE_LENGTHS
from service.tasks.commands.activations import NewActivation, check_activation
from service.tasks.models import Playbook, Task
from service.tasks.queries.activations import Levels, levels_around, live_tasks_in
from service.tasks.queries.playbooks import newest_playbooks
from service.tasks.rules import Level, TaskState, Urgency, level_of

COUNTY_DIGITS = CODE_LENGTHS[1]
MOST_TASKS = 20
"""For so many tasks, the oldest, it is told who becomes eligible: everybody within the widest reach of each is read,
which takes some 0.2 s a task in a city of 2,000 members."""


@dataclass(frozen=True, slots=True)
class ChangedParameter:
    """A field of the parameters that apply to an urgent task of a category."""

    category: str
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class TurnedTask:
    """A live task whose level changes; None is normal mode."""

    id: UUID
    category: str
    urgency: str
    state: str
    level_from: Level | None
    level_to: Level | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who becomes eligible; `home_code` says whose they are to see."""

    member_id: UUID
    home_code: str


@dataclass(frozen=True, slots=True)
class NewlyEligible:
    """Who may be asked for a task that turns and could not be before, nearest first, and what kept them."""

    task_id: UUID
    people: tuple[Person, ...]
    by_reason: dict[Reason, int]


@dataclass(frozen=True, slots=True)
class CountyStandby:
    """How many standby members of a county become callable for urgent tasks."""

    code: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Effects:
    """All that an activation changes."""

    level_from: Level | None
    level_to: Level | None
    parameters: tuple[ChangedParameter, ...]
    tasks: tuple[TurnedTask, ...]
    people: tuple[NewlyEligible, ...]
    left_out: int
    """Open tasks that turn and are not in `people`: beyond `MOST_TASKS`."""
    standby: tuple[CountyStandby, ...]


async def preview(session: AsyncSession, ground: Ground, new: NewActivation, now: datetime) -> Effects:
    """What an activation would do. Raises what `check_activation` raises."""
    await check_activation(session, new, now)
    return await effects(session, ground, new, now)


async def effects(session: AsyncSession, ground: Ground, new: NewActivation, now: datetime) -> Effects:
    """What an activation that is not written yet does; the one that it replaces counts as what was before."""
    before = await levels_around(session, new.area.code, new.from_at)
    after = before.having(new.area.code, new.level)
    playbooks = await newest_playbooks(session)
    turned = [
        (task, level_from, level_to)
        for task in await live_tasks_in(session, new.area.code)
        if (level_from := level_before(task, before, new, now)) != (level_to := level_in(task, after))
    ]
    held = await held_by(session, [task.id for task, _, _ in turned])
    with_open_seats = [each for each in turned if each[0].state == TaskState.OPEN]
    return Effects(
        level_from=before.at(new.area.code),
        level_to=after.at(new.area.code),
        parameters=tuple(changed_parameters(playbooks, before, after, new.area.code)),
        tasks=tuple(
            TurnedTask(task.id, task.category, task.urgency, task.state, level_from, level_to)
            for task, level_from, level_to in turned
        ),
        people=tuple(
            [await newly_eligible(session, ground, *each, held, now) for each in with_open_seats[:MOST_TASKS]]
        ),
        left_out=len(with_open_seats[MOST_TASKS:]),
        standby=tuple(await standby(session, ground, playbooks, before, after, new.area.code, now)),
    )


def level_in(task: Task, levels: Levels) -> Level | None:
    """The level of a task in its place."""
    return level_of(Urgency(task.urgency), levels.at(task.grid_code))


def level_before(task: Task, before: Levels, new: NewActivation, now: datetime) -> Level | None:
    """The level from which a task turns: its own where that happens now, later that of its place by then."""
    if new.from_at > now:
        return level_in(task, before)
    return None if task.level is None else Level(task.level)


def changed_parameters(
    playbooks: Iterable[Playbook], before: Levels, after: Levels, area: str
) -> Iterable[ChangedParameter]:
    """What an urgent task posted in the area is dispatched with otherwise, by category."""
    for playbook in playbooks:
        old, new = (urgent_section(playbook, levels.at(area)) for levels in (before, after))
        for field in fields(Section):
            was, becomes = getattr(old, field.name), getattr(new, field.name)
            if was != becomes:
                yield ChangedParameter(playbook.category, field.name, was, becomes)


def urgent_section(playbook: Playbook, activated: Level | None) -> Section:
    """The parameters of an urgent task in a place where `activated` is the highest live activation."""
    return section_of(playbook.sections, playbook.levels, level_of(Urgency.URGENT, activated))


async def newly_eligible(
    session: AsyncSession,
    ground: Ground,
    task: Task,
    level_from: Level | None,
    level_to: Level | None,
    held: Collection[UUID],
    now: datetime,
) -> NewlyEligible:
    """Who within the last step of reach may be asked at the new level and could not be at the old one, at any step.

    Those whom a task that turns has asked already or engaged (`held`) stay with it: they are left out.
    """
    playbook = await session.get_one(Playbook, task.playbook_id)
    new_section = section_of(playbook.sections, playbook.levels, level_to)
    old_section = section_of(playbook.sections, playbook.levels, level_from)
    problem = await problem_of(session, task, new_section, at_least=0, now=now, zone=ground.zone)
    reach = Reach.of(task, ground, at_level(problem, task, new_section, level_to))
    reach.rings = reach.rings[-1:]  # the widest alone: everybody is wanted
    await reach.widen(session)
    then, candidates = reach.problem, reach.problem.candidates
    before = replace(at_level(problem, task, old_section, level_from), minutes=then.minutes)
    if way(old_section) != way(new_section):
        search = Reach.of(task, ground, before).search
        before = replace(before, minutes=travel_minutes(ground, search, candidates, before.reach_minutes))
    needs = skill_sets(problem.seats)
    reasons = {
        candidate.member_id: reason
        for candidate in candidates
        if candidate.member_id not in held
        and closest_reason(candidate, needs, then) is None
        and (reason := closest_reason(candidate, needs, before)) is not None
    }
    found = [candidate for candidate in candidates if candidate.member_id in reasons]
    found.sort(key=lambda candidate: (then.minutes[candidate.member_id], candidate.member_id))
    return NewlyEligible(
        task_id=task.id,
        people=tuple(Person(candidate.member_id, candidate.home_code) for candidate in found),
        by_reason=dict(Counter(reasons.values())),
    )


def way(section: Section) -> tuple[float, float]:
    """What travel times follow from, beside the map."""
    return section.speed_kmh, section.road_factor


def at_level(problem: Problem, task: Task, section: Section, level: Level | None) -> Problem:
    """A task's problem as it is at a level, at the last step of reach."""
    mode = mode_of(level)
    return replace(
        problem,
        mode=mode,
        precedence=precedence(mode, task.drill),
        section=section,
        step=len(section.reach_minutes) - 1,
    )


async def standby(
    session: AsyncSession,
    ground: Ground,
    playbooks: Sequence[Playbook],
    before: Levels,
    after: Levels,
    area: str,
    now: datetime,
) -> list[CountyStandby]:
    """The standby members on duty in an area who become callable for urgent tasks of some category, by county."""
    counts: Counter[str] = Counter()
    for code, people in (await standby_on_duty(session, ground, area, now)).items():
        if begins_to_call(playbooks, before.at(code), after.at(code)):
            counts[code[:COUNTY_DIGITS]] += people
    names = await names_of(session, counts)
    return [
        CountyStandby(code, names[code].name if code in names else code, counts[code])
        for code in sorted(counts)
    ]


def begins_to_call(playbooks: Iterable[Playbook], before: Level | None, after: Level | None) -> bool:
    """Whether some category calls standby members after, and did not before."""
    return any(
        urgent_section(playbook, after).calls_standby and not urgent_section(playbook, before).calls_standby
        for playbook in playbooks
    )
