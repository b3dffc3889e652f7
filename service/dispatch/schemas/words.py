"""The ledger in words: the catalogue's templates, filled with what a wave kept. No I/O, and never a coordinate.

The ledger is read as it was written. Rows of earlier releases lack `source`, `detail` and `acceptance`, and any row
may hold a code that is no more: what is not known is left out, and a code without a name stands for itself.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from service.dispatch.engine.problem import Reason
from service.dispatch.queries.ledger import Names
from service.texts import Language, catalogue, placeholders, text

Entry = Mapping[str, Any]
"""An element of `Wave.chosen` or `Wave.not_chosen`."""


class Of(StrEnum):
    """Of whom is spoken: of a member to others, or to the member. The beginning of the catalogue's sections."""

    THEM = ""
    YOU = "your_"


@dataclass(frozen=True, slots=True)
class Voice:
    """The language that is spoken, the zone of its local times, and its names for things."""

    language: Language
    zone: ZoneInfo
    names: Names

    def say(self, key: str, **words: Any) -> str:
        """The text of a key."""
        return text(key, self.language, **words)

    def named(self, section: str, code: str) -> str:
        """A code in words; the code itself where there are none."""
        key = f"{section}.{code}"
        return self.say(key) if key in catalogue() else code

    def listed(self, words: Iterable[str]) -> str:
        """Words in a row."""
        return self.say("mark.comma").join(words)

    def told(self, sentences: Iterable[str]) -> str:
        """Sentences in a row."""
        return self.say("mark.space").join(sentences)

    def count(self, of: str, number: float) -> str:
        """So many persons, minutes or seats."""
        return self.say(f"quantity.{of}.{'one' if number == 1 else 'more'}", n=short(number))

    def moment(self, at: datetime, day: date) -> str:
        """The local time of day; with its date when that is not `day`."""
        local = at.astimezone(self.zone)
        time = f"{local:%H:%M}"
        if local.date() == day:
            return time
        return self.say("mark.on_day", month=self.say(f"month.{local.month}"), day=local.day, time=time)

    def day(self, at: datetime) -> date:
        """The local day of a moment."""
        return at.astimezone(self.zone).date()


def short(number: float) -> str:
    """A number with at most one decimal."""
    return f"{number:.1f}".removesuffix(".0")


FACTS: dict[str, Callable[[Voice, Any, date], str]] = {
    "precedence": lambda voice, code, day: voice.named("precedence", code),
    "skills": lambda voice, codes, day: voice.listed(voice.names.skills.get(code, code) for code in codes),
    "category": lambda voice, code, day: voice.names.categories.get(code, code),
    "community": lambda voice, code, day: voice.names.communities.get(code, code),
    "until": lambda voice, at, day: voice.moment(datetime.fromisoformat(at), day),
    "hours": lambda voice, hours, day: short(hours),
    "limit": lambda voice, hours, day: short(hours),
    "reach": lambda voice, minutes, day: short(minutes),
}
"""How each fact of a `detail` is said: the placeholders of the sections `…reason_in_full`."""


def because(entry: Entry, day: date, voice: Voice, of: Of) -> str:
    """Why somebody was not asked: in full where the ledger kept what that takes."""
    reason, detail = entry["reason"], entry.get("detail") or {}
    form = reason
    if reason == Reason.BUSY:
        form = "busy_on_scene" if detail.get("on_scene") else f"busy_{detail.get('by')}"
    facts = {
        name: FACTS[name](voice, value, day)
        for name, value in detail.items()
        if name in FACTS and value not in (None, [])
    }
    key = f"{of}reason_in_full.{form}"
    if key in catalogue() and placeholders(key) <= facts.keys():
        return voice.say(key, **facts)
    return voice.named(f"{of}reason", reason)


def way(entry: Entry, searched: float, voice: Voice, of: Of) -> str:
    """How far away somebody was, and by what position. Beyond the searched minutes only a lower bound is known."""
    key, minutes = f"{of}source.{entry.get('source')}", entry["travel_minutes"]
    by = voice.say(key) if key in catalogue() else ""
    if minutes is None:
        return voice.say(f"{of}way.none", source=by)
    form = "at_least" if minutes > searched else "minutes"
    return voice.say(f"{of}way.{form}", minutes=voice.count("minute", minutes), source=by)


def chosen(entry: Entry, seat_number: int, voice: Voice) -> str:
    """Somebody who was asked: how far away, for which seat, how likely to say yes."""
    words = {"way": way(entry, math.inf, voice, Of.THEM), "seat": seat_number}
    acceptance = entry.get("acceptance")
    if acceptance is None:
        return voice.say("entry.chosen", **words)
    return voice.say("entry.chosen_in_full", **words, percent=round(acceptance * 100))


def not_chosen(entry: Entry, searched: float, day: date, voice: Voice) -> str:
    """Somebody who was not asked, as others are told: how far away, and why not. `day` is the wave's."""
    away = way(entry, searched, voice, Of.THEM)
    if entry["reason"] == Reason.UNREACHABLE:
        return away
    return voice.say("entry.not_chosen", way=away, reason=because(entry, day, voice, Of.THEM))


def not_chosen_yourself(entry: Entry, searched: float, day: date, voice: Voice) -> str:
    """The same, as the member is told."""
    away = way(entry, searched, voice, Of.YOU)
    if entry["reason"] == Reason.UNREACHABLE:
        return voice.say("entry.yours_without_a_way", way=away)
    return voice.say("entry.yours", way=away, reason=because(entry, day, voice, Of.YOU))
