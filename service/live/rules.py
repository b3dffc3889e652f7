"""Who hears what of the outbox: the one table of the feed, which tells nobody more than REST would answer them.

A kind has the rule of its own name, else that of its family, the part before the dot; a kind without a rule is heard
by nobody. What reaches a caller by the action's scope they hear whole. What is about the member that they are
themselves they hear with those parts of `data` alone that the rule names.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from service.access.rules import Action, Caller, Reach


class View(StrEnum):
    """How much of an event somebody hears."""

    WHOLE = "whole"
    OWN = "own"
    """As the member that it is about."""


@dataclass(frozen=True)
class Rule:
    """Who hears events of a kind."""

    read: Action
    """Whoever may read this where the event happened hears it whole."""
    own: Action | None = None
    """Whoever may do this for themselves hears what is about them."""
    own_data: frozenset[str] = frozenset()
    """What a member hears of `data`: never another member's id, and no text that a dispatcher wrote for others."""
    own_task: bool = False
    """Whether a member learns which task it is: only when they are, or were, engaged in it."""


RULES: dict[str, Rule] = {
    "map": Rule(Action.GRID_READ),
    "playbook": Rule(Action.PLAYBOOK_READ),
    "activation": Rule(Action.ACTIVATION_READ),
    "task": Rule(Action.TASK_READ),
    "wave": Rule(Action.WAVE_READ),
    "offer": Rule(
        Action.TASK_READ,
        own=Action.OFFER_READ,
        own_data=frozenset({"offer", "category", "drill", "expires_at"}),
    ),
    "engagement": Rule(
        Action.TASK_READ,
        own=Action.ENGAGEMENT_READ,
        own_data=frozenset({"engagement", "category", "drill", "confirm_by"}),
        own_task=True,
    ),
    "message": Rule(
        Action.MESSAGE_READ,
        own=Action.MESSAGE_READ,
        own_data=frozenset({"message", "drill"}),
        own_task=True,
    ),
    "note": Rule(Action.NOTE_READ),
    "duty": Rule(Action.DUTY_READ, own=Action.DUTY_READ, own_data=frozenset({"day", "handover"})),
    "limits": Rule(Action.ROSTER_READ, own=Action.LIMITS_SET),
    "drill": Rule(Action.DRILL_READ),
    "muster": Rule(
        Action.ROSTER_READ, own=Action.MUSTER_ANSWER, own_data=frozenset({"drill", "until", "answer"})
    ),
    "member.changed": Rule(Action.ROSTER_READ),
    "unit.changed": Rule(Action.ROSTER_READ),
    "member.need_help": Rule(Action.POSITION_READ, own=Action.POSITION_READ),
    "member.help_acknowledged": Rule(Action.HELP_READ),
}


def rule_of(kind: str) -> Rule | None:
    """The rule of a kind; None: nobody hears it."""
    return RULES.get(kind) or RULES.get(kind.partition(".")[0])


def hears_whole(who: Caller, kind: str, area_code: str | None, unit_codes: Collection[str]) -> bool:
    """Whether an event of that kind, in that area, of those units is told to somebody whole: roles and scope decide."""
    rule = rule_of(kind)
    if rule is None:
        return False
    reaches = who.reaches(rule.read)
    return (
        Reach.ALL in reaches
        or (Reach.AREA in reaches and area_code is not None and who.holds_area(area_code))
        or (Reach.UNIT in reaches and any(code in who.units for code in unit_codes))
    )


def view(
    who: Caller, kind: str, area_code: str | None, unit_codes: Collection[str], member_id: UUID | None
) -> View | None:
    """How much somebody hears of an event of that kind, in that area, of those units, about that member."""
    if hears_whole(who, kind, area_code, unit_codes):
        return View.WHOLE
    rule = rule_of(kind)
    if rule is None or rule.own is None or member_id is None or member_id != who.member_id:
        return None
    return View.OWN if Reach.OWN in who.reaches(rule.own) else None
