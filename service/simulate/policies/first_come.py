"""First come, nearest first: tasks in the order of their arrival, one person a seat, then the next nearest."""

from service.dispatch.rules import OfferState, Trigger, answer_time
from service.simulate.parts import Offer, Task
from service.simulate.policies.near import RETRY_S, nearest, offers_for
from service.simulate.world import World


class FirstCome:
    """As a desk with a telephone list does it: whoever says no, or nothing in time, gives way to the next."""

    late_counts = True

    def __init__(self, world: World) -> None:
        self._world = world
        self._retries: set[int] = set()

    def posted(self, task: Task) -> None:
        """One for each seat."""
        self._fill_up(task)

    def lost(self, task: Task, trigger: Trigger) -> None:
        """The next for each seat that nobody is asked for."""
        self._fill_up(task)

    def _fill_up(self, task: Task) -> None:
        world = self._world
        asked = {offer.seat_id for offer in task.pending}
        section = world.section(task)
        seats = tuple(seat for seat in task.open_seats if seat.id not in asked)
        planned = offers_for(nearest(world, task), seats, lambda seat: 1, len(seats))
        stands_s = answer_time(section).total_seconds()
        made = world.ask(task, planned, stands_s)
        if made:
            world.at(world.now + stands_s, lambda: self._over(task, made))
        if len(made) < len(seats) and task.need.number not in self._retries:
            self._retries.add(task.need.number)
            world.at(world.now + RETRY_S, lambda: self._again(task))

    def _over(self, task: Task, made: list[Offer]) -> None:
        if task.given_up:
            return
        self._world.end_offers([offer for offer in made if offer in task.pending], OfferState.EXPIRED)
        if task.open_seats:
            self._fill_up(task)

    def _again(self, task: Task) -> None:
        self._retries.discard(task.need.number)
        if task.open_seats:
            self._fill_up(task)
