"""The city as a simulation sees it: people, where they work and live, their calendars, playbooks, the map. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import shapely

from service.dispatch.engine.problem import Place
from service.geo.shapes import Polygonal
from service.grids.graph import GridGraph, Link
from service.roster.calendar import Plans
from service.roster.rules import HeldSkill, InForce, Tier


@dataclass(frozen=True, slots=True)
class Person:
    """A member, as far as a synthetic day needs them: no name."""

    number: str
    unit_code: str
    home_code: str
    tier: Tier
    active: bool
    opted_out: frozenset[str]
    unwanted: frozenset[str]
    skills: tuple[HeldSkill, ...]
    plans: Plans
    """Their week, and what is said of the days asked for. A switch is a word about now, and left out."""
    limits: InForce
    home: Place
    office: Place

    @property
    def id(self) -> UUID:
        """Made of the number, so that a reload of the city changes nothing."""
        return UUID(bytes=blake2b(self.number.encode(), digest_size=16).digest())


@dataclass(frozen=True, slots=True)
class Crossing:
    """A link with what it is."""

    link: Link
    kind: str
    name_zh: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Playbook:
    """What `rules.section_of` wants of a category's playbook, and its version; 0 is one that is only tried."""

    version: int
    name_zh: str
    name_en: str
    sections: Mapping[str, Mapping[str, Any]]
    levels: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class City:
    """All that is read."""

    name: str
    graph: GridGraph
    """With all links open."""
    crossings: tuple[Crossing, ...]
    """By code."""
    people: tuple[Person, ...]
    """By number."""
    skills: frozenset[str]
    """That the city knows."""
    playbooks: Mapping[str, Playbook]
    """In force, by category."""
    party: tuple[tuple[str, Polygonal], ...]
    """(unit, its ground), in degrees."""
    units_of_leaf: Mapping[str, frozenset[str]]
    """Those whose ground is in a leaf, by its code."""
    zone: ZoneInfo
    collecting: timedelta
    """How long normal tasks are collected."""

    def units_at(self, lon: float, lat: float) -> frozenset[str]:
        """The units responsible for a point."""
        point = shapely.Point(lon, lat)
        return frozenset(unit for unit, ground in self.party if ground.covers(point))
