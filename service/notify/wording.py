"""What a notification says: the catalogue's words, short enough for two text messages. A drill says so first of all."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from service.notify.rules import LONGEST_NAME, MOST_CHARACTERS, Kind, joined, shortened
from service.texts import Language, either, text


class Answering(NamedTuple):
    """How an offer can be answered without the app: a link, and the digits for a text message."""

    link: str | None = None
    digits: str | None = None


def words(template: str, params: Mapping[str, Any], language: Language, zone: ZoneInfo) -> str:
    """The sentence of a notification."""
    category = either(language, params.get("zh", ""), params.get("en"))
    most = LONGEST_NAME[language]
    minutes = params.get("minutes")
    until = params.get("until")
    moment = datetime.fromisoformat(until).astimezone(zone) if until else None
    return text(
        f"notice.{template}",
        language,
        category=shortened(category, most),
        place=shortened(params.get("place", ""), most),
        way=text("notice.far", language)
        if minutes is None
        else text("notice.way", language, minutes=int(minutes)),
        time=moment.strftime("%H:%M") if moment else "",
        date=moment.strftime("%m-%d %H:%M") if moment else "",
        number=shortened(str(params.get("number", "")), 20),
        level=params.get("level", ""),
        day=params.get("day", ""),
        said=params.get("said", ""),
    )


def write(
    template: str,
    params: Mapping[str, Any],
    language: Language,
    kind: Kind,
    zone: ZoneInfo,
    answering: Answering | None = None,
) -> tuple[str, str]:
    """Title and text. What does not fit into two text messages is left out from the end, the link first."""
    drill = text("notice.drill", language) if params.get("drill") else ""
    parts = [drill + words(template, params, language, zone)]
    answering = answering or Answering()
    if answering.digits is not None:
        parts.append(text("notice.by_digits", language, digits=answering.digits))
    if answering.link is not None:
        parts.append(text("notice.by_link", language, link=answering.link))
    most = MOST_CHARACTERS[language] if kind is Kind.SMS else 1000
    return drill + text("notice.title", language), joined(parts, most)
