"""The 2,000 members. All made up: names say so, and nothing is held about opinions, appraisal or loyalty."""

from dataclasses import dataclass

import numpy as np
import shapely

from service.demo.duty import DutySlot, normal_week, standby_week
from service.demo.ground import Ground, Position
from service.demo.plane import to_degrees, to_km
from service.demo.skills import MemberSkill, skills_of_member
from service.demo.units import CENTRAL, OFFICES, Unit

MEMBERS = 2000
_STANDBY_EVERY = 4
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_ANYWHERE = 0.1
"""The share of members who live in any community of the city, most of which are villages."""
_OUTSIDE_UNIT_COUNTY = 0.2
"""The share of the others who live in another county than their unit's."""
_PRESENT = 0.85
_AT_OFFICE = 0.5
_QUAY_EVERY = 150
"""Of so many members one is on a quay or a boat, just off the land, if their unit is by the bay."""
_QUAY_KM = 0.3
_AGES_S = ((5, 8 * 60), (8 * 60, 3600), (3600, 8 * 3600), (8 * 3600, 5 * 86400))
_AGE_SHARES = (0.4, 0.3, 0.18, 0.12)


@dataclass(frozen=True, slots=True)
class Presence:
    """A last known position (degrees, EPSG:4490), and its age when the city is loaded."""

    lon: float
    lat: float
    accuracy_m: float
    age_s: int


@dataclass(frozen=True, slots=True)
class Member:
    """A volunteer. Home and presence in degrees, EPSG:4490."""

    number: str
    name: str
    unit_code: str
    home_code: str
    """The community where they live and are registered too (双报到)."""
    home_lon: float
    home_lat: float
    tier: str
    """normal or standby."""
    skills: tuple[MemberSkill, ...]
    duty: tuple[DutySlot, ...]
    presence: Presence | None


def build_members(ground: Ground, units: list[Unit], rng: np.random.Generator) -> list[Member]:
    """Members M0001 to M2000, about 15 a unit and at least 8."""
    staff = _staff(units, rng)
    turns = {"normal": 0, "standby": 0}
    members = []
    for number, unit in enumerate(staff, start=1):
        tier = "standby" if number % _STANDBY_EVERY == 0 else "normal"
        turn = turns[tier]
        turns[tier] += 1
        at_quay = number % _QUAY_EVERY == 0 and unit.county_code in CENTRAL
        home_code = _home(unit, ground, rng)
        home = ground.inside(home_code, rng)
        members.append(
            Member(
                number=f"M{number:04d}",
                name=f"示例·{_STEMS[number % 10]}{_BRANCHES[number % 12]}{number:04d}",
                unit_code=unit.code,
                home_code=home_code,
                home_lon=home[0],
                home_lat=home[1],
                tier=tier,
                skills=skills_of_member(rng),
                duty=standby_week(turn) if tier == "standby" else normal_week(turn),
                presence=_presence(unit, home, ground, rng, off_shore=at_quay),
            )
        )
    return members


def _staff(units: list[Unit], rng: np.random.Generator) -> list[Unit]:
    """The unit of each member, mixed, so that numbers, tiers and turns say nothing about the unit."""
    sizes = 8 + rng.multinomial(MEMBERS - 8 * len(units), rng.dirichlet(np.full(len(units), 3.0)))
    order = rng.permutation(np.repeat(np.arange(len(units)), sizes))
    return [units[int(i)] for i in order]


def _home(unit: Unit, ground: Ground, rng: np.random.Generator) -> str:
    """A built-up community, mostly in the unit's county, else where most units are; a few live in villages."""
    if rng.random() < _ANYWHERE:
        return ground.leaves[int(rng.integers(len(ground.leaves)))].code
    county = unit.county_code
    if rng.random() < _OUTSIDE_UNIT_COUNTY:
        others = [code for code in OFFICES if code != county]
        shares = np.array([float(OFFICES[code]) for code in others])
        county = str(rng.choice(others, p=shares / shares.sum()))
    candidates = ground.urban[county]
    return candidates[int(rng.integers(len(candidates)))]


def _presence(
    unit: Unit, home: Position, ground: Ground, rng: np.random.Generator, *, off_shore: bool
) -> Presence | None:
    if not off_shore and rng.random() >= _PRESENT:
        return None
    office = (unit.office_lon, unit.office_lat)
    if off_shore:
        place = _off_shore(office, ground, rng)
    elif rng.random() < _AT_OFFICE:
        place = ground.near(office, 0.3, rng)
    else:
        place = ground.near(home, 0.5, rng)
    youngest, oldest = _AGES_S[int(rng.choice(len(_AGES_S), p=_AGE_SHARES))]
    return Presence(
        lon=place[0],
        lat=place[1],
        accuracy_m=round(float(np.clip(rng.lognormal(2.7, 0.6), 5, 60)), 1),
        age_s=int(rng.integers(youngest, oldest)),
    )


def _off_shore(place: Position, ground: Ground, rng: np.random.Generator) -> Position:
    """A position off the outer line of the city's land nearest to a place, at most 0.3 km from it."""
    shore = shapely.get_point(shapely.shortest_line(ground.land.boundary, shapely.points(*place)), 0)
    middle = to_km(np.array([shore.x, shore.y]))
    while True:
        angle, reach = rng.uniform(0, 2 * np.pi), _QUAY_KM * rng.uniform(0.1, 0.9)
        lon, lat = to_degrees(middle + reach * np.array([np.cos(angle), np.sin(angle)])).tolist()
        if not shapely.contains_xy(ground.land, lon, lat):
            return round(lon, 6), round(lat, 6)
