"""What came of a day: seat by seat, and why seats stayed empty. Pure."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from service.dispatch.engine.problem import Seat
from service.dispatch.rules import EngagementState
from service.simulate.parts import Task
from service.simulate.world import World
from service.tasks.rules import Urgency


class Cause(StrEnum):
    """Why a seat was not filled in time: the first that leaves nobody, as the deadline finds it."""

    LOST = "lost"
    """Somebody had said yes in time, and withdrew, did not come, or was called away."""
    UNREACHABLE = "unreachable"
    """Nobody lives or works where a way leads from within the farthest reach."""
    SKILL = "skill"
    """Nobody within reach has the skills."""
    OFF_DUTY = "off_duty"
    """None of those is on duty, or called."""
    BUSY = "busy"
    """All of those are asked or engaged by other tasks, or rest."""
    NO_YES = "no_yes"
    """There were people: none of those asked said yes in time."""


@dataclass(frozen=True, slots=True)
class SeatOutcome:
    """One seat. Seconds from the post of its task; None: not."""

    need: int
    """The number of the task."""
    urgency: Urgency
    deadline_s: float
    filled_s: float | None
    """Until the yes of whoever came, or is on the way; within the deadline."""
    scene_s: float | None
    """Until they were there."""
    cause: Cause | None
    """Of a seat that was not filled."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One day under one policy."""

    seats: tuple[SeatOutcome, ...]
    offers: int
    people: tuple[int, ...]
    """How many people had so many offers: by number of offers, from 1 on."""
    in_vain: int
    """Yeses for which no seat was left."""
    withdrawn: int
    no_shows: int
    preempted: int

    @property
    def filled(self) -> int:
        """Seats filled within their deadline."""
        return sum(seat.filled_s is not None for seat in self.seats)


class Watch:
    """Notes, at each deadline, why seats are empty."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._causes: dict[tuple[int, int], Cause] = {}
        for need in world.day.needs:
            # Just before the desk gives the seats up, with everything as it then is.
            world.at(need.due_s, lambda number=need.number: self._look(number))  # type: ignore[misc]

    def outcome(self) -> Outcome:
        """What came of the day, once it has run."""
        world = self._world
        ended = [each.state for task in world.tasks for each in task.engagements]
        counts = np.bincount(list(world.asked_by_member.values()) or [0])[1:]
        return Outcome(
            seats=tuple(self._seat(task, seat) for task in world.tasks for seat in task.seats),
            offers=len(world.offers),
            people=tuple(counts.tolist()),
            in_vain=world.in_vain,
            withdrawn=ended.count(EngagementState.WITHDRAWN),
            no_shows=ended.count(EngagementState.NO_SHOW),
            preempted=ended.count(EngagementState.PREEMPTED),
        )

    def _look(self, number: int) -> None:
        task = self._world.tasks[number]
        for seat in task.open_seats:
            self._causes[number, seat.number] = self._cause(task, seat)

    def _cause(self, task: Task, seat: Seat) -> Cause:
        world, need = self._world, task.need
        crowd, section = world.crowd, world.section(task)
        if any(each.seat is seat for each in task.engagements):
            return Cause.LOST
        farthest = section.reach_minutes[-1]
        left = world.luck.ways.minutes(need, world.now, section, farthest) <= farthest
        asked = np.zeros(len(left), dtype=np.bool_)
        asked[list(task.asked)] = True
        free = crowd.may_be_asked(world.now, task.precedence, section) | asked
        steps = (
            (Cause.UNREACHABLE, crowd.having(frozenset())),
            (Cause.SKILL, crowd.having(seat.skills)),
            (Cause.OFF_DUTY, crowd.on_duty(world.now, section) | asked),
            (Cause.BUSY, free),
        )
        for cause, remain in steps:
            left = left & remain
            if not left.any():
                return cause
        return Cause.NO_YES

    def _seat(self, task: Task, seat: Seat) -> SeatOutcome:
        need = task.need
        engagement = task.filled.get(seat.id)
        filled = engagement is not None and engagement.kept
        scene = engagement.scene_s if engagement is not None else None
        return SeatOutcome(
            need=need.number,
            urgency=need.urgency,
            deadline_s=need.due_s - need.at_s,
            filled_s=engagement.accepted_s - need.at_s if engagement is not None and filled else None,
            scene_s=scene - need.at_s if scene is not None else None,
            cause=None if filled else self._causes.get((need.number, seat.number), Cause.LOST),
        )


def live(world: World) -> Outcome:
    """Let a world's day happen, and say what came of it."""
    watch = Watch(world)
    world.run()
    return watch.outcome()
