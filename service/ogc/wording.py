"""How pages say what a feature has: names, headings, numbers and times for people. Pure."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from service.ogc.collection import Collection, Kind, Property
from service.texts import Language, catalogue, either, text

NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "overlay": ("governance_name", "party_name"),
    "overlaps": ("name_a", "name_b"),
    "tasks": ("grid_name", "category"),
}
"""The properties that together say which feature it is, where it has no name of its own."""
WORDED = ("kind",)
"""Properties with words for their values although the views do not say which there may be."""
NOTHING = "—"
SMALLEST_SHARE, LARGEST_SHARE = 0.001, 0.999
"""What lies between these and nothing, or the whole, is not rounded to either."""
SHARE_CLASSES = ((0.0, "none"), (0.5, "half"), (0.9, "most"), (0.9995, "nearly"))
"""Covered shares up to each have that class; above the last it is `whole`."""


def heading(of: Property, language: Language) -> str:
    """What a property is called."""
    return of.zh if language is Language.ZH else of.en


def label(of: Collection, feature: Mapping[str, Any], language: Language) -> str:
    """What a feature is called: its name, or its id."""
    has = feature["properties"]
    if of.id in NAMED_BY:
        parts = [value(of.by_name[name], has[name], language, None) for name in NAMED_BY[of.id] if has[name]]
        return " · ".join(parts) or str(feature["id"])
    return either(language, has["name"], has["name_en"]) or str(feature["id"])


def is_share(of: Property) -> bool:
    """Whether a number is a part of something, from 0 to 1."""
    return of.kind is Kind.NUMBER and of.unit is None


def is_number(of: Property) -> bool:
    """Whether a column of it is set to the right."""
    return of.kind in (Kind.NUMBER, Kind.INTEGER)


def value(of: Property, given: Any, language: Language, zone: tzinfo | None) -> str:
    """A value of a property, as people write it; times in the zone."""
    if given is None:
        return NOTHING
    if of.kind is Kind.BOOLEAN:
        return text("page.yes" if given else "page.no", language)
    if of.kind is Kind.INTEGER:
        return f"{given:,}"
    if is_share(of):
        return share(float(given))
    if of.kind is Kind.NUMBER:
        return f"{given:,.0f}" if abs(given) >= 100 else f"{given:,.2f}".rstrip("0").rstrip(".")
    if of.kind is Kind.TIME:
        return f"{datetime.fromisoformat(given).astimezone(zone):%Y-%m-%d %H:%M}"
    return word(of, str(given), language)


def word(of: Property, given: str, language: Language) -> str:
    """A text, or the word for it where the texts that it may be are few."""
    key = f"page.value.{given}"
    return text(key, language) if (of.values or of.name in WORDED) and key in catalogue() else given


def share(given: float) -> str:
    """A share in percent."""
    if 0 < given < SMALLEST_SHARE:
        return "<0.1%"
    if LARGEST_SHARE < given < 1:
        return ">99.9%"
    return f"{given:.1%}"


def share_class(given: float | None) -> str:
    """The class that gives a covered share its colour."""
    if given is None:
        return "unknown"
    return next((name for most, name in SHARE_CLASSES if given <= most), "whole")


def choices(of: Collection, language: Language) -> list[tuple[Property, list[tuple[str, str]]]]:
    """The properties of which one of a few values may be asked for, each value with its word."""
    found = []
    for each in of.properties:
        values = ("true", "false") if each.kind is Kind.BOOLEAN else each.values
        if values:
            words = [
                value(each, given == "true", language, None)
                if each.kind is Kind.BOOLEAN
                else word(each, given, language)
                for given in values
            ]
            found.append((each, list(zip(values, words, strict=True))))
    return found
