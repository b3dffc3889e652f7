"""How members behave in the drill. Pure: by seed, task, and the how-manyth of the task they are.

Minutes of real people are seconds here, so that a drill is over in a minute or two.
"""

import random
from dataclasses import dataclass
from enum import StrEnum


class Reply(StrEnum):
    """What a member does about an offer."""

    ACCEPT = "accept"
    DECLINE = "decline"
    SILENT = "silent"
    LATE = "late"
    """A yes, when others have answered long ago."""


class Course(StrEnum):
    """What a member does after their yes."""

    GO = "go"
    WITHDRAW = "withdraw"
    NO_SHOW = "no_show"


SHARES = {Reply.ACCEPT: 0.40, Reply.DECLINE: 0.20, Reply.SILENT: 0.30, Reply.LATE: 0.10}
"""Published rates of saying yes run from 17 to 47 %."""
WITHDRAWS = 0.08
RELEASES_SELF = 0.6
"""The others are released when the dispatcher closes the task."""
REASONS = ("在外地出差", "正在照顾孩子", "身体不适", "已在另一处执勤", "车辆故障")


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reply, and how many seconds after the member was asked."""

    reply: Reply
    after_s: float
    reason: str | None = None
    """Of a refusal, now and then."""


@dataclass(frozen=True, slots=True)
class Way:
    """From the yes to the scene; seconds each. A no-show's `move_s` is the dispatcher's patience."""

    course: Course
    move_s: float
    travel_s: float
    stay_s: float | None
    """On scene until they say that they are done; None leaves it to the dispatcher."""


def reaction(seed: int, task: int, nth: int) -> Reaction:
    """What the `nth` member asked for a task does (from 1 on)."""
    rng = random.Random(f"{seed}/{task}/asked/{nth}")
    (reply,) = rng.choices(list(SHARES), list(SHARES.values()))
    after_s = rng.uniform(15, 28) if reply is Reply.LATE else min(1.5 + rng.expovariate(1 / 6), 20)
    reason = rng.choice(REASONS) if reply is Reply.DECLINE and rng.random() < 0.5 else None
    return Reaction(reply, after_s, reason)


def overslept(seed: int, task: int, nth: int) -> Reaction:
    """The same for the first wave of a task that is left to the timer: the first says yes after it, the rest nothing.

    `after_s` counts from the end of the offer.
    """
    rng = random.Random(f"{seed}/{task}/overslept/{nth}")
    return Reaction(Reply.LATE if nth == 1 else Reply.SILENT, rng.uniform(0.2, 1.0))


def way(seed: int, task: int, nth: int, *, no_show: bool = False) -> Way:
    """What the `nth` member to say yes does (from 1 on). `no_show`: the first of them never moves."""
    rng = random.Random(f"{seed}/{task}/yes/{nth}")
    move_s, travel_s, stay_s = rng.uniform(1, 4), rng.uniform(4, 12), rng.uniform(2, 6)
    if no_show and nth == 1:
        return Way(Course.NO_SHOW, 10.0, 0.0, None)
    if rng.random() < WITHDRAWS:
        return Way(Course.WITHDRAW, move_s, 0.0, None)
    return Way(Course.GO, move_s, travel_s, stay_s if rng.random() < RELEASES_SELF else None)
