"""What the playbooks of the reference city are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.dispatch.engine.playbook import Draft
from service.dispatch.rules import Rung
from service.tasks.rules import Level

Ladder = tuple[tuple[Rung, float], ...]


@dataclass(frozen=True, slots=True)
class Playbook(Draft):
    """What a category asks for."""

    category: str


def levels(lowest: float, highest: float, most_offers: int) -> Mapping[Level, Mapping[str, Any]]:
    """The levels of activation: the two lower ones call no standby members, and the lowest is content with the
    target `lowest`; at the highest the target is `highest`, and a wave may ask `most_offers`."""
    return {
        Level.IV: {"calls_standby": False, "target_probability": lowest},
        Level.III: {"calls_standby": False},
        Level.II: {},
        Level.I: {"target_probability": highest, "max_offers": most_offers},
    }


def ladder(neighbours: float, town: float, county: float, city: float) -> Ladder:
    """Who is told when seats have been open for so many minutes; the responsible units at once."""
    return (
        (Rung.UNITS, 0.0),
        (Rung.NEIGHBOURS, neighbours),
        (Rung.TOWN, town),
        (Rung.COUNTY, county),
        (Rung.CITY, city),
    )
