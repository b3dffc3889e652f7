"""The reference city: Zhanjiang with its real divisions and county boundaries, and invented units and people.

Pure and deterministic: the same seed gives the same city, byte for byte, with the same numpy, shapely and
GEOS.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from service.demo.geography import Division, build_divisions
from service.demo.ground import Ground
from service.demo.links import Link, build_links
from service.demo.parties import PartyGrid, build_party_grids
from service.demo.people import Member, build_members
from service.demo.playbooks import PLAYBOOKS
from service.demo.playbooks.playbook import Playbook
from service.demo.skills import SKILLS, Skill
from service.demo.units import Unit, build_units

SEED = 440800


@dataclass(frozen=True, slots=True)
class City:
    """All of it, ready to be loaded. Positions and polygons are in degrees, EPSG:4490."""

    divisions: list[Division]
    """A parent before its children."""
    links: list[Link]
    units: list[Unit]
    party_grids: list[PartyGrid]
    skills: list[Skill]
    members: list[Member]
    playbooks: list[Playbook]


def build_city(seed: int = SEED, progress: Callable[[str], None] | None = None) -> City:
    """Build the city in a few seconds. `progress` is told what is built next."""
    tell = progress or (lambda _: None)
    # A stream of its own for each step: a change in one leaves the others as they were.
    for_divisions, for_units, for_parties, for_members = np.random.default_rng(seed).spawn(4)
    tell("divisions")
    divisions = build_divisions(for_divisions)
    tell("links")
    links = build_links(divisions)
    tell("units")
    ground = Ground.of(divisions)
    units = build_units(ground, for_units)
    tell("party grids")
    party_grids = build_party_grids(divisions, ground, units, for_parties)
    tell("members")
    members = build_members(ground, units, for_members)
    return City(divisions, links, units, party_grids, list(SKILLS), members, list(PLAYBOOKS))
