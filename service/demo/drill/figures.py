"""The drill in numbers, as JSON: whole, by mode, category and urgency, and task by task. Pure.

Every number is reckoned from what the service says over REST. Times are the service's own, in seconds. The mode of
a task is the one in which it ended.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from service.demo.drill.check import moment, offers_of
from service.demo.drill.client import Json
from service.demo.drill.found import Found
from service.demo.drill.notes import Deed, Notes
from service.demo.drill.screen import count_filled

GROUPS = ("mode", "category", "urgency")
NOBODY, TOO_FEW = "nobody", "too_few"
"""Why a wave fell short: nobody lives within its reach; or some may be asked, and fewer than its target wants."""


def figures(notes: Notes, found: Found) -> Json:
    """All of the numbers."""
    tasks = in_order(notes, found)
    count = Counting(notes, found)
    return {
        "all": count.figures(tasks),
        **{f"by_{group}": count.by(group, tasks) for group in GROUPS},
        "tasks": [
            {
                "number": notes.numbers[task["id"]],
                **{name: task[name] for name in ("id", "title", "state", *GROUPS)},
                **count.figures([task]),
            }
            for task in tasks
        ],
        "activations": [
            {name: each[name] for name in ("id", "area", "level", "from", "ended_at")}
            for each in found.activations
        ],
    }


def in_order(notes: Notes, found: Found) -> list[Json]:
    """The tasks as they are now, in the order of the drill."""
    numbered = sorted(notes.task_ids, key=notes.numbers.__getitem__)
    return [found.tasks[task_id] for task_id in numbered if task_id in found.tasks]


class Counting:
    """Counts over any of the tasks."""

    def __init__(self, notes: Notes, found: Found) -> None:
        self.said = {ack.subject: ack.deed for ack in notes.of(Deed.ACCEPT, Deed.DECLINE)}
        """yes or no by offer."""
        self.ledgers: Mapping[str, Sequence[Json]] = found.ledgers

    def by(self, group: str, tasks: Sequence[Json]) -> dict[str, Json]:
        """The figures of each group, by its name."""
        groups: dict[str, list[Json]] = defaultdict(list)
        for task in tasks:
            groups[task[group]].append(task)
        return {name: self.figures(groups[name]) for name in sorted(groups)}

    def figures(self, tasks: Sequence[Json]) -> Json:
        """The figures of some tasks. What was asked and what was not, by reason, add up to the people considered."""
        offers = list(chain.from_iterable(offers_of(task).values() for task in tasks))
        waves = list(chain.from_iterable(self.ledgers[task["id"]] for task in tasks))
        said = Counter(self.said.get(offer["id"]) for offer in offers)
        short = [wave["shortfall"] for wave in waves if wave["shortfall"] is not None]
        not_asked: Counter[str] = Counter()
        for wave in waves:
            not_asked.update(wave["counts"])
        return {
            "tasks": len(tasks),
            "states": counted(task["state"] for task in tasks),
            "seats": sum(len(task["seats"]) for task in tasks),
            "filled": sum(count_filled(task) for task in tasks),
            "waves": len(waves),
            "batches": len({wave["batch_id"] for wave in waves} - {None}),
            "people": sum(wave["people"] for wave in waves),
            "asked": len(offers),
            "not_asked": dict(sorted(not_asked.items())),
            "yes": said[Deed.ACCEPT],
            "no": said[Deed.DECLINE],
            "unanswered": sum(offer["answered_at"] is None for offer in offers),
            "offers": counted(offer["state"] for offer in offers),
            "first_yes_s": spread([at for task in tasks if (at := self.first_yes(task)) is not None]),
            "staffed_s": spread([seconds(task, task["staffed_at"]) for task in tasks if task["staffed_at"]]),
            "short_waves": len(short),
            "shortfalls": counted(chain.from_iterable(causes_of(shortfall) for shortfall in short)),
        }

    def first_yes(self, task: Json) -> float | None:
        """Seconds from the post to the first yes, if there was one."""
        times = (
            seconds(task, offer["answered_at"])
            for offer in offers_of(task).values()
            if self.said.get(offer["id"]) is Deed.ACCEPT
        )
        return min(times, default=None)


def causes_of(shortfall: Json) -> set[str]:
    """Why a wave fell short, each cause once."""
    return {cause["reason"] or NOBODY for cause in shortfall["causes"]} or {TOO_FEW}


def seconds(task: Json, text: str) -> float:
    """From the post of a task to a time of the service's."""
    return (moment(text) - moment(task["created_at"])).total_seconds()


def counted(words: Iterable[str]) -> dict[str, int]:
    """How often each word comes, by word."""
    return dict(sorted(Counter(words).items()))


def spread(times: Sequence[float]) -> Json:
    """Of how many tasks there is a time, and the time's p50 and p90."""
    return {
        "tasks": len(times),
        "p50": percentile(times, 0.5) if times else None,
        "p90": percentile(times, 0.9) if times else None,
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the least value that at least `share` of the values do not exceed."""
    ranked = sorted(values)
    return ranked[max(math.ceil(share * len(ranked)), 1) - 1]
