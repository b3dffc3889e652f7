"""Why seats fell short. Pure."""

from collections.abc import Mapping
from typing import Any

NOT_TAKEN = "not_taken"
"""Enough people were asked, as far as one could tell, and too few came."""


def causes(shortfall: Mapping[str, Any] | None, seats: int) -> dict[str, int]:
    """Of so many unserved seats of a task how many for which reason.

    `shortfall` is that of the task's last wave (`dispatch.commands.ledger.shortfall`): for seats that nobody could fill
    it says what kept most of the people from it. The other seats were not taken.
    """
    found: dict[str, int] = {}
    left = seats
    for cause in (shortfall or {}).get("causes", ()):
        share = min(left, cause["seats"])
        if share and cause["reason"]:
            found[cause["reason"]] = found.get(cause["reason"], 0) + share
            left -= share
    if left:
        found[NOT_TAKEN] = found.get(NOT_TAKEN, 0) + left
    return found
