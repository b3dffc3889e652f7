"""The service's own way, by its own engine: `commands.plan`, `batch`, `expire` and `seek`, without a database."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from service.dispatch.engine.assign import group_seats
from service.dispatch.engine.match import is_enough_around, match
from service.dispatch.engine.outwards import Outwards
from service.dispatch.engine.plan import Sketch, is_enough, sketch
from service.dispatch.engine.problem import Candidate, Mode, Plan, PlannedOffer
from service.dispatch.rules import OfferState, Trigger, answer_time, pause, rings
from service.simulate.parts import Task
from service.simulate.ways import NEAR_MINUTES
from service.simulate.world import World


@dataclass(slots=True)
class Around(Outwards):
    """A task's search outwards among those whom nothing surely keeps."""

    task: Task
    world: World
    people: tuple[Candidate, ...] = ()
    """Nearest first."""
    minutes: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    """Of each of them, rising."""
    searched: float = 0.0
    """How far `people` is whole, in minutes."""

    @classmethod
    def of(cls, world: World, task: Task, at_least: int = 0) -> "Around":
        """The search of a task, before its first ring."""
        problem = world.problem(task, at_least=at_least)
        return cls(problem, list(rings(problem.section.reach_minutes, task.step)), task, world)

    def widen(self) -> bool:
        """Take the next ring; False where nobody lives in it."""
        step, minutes = self.rings.pop(0)
        if minutes > self.searched:
            self._look(minutes)
        known = len(self.problem.candidates)
        within = int(np.searchsorted(self.minutes, minutes, side="right"))
        found = self.people[:within]
        self.problem = replace(
            self.problem,
            step=step,
            candidates=found,
            minutes={each.member_id: float(m) for each, m in zip(found, self.minutes, strict=False)},
            searched_minutes=minutes,
        )
        return within > known

    def _look(self, minutes: float) -> None:
        """Look for people so far out, or farther."""
        world, task, section = self.world, self.task, self.problem.section
        farthest = section.reach_minutes[-1]
        self.searched = min(NEAR_MINUTES, farthest) if minutes <= NEAR_MINUTES else farthest
        ways = world.luck.ways.minutes(task.need, world.now, section, self.searched)
        may = world.crowd.may_be_asked(world.now, task.precedence, section) & (ways <= self.searched)
        members = np.flatnonzero(may)
        members = members[np.argsort(ways[members], kind="stable")]
        self.people = tuple(world.crowd.candidates(members.tolist(), world.now, section, task))
        self.minutes = ways[members]


class Ours:
    """Ring by ring in an emergency, together in normal mode; refusals replaced, unanswered waves widened."""

    late_counts = True

    def __init__(self, world: World) -> None:
        self._world = world
        self._queued: dict[int, Task] = {}
        """Normal tasks that wait for the next batch, by number."""
        self._batch_at: float | None = None
        self._wave: dict[int, int] = {}
        """The number of each task's newest wave."""
        self._asks_nobody: set[int] = set()
        """Tasks whose newest wave asked nobody."""

    def posted(self, task: Task) -> None:
        """Plan at once in an emergency; else collect."""
        if task.mode is Mode.NORMAL:
            self._seek(task, self._world.stage.city.collecting.total_seconds())
        else:
            self._plan_wave(task)

    def lost(self, task: Task, trigger: Trigger) -> None:
        """Have the next best asked: at once in an emergency, else with the next batch."""
        if task.mode is Mode.NORMAL:
            self._seek(task, 0.0)
        else:
            self._queued.pop(task.need.number, None)
            self._plan_wave(task, at_least=0 if trigger is Trigger.ACTIVATED else 1)

    # Emergencies.

    def _plan_wave(self, task: Task, *, at_least: int = 0, unless_empty: bool = False) -> bool:
        """`commands.plan.plan_wave`. False where it would ask nobody, and is not to be written then."""
        around = Around.of(self._world, task, at_least)
        offers = self._search_outwards(around)
        if unless_empty and not offers:
            return False
        task.step = around.problem.step
        self._write_wave(task, offers)
        return True

    def _search_outwards(self, around: Around) -> Sequence[PlannedOffer]:
        found: Sketch | None = None
        while True:
            somebody_new = around.widen()
            if found is None or somebody_new:
                found = sketch(around.problem)
            if around.at_the_end or is_enough(found, around.problem):
                return found.offers

    def _write_wave(self, task: Task, offers: Sequence[PlannedOffer]) -> None:
        section = self._world.section(task)
        number = self._wave[task.need.number] = self._wave.get(task.need.number, 0) + 1
        stands = answer_time(section).total_seconds()
        self._world.ask(task, offers, stands)
        if offers:
            self._asks_nobody.discard(task.need.number)
        else:
            self._asks_nobody.add(task.need.number)
        wait = stands if offers else pause(section).total_seconds()
        step = task.step
        self._world.at(self._world.now + wait, lambda: self._wave_due(task, number, step, bool(offers)))

    def _wave_due(self, task: Task, number: int, step: int, asked: bool) -> None:
        """A wave's time is up: `commands.expire.wave_due`."""
        world = self._world
        if task.given_up:
            return
        world.end_offers([each for each in task.pending if each.expires_s <= world.now], OfferState.EXPIRED)
        open_seats = {seat.id for seat in task.open_seats}
        if task.mode is Mode.NORMAL:
            open_seats -= {offer.seat_id for offer in task.pending}
        if not open_seats:
            return
        if task.step == step < len(world.section(task).reach_minutes) - 1:
            task.step += 1
        if task.mode is Mode.NORMAL:
            self._seek(task, 0.0)
        elif not self._plan_wave(task, unless_empty=not asked):
            # Nobody new: the wave that found nobody stands, and is tried again.
            wait = pause(world.section(task)).total_seconds()
            world.at(world.now + wait, lambda: self._wave_due(task, number, step, asked))

    # Normal tasks.

    def _seek(self, task: Task, wait_s: float) -> None:
        self._queued[task.need.number] = task
        due = self._world.now + wait_s
        if self._batch_at is None or due < self._batch_at:
            self._batch_at = due
            self._world.at(due, self._match_due)

    def _match_due(self) -> None:
        """Match all that waits together: `commands.batch.plan_batch`."""
        if self._batch_at != self._world.now:
            return
        self._batch_at = None
        waiting = [task for task in self._queued.values() if task.mode is Mode.NORMAL and not task.given_up]
        self._queued.clear()
        searches = []
        for task in waiting:
            if {seat.id for seat in task.open_seats} <= {offer.seat_id for offer in task.pending}:
                continue
            around = Around.of(self._world, task)
            self._look(around)
            searches.append(around)
        for around, found in zip(searches, self._match(searches), strict=True):
            self._write_matched(around, found)

    def _look(self, around: Around) -> None:
        while not around.at_the_end:
            around.widen()
            if is_enough_around(group_seats(around.problem), at_an_edge=around.at_an_edge):
                return

    def _match(self, searches: Sequence[Around]) -> Sequence[Plan]:
        while True:
            plans = match([around.problem for around in searches])
            short = [
                around
                for around, found in zip(searches, plans, strict=True)
                if not found.target_met and not around.at_the_end
            ]
            if not short:
                return plans
            for around in short:
                around.widen()

    def _write_matched(self, around: Around, found: Plan) -> None:
        task, section = around.task, around.problem.section
        task.step = section.reach_minutes.index(found.reach_minutes)
        if not found.offers and task.need.number in self._asks_nobody:
            number, step = self._wave[task.need.number], task.step
            wait = pause(section).total_seconds()
            self._world.at(self._world.now + wait, lambda: self._wave_due(task, number, step, False))
            return
        self._write_wave(task, found.offers)
