"""What becomes of a check-in, and of the member's presence. Pure.

A check-in is *refused*, and nothing of it kept, when it cannot be right (a latitude of 95, tomorrow's time), says too
little (an accuracy of 5 km) or is not wanted (off duty). What can be right is *stored*. Presence moves to it if it is
the newest and can be trusted:

- A time up to two minutes ahead of the server is a clock that is wrong: marked `clock_skew`; the server's time counts.
- A position that one would have had to travel to at more than 200 km/h, both accuracies allowed for, is marked
  `too_fast`, at more than 1000 km/h `jump`. Presence stays where it is until a second check-in, newer than that one,
  agrees with it (is within 200 km/h of it): then presence moves there, and the second has no mark.
- A phone that names another coordinate system than before, and whose numbers, read in the one from before, are where it
  was, while as declared they are hundreds of metres away, has most likely named the wrong one (GCJ-02 sent as WGS 84):
  marked `crs_doubtful`. Presence stays, and no second such check-in moves it: it would be off by the same again.

A call for help is heard whatever its position and its clock are worth, as long as positions are taken at all.

Positions are degrees, CGCS2000; distances geodesic metres; times aware.
"""

from datetime import datetime
from enum import StrEnum
from math import isfinite
from typing import NamedTuple
from uuid import UUID

from service.geo.crs import Crs, to_cgcs2000
from service.geo.geodesy import distance_m
from service.web.client_time import MOST_AHEAD, OLDEST

WORST_ACCURACY_M = 2000.0
FASTEST_KMH = 200.0
JUMP_KMH = 1000.0
SAME_PLACE_M = 200.0
"""A phone that has not gone far, for the question which coordinate system it speaks."""
CRS_APART_M = 250.0
"""So much more the declared system must be off than the one from before; GCJ-02 is off by 530–550 m, BD-09 by more."""
ALIKE = frozenset({Crs.WGS84, Crs.CGCS2000})
"""Two names for the same numbers."""


class State(StrEnum):
    """What became of a check-in."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    STALE = "stale"
    """Stored, but no newer than what is known: presence stays."""
    REFUSED = "refused"


class Refusal(StrEnum):
    """Why a check-in was not taken; nothing of it was kept."""

    OFF_DUTY = "off-duty"
    TIME_AHEAD = "time-ahead"
    TOO_OLD = "too-old"
    INVALID_POSITION = "invalid-position"
    UNKNOWN_CRS = "unknown-crs"
    INVALID_ACCURACY = "invalid-accuracy"
    TOO_INACCURATE = "too-inaccurate"
    OUTSIDE_CITY = "outside-city"
    ID_REUSED = "id-reused"


class Mark(StrEnum):
    """What is odd about a check-in that was stored."""

    CLOCK_SKEW = "clock_skew"
    TOO_FAST = "too_fast"
    JUMP = "jump"
    CRS_DOUBTFUL = "crs_doubtful"


class How(StrEnum):
    """How a member says they are."""

    SAFE = "safe"
    NEED_HELP = "need_help"


UNHEARD = frozenset({Refusal.OFF_DUTY, Refusal.ID_REUSED})
"""Refusals with which a call for help is not passed on."""
FAST = frozenset({Mark.TOO_FAST, Mark.JUMP})
"""Marks that a second check-in can lift."""


class Report(NamedTuple):
    """A check-in as a phone sends it; `lon` and `lat` in `crs`, whatever that is."""

    id: UUID
    at: datetime
    lon: float
    lat: float
    crs: str
    accuracy_m: float
    how: str | None


class Fix(NamedTuple):
    """A position at a time: `at` is what counts, `said_at` the phone's own; `raw` are the numbers that it sent."""

    at: datetime
    said_at: datetime
    lon: float
    lat: float
    accuracy_m: float
    grid_id: UUID
    crs: str | None
    coarse: bool = False
    raw: tuple[float, float] = (0.0, 0.0)


class Known(NamedTuple):
    """What is known of a member: presence, and the newest check-in that contradicts it, if one does."""

    fix: Fix | None = None
    doubt: Fix | None = None
    marks: tuple[str, ...] = ()
    how: str | None = None
    how_at: datetime | None = None


class Verdict(NamedTuple):
    """What becomes of one check-in."""

    state: State
    reason: Refusal | None = None
    marks: tuple[Mark, ...] = ()


DUPLICATE = Verdict(State.DUPLICATE)


def is_heard(how: str | None, verdict: Verdict) -> bool:
    """Whether dispatchers are told that somebody needs help, or were told when the same was sent before."""
    return how == How.NEED_HELP and verdict.reason not in UNHEARD


def refused(reason: Refusal) -> Verdict:
    """The verdict of a refusal."""
    return Verdict(State.REFUSED, reason)


def fault_of_place(report: Report) -> Refusal | None:
    """What makes a position impossible or useless, whoever sends it."""
    if report.crs not in Crs.__members__:
        return Refusal.UNKNOWN_CRS
    if not (-180.0 <= report.lon <= 180.0 and -90.0 <= report.lat <= 90.0):
        return Refusal.INVALID_POSITION
    if not (isfinite(report.accuracy_m) and report.accuracy_m > 0.0):
        return Refusal.INVALID_ACCURACY
    if report.accuracy_m > WORST_ACCURACY_M:
        return Refusal.TOO_INACCURATE
    return None


def fault_of_time(at: datetime, now: datetime) -> Refusal | None:
    """What makes a time impossible, or a check-in too late to be of use."""
    if at > now + MOST_AHEAD:
        return Refusal.TIME_AHEAD
    return Refusal.TOO_OLD if at < now - OLDEST else None


def judge(fix: Fix, how: str | None, known: Known) -> tuple[Verdict, Known]:
    """What becomes of a check-in that is taken, and what is known afterwards.

    Whatever the order in which check-ins come, presence ends at the newest that is trusted; and how a member says they
    are ends with the newest that says so.
    """
    if how is not None:
        known = told(known, how, fix.at)
    skewed = fix.said_at > fix.at
    marks: tuple[Mark, ...] = (Mark.CLOCK_SKEW,) if skewed else ()
    last = known.fix
    if last is not None and (fix.at < last.at or (fix.at == last.at and not skewed)):
        return Verdict(State.STALE, None, marks), known
    if last is None or last.coarse:
        return Verdict(State.STORED, None, marks), moved(known, fix, marks)
    if crs_doubtful(fix, last):
        marks += (Mark.CRS_DOUBTFUL,)
        return Verdict(State.STORED, None, marks), known._replace(marks=marks)
    speed = kmh(last, fix)
    if speed > FASTEST_KMH and not confirmed(fix, known.doubt):
        marks += (Mark.JUMP if speed > JUMP_KMH else Mark.TOO_FAST,)
        newest = known.doubt is None or fix.at >= known.doubt.at
        return Verdict(State.STORED, None, marks), (
            known._replace(marks=marks, doubt=fix) if newest else known
        )
    return Verdict(State.STORED, None, marks), moved(known, fix, marks)


def told(known: Known, how: str, at: datetime) -> Known:
    """What is known once a member has said how they are; a newer word stands."""
    return known._replace(how=how, how_at=at) if known.how_at is None or at >= known.how_at else known


def moved(known: Known, fix: Fix, marks: tuple[str, ...]) -> Known:
    """Presence at a check-in; a doubt that is newer stays one."""
    doubt = known.doubt if known.doubt is not None and known.doubt.at > fix.at else None
    return known._replace(fix=fix, doubt=doubt, marks=known.marks if doubt is not None else marks)


def confirmed(fix: Fix, doubt: Fix | None) -> bool:
    """Whether a check-in agrees with an earlier one that was doubted."""
    return doubt is not None and fix.at > doubt.at and kmh(doubt, fix) <= FASTEST_KMH


def kmh(before: Fix, after: Fix) -> float:
    """The least speed from one to the other, given how inaccurate both may be. Within a second counts as one second."""
    metres = distance_m(before.lon, before.lat, after.lon, after.lat) - before.accuracy_m - after.accuracy_m
    seconds = max((after.said_at - before.said_at).total_seconds(), 1.0)
    return max(metres, 0.0) / seconds * 3.6


def crs_doubtful(fix: Fix, last: Fix) -> bool:
    """Whether a phone that names another coordinate system than before still speaks the one from before."""
    if last.crs is None or fix.crs is None or last.crs == fix.crs or {last.crs, fix.crs} <= ALIKE:
        return False
    as_before = distance_m(last.lon, last.lat, *to_cgcs2000(*fix.raw, Crs(last.crs)))
    as_declared = distance_m(last.lon, last.lat, fix.lon, fix.lat)
    return as_before <= SAME_PLACE_M and as_declared - as_before >= CRS_APART_M
