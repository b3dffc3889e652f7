"""The governance grids of the reference city: real divisions and county boundaries, invented ones below them.

Towns are regions of atoms around their seats, communities are regions of their town's atoms, and everything
above a community is the union of its children. So the tree nests exactly, and a county has the outline of
the source file (with more vertices on it, each within 0.01 mm of its edge).
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Point, Polygon

from service.demo import sources
from service.demo.atoms import Atoms, build, sample
from service.demo.partition import balance, grow
from service.demo.plane import Array, to_km
from service.demo.sources import DivisionRow, TownSeat

_RESIDENTS = re.compile(r"居委会|居民委员会|社区")


@dataclass(frozen=True, slots=True)
class Division:
    """A governance grid. `polygon` is in degrees, EPSG:4490; a community has exactly one part."""

    code: str
    name: str
    level: str
    """city, county, town or community."""
    parent_code: str | None
    polygon: MultiPolygon
    urban: bool
    """Built up: a community of an inner town, or the town itself."""


@dataclass(frozen=True, slots=True)
class Detached:
    """A detached county part (the one that holds the point) and the town and communities on it."""

    name: str
    lon: float
    lat: float
    town_code: str
    community_codes: tuple[str, ...] = ()
    """Empty: the whole town."""


DETACHED = (
    Detached("特呈岛 Techeng", 110.435, 21.144, "440803002", ("440803002200",)),
    Detached("南三岛 Nansan", 110.525, 21.152, "440804100"),
    Detached("硇洲岛 Naozhou", 110.595, 20.918, "440811173"),
    Detached("新寮岛 Xinliao", 110.416, 20.708, "440825112"),
    Detached("北莉岛 Beili", 110.356, 20.685, "440825111", ("440825111208",)),
    Detached(
        "part of Lianjiang in the far north", 110.394, 21.929, "440881105",
        ("440881105214", "440881105215", "440881105216"),
    ),
    Detached("part of Lianjiang in the north-east", 110.380, 21.770, "440881105", ("440881105220",)),
    Detached("part of Wuchuan within Lianjiang and Potou", 110.497, 21.487, "440883107", ("440883107225",)),
)  # fmt: skip
"""Which of Xuwen's two islands is Xinliao is a guess (the larger, eastern one), like all allotments in
Lianjiang and Wuchuan."""


def build_divisions(rng: np.random.Generator) -> list[Division]:
    """All divisions, in the order of divisions.csv: a parent before its children."""
    rows = sources.divisions()
    seats = sources.town_seats()
    parts = sources.county_parts()
    polygons = [polygon for _, polygon in parts]
    plan = _allot(rows, parts)
    points = [
        sample(polygon, [(seats[town], len(codes)) for town, codes in towns.items()], rng)
        for polygon, towns in zip(polygons, plan, strict=True)
    ]
    atoms = build(polygons, points)
    members: dict[str, list[int]] = {}
    for number, towns in enumerate(plan):
        own = [atom for atom, part in enumerate(atoms.part) if part == number]
        members |= _divide(atoms, own, towns, seats, rng, {row.code: row.name for row in rows})
    leaves = {code: _union([atoms.polygons[i] for i in own]) for code, own in members.items()}
    return _tree(rows, leaves, {code for code, seat in seats.items() if seat.urban})


def _allot(rows: list[DivisionRow], parts: list[tuple[str, Polygon]]) -> list[dict[str, list[str]]]:
    """For each county part, the community codes of each town on it."""
    by_town: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row.level == "community":
            by_town[row.parent_code].append(row.code)
    plan: list[dict[str, list[str]]] = [{} for _ in parts]
    for place in DETACHED:
        spot = Point(place.lon, place.lat)
        number = next(i for i, (_, polygon) in enumerate(parts) if polygon.contains(spot))
        there = list(place.community_codes) or by_town[place.town_code]
        plan[number][place.town_code] = there
        by_town[place.town_code] = [code for code in by_town[place.town_code] if code not in there]
    mainland: dict[str, int] = {}
    for number, (county, _) in enumerate(parts):
        mainland.setdefault(county, number)  # the largest part comes first
    for town, codes in by_town.items():
        if codes:
            plan[mainland[town[:6]]][town] = codes
    return plan


def _divide(
    atoms: Atoms,
    own: list[int],
    towns: dict[str, list[str]],
    seats: dict[str, TownSeat],
    rng: np.random.Generator,
    names: dict[str, str],
) -> dict[str, list[int]]:
    """The atoms of each community of one county part."""
    centres = to_km(np.array([[seats[town].lon, seats[town].lat] for town in towns]))
    sizes = np.array([float(len(codes)) for codes in towns.values()])
    targets = sizes * len(own) / sizes.sum()
    of_town = _regions(atoms, own, centres, targets, drift=0.5)
    result: dict[str, list[int]] = {}
    for (codes, centre), inside in zip(zip(towns.values(), centres, strict=True), of_town, strict=True):
        chosen = rng.choice(len(inside), size=len(codes), replace=False)
        start = atoms.points[[inside[i] for i in chosen]]
        regions = _regions(atoms, inside, start, np.full(len(codes), len(inside) / len(codes)), drift=1.0)
        regions.sort(key=lambda region: _squared_distance(atoms.points[region].mean(axis=0), centre))
        # Residents' committees are in the middle of a town, villagers' committees around it.
        ordered = sorted(codes, key=lambda code: (_RESIDENTS.search(names[code]) is None, code))
        result |= dict(zip(ordered, regions, strict=True))
    return result


def _regions(atoms: Atoms, own: list[int], start: Array, targets: Array, drift: float) -> list[list[int]]:
    """Atoms of each of the regions into which `own` is divided."""
    index = {atom: i for i, atom in enumerate(own)}
    neighbours = [[index[other] for other in atoms.neighbours[atom] if other in index] for atom in own]
    points = atoms.points[own]
    seeds, weights = balance(points, start, targets, drift)
    regions: list[list[int]] = [[] for _ in targets]
    for atom, number in zip(own, grow(points, neighbours, seeds, weights), strict=True):
        regions[number].append(atom)
    return regions


def _squared_distance(a: Array, b: Array) -> float:
    return float(((a - b) ** 2).sum())


def _tree(rows: list[DivisionRow], leaves: dict[str, MultiPolygon], urban_towns: set[str]) -> list[Division]:
    shapes = dict(leaves)
    for level in ("community", "town", "county"):
        children: dict[str, list[MultiPolygon]] = defaultdict(list)
        for row in rows:
            if row.level == level:
                children[row.parent_code].append(shapes[row.code])
        shapes |= {code: _union(own) for code, own in children.items()}
    return [
        Division(
            code=row.code,
            name=row.name,
            level=row.level,
            parent_code=None if row.level == "city" else row.parent_code,
            polygon=shapes[row.code],
            urban=row.level in ("town", "community") and row.code[:9] in urban_towns,
        )
        for row in rows
    ]


def _union(shapes: Sequence[Polygon | MultiPolygon]) -> MultiPolygon:
    """The union of shapes whose shared edges agree exactly."""
    return MultiPolygon(shapely.get_parts(shapely.coverage_union_all(shapes)).tolist())
