"""What one look at the tasks must never show, whatever is going on. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from service.demo.drill.client import Json

BY_HAND = "chosen"
"""The trigger of a wave that a dispatcher chose: they may ask two for one seat."""


def asked_twice(tasks: Sequence[Json], emergencies: Collection[str]) -> Iterator[str]:
    """Members who have more than one pending offer, and seats of normal tasks for which the service asks more than
    one member at a time. The tasks were read by one statement.

    `emergencies` are those that have been in emergency mode, where many are asked; what was asked then stays asked.
    """
    by_member: dict[str, list[str]] = defaultdict(list)
    by_seat: dict[str, list[str]] = defaultdict(list)
    for task in tasks:
        alone = task["mode"] == "normal" and task["id"] not in emergencies
        for wave in task["waves"]:
            for offer in wave["offers"]:
                if offer["state"] != "pending":
                    continue
                by_member[offer["member_id"]].append(offer["id"])
                if alone and wave["trigger"] != BY_HAND:
                    by_seat[offer["seat_id"]].append(offer["id"])
    for member_id, offers in by_member.items():
        if len(offers) > 1:
            yield f"member {member_id} was asked by {len(offers)} offers at once: {', '.join(sorted(offers))}"
    for seat_id, offers in by_seat.items():
        if len(offers) > 1:
            yield f"seat {seat_id}, in normal mode, had {len(offers)} pending offers: {', '.join(sorted(offers))}"
