"""Links, units and members as the JSON that an import keeps of them, and back."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from service.imports.checks.links import KnownLink
from service.imports.checks.members import KnownMember
from service.imports.checks.units import KnownUnit
from service.roster.rules import HeldSkill, Tier

Known = KnownLink | KnownUnit | KnownMember


def code_of(known: Known) -> str:
    """What it is called by."""
    return known.number if isinstance(known, KnownMember) else known.code


def as_json(known: Known | None) -> dict[str, Any] | None:
    """All that an import writes of it; None of nothing."""
    if known is None:
        return None
    values = asdict(known)
    if isinstance(known, KnownMember):
        values["skills"] = [
            {"code": code, "expires_on": end.isoformat() if end else None} for code, end in known.skills
        ]
    return values


def link(values: Mapping[str, Any]) -> KnownLink:
    """A link from its JSON."""
    ends = {name: (values[name][0], values[name][1]) for name in ("end_a", "end_b")}
    return KnownLink(**{**values, **ends})


def unit(values: Mapping[str, Any]) -> KnownUnit:
    """A unit from its JSON."""
    return KnownUnit(**{**values, "office": (values["office"][0], values["office"][1])})


def member(values: Mapping[str, Any]) -> KnownMember:
    """A member from their JSON."""
    skills = tuple(
        HeldSkill(each["code"], date.fromisoformat(each["expires_on"]) if each["expires_on"] else None)
        for each in values["skills"]
    )
    return KnownMember(**{**values, "tier": Tier(values["tier"]), "skills": skills})


FROM_JSON: Mapping[str, Callable[[Mapping[str, Any]], Known]] = {
    "links": link,
    "units": unit,
    "members": member,
}
"""By kind."""
