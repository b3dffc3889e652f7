"""Moments, days and periods as the OGC API and CQL2 write them. Pure.

A period is from its first moment up to its end, which is no longer in it; None is open. A day is the city's.
"""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

OPEN = ("", "..")
INSTANT = timedelta(microseconds=1)
"""The finest step of a stored time."""


class Period(NamedTuple):
    """From `start` up to `end`; an instant is as short as can be."""

    start: datetime | None
    end: datetime | None


def period_of(value: str, zone: tzinfo) -> Period:
    """A `datetime` parameter: a moment, a day, or two of them with a slash, one of which may be open ("..").

    ValueError for anything else, and for an end before the beginning.
    """
    first, slash, last = value.partition("/")
    if not slash:
        return instant_of(first, zone)
    return between(first, last, zone)


def between(first: str, last: str, zone: tzinfo) -> Period:
    """From the beginning of one moment or day to the end of another; ".." or nothing is open. ValueError likewise."""
    start = None if first in OPEN else instant_of(first, zone).start
    end = None if last in OPEN else instant_of(last, zone).end
    if start is not None and end is not None and start >= end:
        raise ValueError("ends before it begins")
    return Period(start, end)


def instant_of(value: str, zone: tzinfo) -> Period:
    """A moment (RFC 3339, with its offset) or a whole day. ValueError for anything else."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            return day(date.fromisoformat(value), zone)
        if not re.match(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d", value, re.ASCII):
            raise ValueError("no moment")
        moment = datetime.fromisoformat(value.upper())
        if moment.tzinfo is None:
            raise ValueError("no offset")
        start = moment.astimezone(UTC)
        return Period(start, start + INSTANT)
    except OverflowError as error:
        raise ValueError("outside the years 1 to 9999") from error


def day(of: date, zone: tzinfo) -> Period:
    """A day of the city, from midnight to midnight."""

    def midnight(which: date) -> datetime:
        return datetime(which.year, which.month, which.day, tzinfo=zone).astimezone(UTC)

    return Period(midnight(of), midnight(of + timedelta(days=1)))
