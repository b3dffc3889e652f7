"""What the drill was told: every answer that the service acknowledged, word for word."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from service.demo.drill.client import Json
from service.demo.drill.sight import asked_twice


class Deed(StrEnum):
    """What was done, by a dispatcher or a member."""

    POST = "post"
    WIDEN = "widen"
    CHOOSE = "choose"
    CLOSE = "close"
    CANCEL = "cancel"
    ACCEPT = "accept"
    DECLINE = "decline"
    EN_ROUTE = "en-route"
    ON_SCENE = "on-scene"
    RELEASE = "release"
    WITHDRAW = "withdraw"
    NO_SHOW = "no-show"


ANSWERS = (Deed.ACCEPT, Deed.DECLINE)
MOVES = (Deed.EN_ROUTE, Deed.ON_SCENE, Deed.RELEASE, Deed.WITHDRAW, Deed.NO_SHOW)


@dataclass(frozen=True, slots=True)
class Ack:
    """One acknowledged action with the body of its 2xx."""

    task_id: str
    deed: Deed
    subject: str
    """The id of the task, offer or engagement that it was done to."""
    member_id: str | None
    """Whose answer or engagement it is; None for what is done to a task."""
    answer: Json


@dataclass(slots=True)
class Notes:
    """Written as answers come in, never changed."""

    acks: list[Ack] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    """409s: what the state forbade. Part of the game (a yes from somebody who is engaged elsewhere)."""
    numbers: dict[str, int] = field(default_factory=dict)
    """The task's number in the drill, by its id: answers to posts may come in another order."""
    faults: list[str] = field(default_factory=list)
    """What should never be answered: 5xx, and refusals of what is allowed."""
    emergencies: set[str] = field(default_factory=set)
    """The tasks that have been seen in emergency mode."""
    seen_wrong: set[str] = field(default_factory=set)
    """What a look at the tasks must never show, in sentences."""

    def see(self, tasks: Sequence[Json]) -> None:
        """Note what the tasks show, all of them read at once."""
        self.emergencies.update(task["id"] for task in tasks if task["mode"] == "emergency")
        self.seen_wrong.update(asked_twice(tasks, self.emergencies))

    def of(self, *deeds: Deed) -> Iterator[Ack]:
        """The notes of these deeds."""
        return (ack for ack in self.acks if ack.deed in deeds)

    def about(self, task_id: str) -> list[Ack]:
        """The notes of one task, in the order in which they came."""
        return [ack for ack in self.acks if ack.task_id == task_id]

    @property
    def task_ids(self) -> list[str]:
        """The tasks that were posted, in that order."""
        return [ack.task_id for ack in self.of(Deed.POST)]
