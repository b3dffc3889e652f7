"""Blast: the nearest 100 within 1.5 km in a straight line are asked at once; then wider, until the seats are filled."""

from service.dispatch.rules import OfferState, Trigger, answer_time
from service.simulate.parts import Task
from service.simulate.policies.near import RETRY_S, offers_for, within_metres
from service.simulate.world import World

FIRST_M = 1500.0
WIDER = 2.0
"""Each radius is so many times the last."""
FARTHEST_M = 100_000.0
AT_ONCE = 100


class Blast:
    """The radius doubles when the playbook's time for an answer is over, and at once where there is nobody."""

    late_counts = True

    def __init__(self, world: World) -> None:
        self._world = world
        self._radius: dict[int, float] = {}
        self._waits: set[int] = set()

    def posted(self, task: Task) -> None:
        """The first blast."""
        self._radius[task.need.number] = FIRST_M
        self._blast(task)

    def lost(self, task: Task, trigger: Trigger) -> None:
        """One that is under way goes on to its end; else another."""
        if task.need.number not in self._waits:
            self._blast(task)

    def _blast(self, task: Task) -> None:
        world, number = self._world, task.need.number
        while True:
            people = within_metres(world, task, self._radius[number])
            planned = offers_for(people, task.open_seats, lambda seat: AT_ONCE, AT_ONCE)
            if planned or self._radius[number] >= FARTHEST_M:
                break
            self._radius[number] *= WIDER
        stands_s = answer_time(world.section(task)).total_seconds()
        self._waits.add(number)
        world.ask(task, planned, stands_s)
        world.at(world.now + (stands_s if planned else RETRY_S), lambda: self._over(task))

    def _over(self, task: Task) -> None:
        self._waits.discard(task.need.number)
        if task.given_up:
            return
        self._world.end_offers(list(task.pending), OfferState.EXPIRED)
        if task.open_seats:
            self._radius[task.need.number] = min(self._radius[task.need.number] * WIDER, FARTHEST_M)
            self._blast(task)
