"""The nearest three for each open seat have 30 s to accept, then the next three."""

from service.dispatch.rules import OfferState, Trigger
from service.simulate.parts import Task
from service.simulate.policies.near import RETRY_S, nearest, offers_for
from service.simulate.world import World

AT_ONCE = 3
STANDS_S = 30.0


class Nearest3:
    """Rounds of 30 s. With `late_counts` a yes after them still takes a seat that is open."""

    def __init__(self, world: World, *, late_counts: bool = False) -> None:
        self.late_counts = late_counts
        self._world = world
        self._in_round: set[int] = set()

    def posted(self, task: Task) -> None:
        """The first round."""
        self._round(task)

    def lost(self, task: Task, trigger: Trigger) -> None:
        """A round that is under way goes on to its end; else a new one."""
        if task.need.number not in self._in_round:
            self._round(task)

    def _round(self, task: Task) -> None:
        world = self._world
        planned = offers_for(
            nearest(world, task), task.open_seats, lambda seat: AT_ONCE, AT_ONCE * len(task.open_seats)
        )
        self._in_round.add(task.need.number)
        world.ask(task, planned, STANDS_S)
        world.at(world.now + (STANDS_S if planned else RETRY_S), lambda: self._over(task))

    def _over(self, task: Task) -> None:
        self._in_round.discard(task.need.number)
        if task.given_up:
            return
        self._world.end_offers(list(task.pending), OfferState.EXPIRED)
        if task.open_seats:
            self._round(task)
