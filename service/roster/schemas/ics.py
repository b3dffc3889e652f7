"""Calendars of duty as iCalendar (RFC 5545): one event a period, in UTC, under a UID that stays the same."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from service.roster.calendar import moment
from service.roster.queries.calendar import CalendarOf
from service.texts import Language, text

MEDIA_TYPE = "text/calendar"


def as_ics(
    name: str,
    calendars: Iterable[CalendarOf],
    now: datetime,
    zone: ZoneInfo,
    language: Language,
    *,
    named: bool,
) -> bytes:
    """The periods on duty of some members; `named` puts their names into the titles."""
    calendar = Calendar()
    calendar.add("prodid", "-//Vanguard//duty//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", zone.key)
    for each in calendars:
        person = each.person
        title = text(f"calendar.{'of' if named else 'own'}_{person.tier}", language, name=person.name)
        for day in each.days:
            for stretch in day.stretches:
                if not stretch.on_duty:
                    continue
                event = Event()
                event.add("uid", f"{person.id}-{day.day:%Y%m%d}-{stretch.from_minute}@vanguard")
                event.add("dtstamp", now)
                event.add("dtstart", moment(day.day, stretch.from_minute, zone))
                event.add("dtend", moment(day.day, stretch.to_minute, zone))
                event.add("summary", title)
                calendar.add_component(event)
    return bytes(calendar.to_ical())
