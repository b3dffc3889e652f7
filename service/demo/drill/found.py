"""What the service says after the drill."""

from dataclasses import dataclass, field

from service.demo.drill.client import Json


@dataclass(frozen=True, slots=True)
class Found:
    """All of it read anew, over REST."""

    tasks: dict[str, Json]
    """By id, as the dispatcher reads them; one that is not there is missing."""
    ledgers: dict[str, list[Json]]
    """The waves' records of each of these tasks, in order."""
    own: dict[str, Json]
    """Offers by id, as their members read them."""
    of_run: list[str]
    """The ids of all tasks that carry the run's mark."""
    activations: list[Json] = field(default_factory=list)
    """Those of the run."""
