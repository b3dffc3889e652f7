"""Who is told what, in which order of channels, how often it is tried, and what a reply says. Pure."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a channel is like, from the quickest to the slowest: the order of a ladder where none is written."""

    PUSH = "push"
    MESSAGE = "message"
    SMS = "sms"
    MAIL = "mail"


class To(StrEnum):
    """Whom an event is told to."""

    MEMBER = "member"
    """The event's own member."""
    TAKER = "taker"
    """Who is asked to take over the duty that is being handed over."""
    NAMED = "named"
    """The duty officers that the event names."""
    OFFICERS = "officers"
    """The duty officers of the nearest area around the place."""
    OFFICERS_WITHIN = "officers_within"
    """The same, and those of every area below it."""


class Template(StrEnum):
    """What is said: `notice.<template>` in the catalogue of texts."""

    OFFER_MADE = "offer_made"
    OFFER_SUPERSEDED = "offer_superseded"
    OFFER_CANCELLED = "offer_cancelled"
    OFFER_STOOD_DOWN = "offer_stood_down"
    OFFER_UNANSWERED = "offer_unanswered"
    ENGAGEMENT_CANCELLED = "engagement_cancelled"
    ENGAGEMENT_PREEMPTED = "engagement_preempted"
    CONFIRM_DUE = "confirm_due"
    UNCONFIRMED = "unconfirmed"
    NEED_HELP = "need_help"
    ESCALATED = "escalated"
    MESSAGE = "message"
    HANDOVER = "handover"
    ACTIVATION_BEGAN = "activation_began"
    ACTIVATION_ENDED = "activation_ended"


class Notice(NamedTuple):
    """What becomes of one kind of event. Without an urgency of its own it has its task's."""

    template: Template
    to: To
    urgency: str | None = None


NOTICES: Mapping[str, Notice] = {
    "offer.made": Notice(Template.OFFER_MADE, To.MEMBER),
    "offer.superseded": Notice(Template.OFFER_SUPERSEDED, To.MEMBER),
    "offer.cancelled": Notice(Template.OFFER_CANCELLED, To.MEMBER),
    "offer.stood_down": Notice(Template.OFFER_STOOD_DOWN, To.MEMBER),
    "engagement.cancelled": Notice(Template.ENGAGEMENT_CANCELLED, To.MEMBER),
    "engagement.preempted": Notice(Template.ENGAGEMENT_PREEMPTED, To.MEMBER),
    "engagement.confirm_due": Notice(Template.CONFIRM_DUE, To.MEMBER, "urgent"),
    "engagement.unconfirmed": Notice(Template.UNCONFIRMED, To.OFFICERS, "critical"),
    "member.need_help": Notice(Template.NEED_HELP, To.OFFICERS, "critical"),
    "task.escalated": Notice(Template.ESCALATED, To.NAMED),
    "message.sent": Notice(Template.MESSAGE, To.MEMBER),
    "duty.handover_proposed": Notice(Template.HANDOVER, To.TAKER, "routine"),
    "activation.began": Notice(Template.ACTIVATION_BEGAN, To.OFFICERS_WITHIN, "urgent"),
    "activation.ended": Notice(Template.ACTIVATION_ENDED, To.OFFICERS_WITHIN, "routine"),
}
"""The one table. An event that is not in it is told to nobody; nothing here holds a place more precise than a grid."""

ASKING = frozenset({Template.OFFER_MADE})
"""What wants an answer: the next rung is climbed when none comes, and nothing is sent any more once one has."""

TOLD_WITHIN = timedelta(hours=1)
"""An event that is older when it is read is told to nobody: the service was down, and the news is none."""


class State(StrEnum):
    """Of a notification."""

    WAITING = "waiting"
    DONE = "done"
    CANCELLED = "cancelled"
    DEAD = "dead"


class DeliveryState(StrEnum):
    """Of sending it by one channel."""

    DUE = "due"
    SENT = "sent"
    DEAD = "dead"
    CANCELLED = "cancelled"


DUTY_OFFICER = "duty_officer"
"""The last rung, where a person takes over."""


class Rung(NamedTuple):
    """One step of a ladder: the code of a channel or DUTY_OFFICER, and the minutes until the next one's turn."""

    channel: str
    minutes: float


MINUTES: Mapping[str, float] = {"critical": 1, "urgent": 2, "routine": 10}
"""Of a rung that names none."""


def city_ladder(channels: Sequence[tuple[str, Kind]], urgency: str) -> tuple[Rung, ...]:
    """The ladder where the settings have none: by kind, in the file's order, and the duty officer where it matters."""
    order = list(Kind)
    ranked = sorted(channels, key=lambda each: order.index(each[1]))
    rungs = [Rung(code, MINUTES[urgency]) for code, _ in ranked]
    return (*rungs, *([] if urgency == "routine" else [Rung(DUTY_OFFICER, 0)]))


def own_ladder(city: Sequence[Rung], wish: Sequence[str] | None, urgency: str) -> tuple[Rung, ...]:
    """A person's ladder: their channels in their order, with the city's minutes, and the city's last rung."""
    if not wish:
        return tuple(city)
    minutes = {rung.channel: rung.minutes for rung in city}
    own = [Rung(code, minutes.get(code, MINUTES[urgency])) for code in wish]
    return (*own, *(rung for rung in city if rung.channel == DUTY_OFFICER))


class Climb(NamedTuple):
    """What is to be done for a notification whose time has come."""

    step: int
    next_at: datetime | None
    send: str | None = None
    """The channel by which it is sent now."""
    officers: bool = False
    """The duty officers are told that nobody answers."""
    over: bool = False


def climb(
    ladder: Sequence[Rung],
    step: int,
    has: Collection[str],
    *,
    asks: bool,
    failed: bool,
    created_at: datetime,
    now: datetime,
) -> Climb:
    """The next rung from `step` on. Channels on which the person `has` no address are passed by.

    The duty officer's turn comes when the minutes of all rungs before it are over, whether or not they could be
    used, so that somebody who only has the app open is given their time; at once when all that was sent `failed`.
    """
    while step < len(ladder) and ladder[step].channel != DUTY_OFFICER and ladder[step].channel not in has:
        step += 1
    if step == len(ladder):
        return Climb(step, None, over=True)
    rung = ladder[step]
    if rung.channel != DUTY_OFFICER:
        return Climb(step + 1, now + timedelta(minutes=rung.minutes) if asks else None, send=rung.channel)
    turn = created_at + timedelta(minutes=sum(each.minutes for each in ladder[:step]))
    if asks and now < turn and not failed:
        return Climb(step, turn)
    return Climb(len(ladder), None, officers=asks, over=True)


FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=10)


def pause(attempts: int, chance: float) -> timedelta:
    """How long after the failed attempt of that number the next one is: 10 s, 20 s, 40 s … 10 min, half to one and a
    half times it by `chance` from 0 to 1, so that what failed together does not come back together."""
    whole = min(FIRST_PAUSE * (1 << min(attempts - 1, 10)), LONGEST_PAUSE)
    return whole * (0.5 + chance)


MOST_CHARACTERS: Mapping[str, int] = {"zh": 134, "en": 306}
"""Of a text message in two parts: a part of a longer message holds 67 characters of Chinese, or 153 of ASCII."""
LONGEST_NAME: Mapping[str, int] = {"zh": 12, "en": 40}
"""Of a category or a place."""


def shortened(name: str, most: int) -> str:
    """A name with its end cut off where it is too long."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def joined(parts: Sequence[str], most: int) -> str:
    """As many of the parts as fit, the first ones first; the very first is cut rather than left out."""
    text = shortened(parts[0], most)
    for part in parts[1:]:
        if len(text) + len(part) <= most:
            text += part
    return text


class Reply(NamedTuple):
    """What a text message answers."""

    yes: bool
    digits: str


CODE_DIGITS = 4
YES = ("1", "y", "yes", "ok", "好", "好的", "能", "能去", "去", "是", "可以", "收到")
NO = ("2", "n", "no", "不", "不去", "不能", "不能去", "不行", "否", "去不了")
REPLY = re.compile(
    rf"({'|'.join(sorted(YES + NO, key=len, reverse=True))})[\s,.:;+、。，：；-]*(\d{{{CODE_DIGITS}}})[\s.!。！]*",
    re.IGNORECASE,
)


def read_reply(text: str) -> Reply | None:
    """`1 4821`, `好4821`, `Y 4821` say yes, `2 4821`, `不 4821`, `n4821` no; None: neither. Full-width is the same."""
    found = REPLY.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return Reply(found[1].lower() in YES, found[2]) if found else None


NUMBER = re.compile(r"\+?\d{5,15}")
MAIL = re.compile(r"[^@\s<>\"',;]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
ADDRESS = re.compile(r"[^\s/?#&]{1,200}")


def plain_number(number: str) -> str:
    """A telephone number as it is stored and compared: without blanks, hyphens and China's own +86."""
    bare = re.sub(r"[\s()-]", "", unicodedata.normalize("NFKC", number))
    return re.sub(r"^(\+|00)86(?=1\d{10}$)|^86(?=1\d{10}$)", "", bare)


def plain_address(kind: Kind, address: str) -> str | None:
    """An address as a channel of the kind needs it; None where it is none."""
    if kind is Kind.SMS:
        bare = plain_number(address)
        return bare if NUMBER.fullmatch(bare) else None
    bare = address.strip()
    fits = (MAIL if kind is Kind.MAIL else ADDRESS).fullmatch(bare) and len(bare) <= 200
    return bare if fits and bare.isprintable() else None


def masked(address: str) -> str:
    """An address that its owner recognises and nobody else can use."""
    name, at, host = address.partition("@")
    shown = f"{name[:1]}…" if at else f"…{address[-2:]}"
    return f"{shown}{at}{host}"
