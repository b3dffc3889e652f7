"""A whole wave in words: why it was planned, how far it looked, whom it asked and why so many, and what it lacks."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from service.dispatch.engine.eligibility import RULES
from service.dispatch.engine.problem import Mode, Reason
from service.dispatch.models import Wave
from service.dispatch.rules import Trigger
from service.dispatch.schemas.words import Voice

_TESTED = [rule.reason for rule in RULES]
BEFORE_SKILLS = frozenset(_TESTED[: _TESTED.index(Reason.MISSING_SKILL) + 1])
"""Whom these keep need not have the skills: the rules are tested in their order. Whom another keeps has them."""


def wave_text(wave: Wave, voice: Voice) -> str:
    """One wave, as auditors and dispatchers read it."""
    return voice.told(sentences(wave, voice))


def sentences(wave: Wave, voice: Voice) -> Iterator[str]:
    """The wave, sentence by sentence."""
    yield voice.say("wave.why", number=wave.number, trigger=voice.named("trigger", wave.trigger))
    if wave.level is None:
        yield voice.named("wave", wave.mode)
    else:
        yield voice.say("wave.emergency_at", level=wave.level)
    if wave.batch_id is not None:
        yield voice.say("wave.matched")
    if wave.trigger == Trigger.CHOSEN or wave.searched_minutes == 0:
        yield voice.say("wave.chosen", people=voice.count("person", len(wave.chosen)))
    else:
        yield looked(wave, voice)
        yield so_many(wave, voice)
    yield from lacking(wave, voice)
    if wave.overrule_reason is not None:
        yield voice.say("wave.overruled", reason=wave.overrule_reason)


def looked(wave: Wave, voice: Voice) -> str:
    """How far it looked, how many people were there, and why those were not asked whom it did not ask."""
    words = {
        "reach": voice.count("minute", wave.reach_minutes),
        "searched": voice.count("minute", wave.searched_minutes),
    }
    if wave.people == 0:
        return voice.say("wave.nobody", **words)
    words["people"] = voice.count("person", wave.people)
    if not wave.counts:
        return voice.say("wave.asked_all", **words)
    by_count = sorted(wave.counts.items(), key=lambda each: (-each[1], each[0]))
    counts = voice.listed(f"{voice.named('reason', reason)} {count}" for reason, count in by_count)
    others = sum(wave.counts.values())
    return voice.say("wave.looked", **words, asked=len(wave.chosen), others=others, counts=counts)


def so_many(wave: Wave, voice: Voice) -> str:
    """Why so many were asked: in an emergency as many as the target takes, else one a seat."""
    form = "" if wave.shortfall is None else "_missed"
    if wave.mode == Mode.NORMAL:
        return voice.say(f"wave.one_a_seat{form}")
    return voice.say(
        f"wave.target{form}",
        target=round(wave.target_probability * 100),
        # Down, as it is a lower bound: 89.6 % is not the 90 % that were wanted. But not for a float's last digits.
        probability=math.floor(round(wave.probability * 100, 6)),
    )


def lacking(wave: Wave, voice: Voice) -> Iterator[str]:
    """The seats that nobody can be asked for, and what keeps those who come closest."""
    shortfall = wave.shortfall or {}
    causes = shortfall.get("causes")
    if causes is not None:
        for cause in causes:
            yield unfillable(cause, wave.searched_minutes, voice)
    elif seats := shortfall.get("unfillable_seats"):
        yield voice.say("shortfall.unknown", seats=seats_in_words(len(seats), (), voice))


def unfillable(cause: Mapping[str, Any], searched: float, voice: Voice) -> str:
    """Seats with the same needs, and why they cannot be filled."""
    words = {
        "seats": seats_in_words(cause["seats"], cause["skills"], voice),
        "searched": voice.count("minute", searched),
    }
    reason = cause["reason"]
    if reason is None:
        return voice.say("shortfall.nobody", **words)
    form = "kept_with_skills" if cause["skills"] and reason not in BEFORE_SKILLS else "kept"
    people = voice.count("person", cause["people"])
    return voice.say(f"shortfall.{form}", **words, people=people, reason=voice.named("reason", reason))


def seats_in_words(number: int, skills: list[str] | tuple[()], voice: Voice) -> str:
    """So many seats, with the names of the skills that they need."""
    seats = voice.count("seat", number)
    if not skills:
        return voice.say("shortfall.seats", seats=seats)
    names = voice.listed(voice.names.skills.get(code, code) for code in skills)
    return voice.say("shortfall.seats_needing", seats=seats, skills=names)
