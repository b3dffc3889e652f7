"""The party grids (机关党建网格): what each unit is responsible for. All made up.

In the two central districts they are the Voronoi cells of made-up points, some widened over their
neighbours (ground that two units answer for) and some left out (ground that nobody answers for). Elsewhere
they are rough patches around offices. None of them follows the boundary of a community.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from service.demo.geography import Division
from service.demo.ground import Ground, Position
from service.demo.plane import Array, to_degrees, to_km
from service.demo.units import CENTRAL, Unit

_CELLS = 138
_LEFT_OUT = 10
_WIDENED_KM = (0.0, 0.0, 0.0, 0.12, 0.25)
"""How far a cell reaches beyond its edges: one of these."""
_EXTRA_PATCHES = 23
"""Patches outside the centre that belong to central units, who are paired with a county."""
_MOST_A_UNIT = 3


@dataclass(frozen=True, slots=True)
class PartyGrid:
    """A responsibility area; `polygon` in degrees, EPSG:4490, overlapping others here and there."""

    code: str
    name: str
    unit_code: str
    polygon: MultiPolygon


def build_party_grids(
    divisions: list[Division], ground: Ground, units: list[Unit], rng: np.random.Generator
) -> list[PartyGrid]:
    """One to three party grids for each unit, by unit."""
    counties = {d.code: d.polygon for d in divisions if d.level == "county"}
    centre = shapely.union_all([counties[code] for code in CENTRAL])
    owned: dict[str, list[BaseGeometry]] = {unit.code: [] for unit in units}
    central = [unit for unit in units if unit.county_code in CENTRAL]
    _hand_out(_cells(ground, centre, rng), central, owned)
    outer = [unit for unit in units if unit.county_code not in CENTRAL]
    for unit in outer:
        owned[unit.code].append(_patch((unit.office_lon, unit.office_lat), counties[unit.county_code], rng))
    free = [unit for unit in central if len(owned[unit.code]) < _MOST_A_UNIT]
    for number in rng.choice(len(free), _EXTRA_PATCHES, replace=False):
        county = str(rng.choice(sorted(set(counties) - set(CENTRAL))))
        candidates = [d.code for d in ground.leaves if d.code.startswith(county)]
        middle = ground.inside(str(rng.choice(candidates)), rng)
        owned[free[int(number)].code].append(_patch(middle, counties[county], rng))
    return [
        PartyGrid(
            code=f"P{unit.code[1:]}-{number}",
            name=f"{unit.name}第{'一二三'[number - 1]}党建网格",
            unit_code=unit.code,
            polygon=_multi(shape),
        )
        for unit in units
        for number, shape in enumerate(owned[unit.code], start=1)
    ]


def _cells(ground: Ground, centre: BaseGeometry, rng: np.random.Generator) -> list[BaseGeometry]:
    """The cells (degrees) of the central districts that somebody answers for."""
    codes = [code for county in CENTRAL for code in ground.urban[county]]
    more = rng.choice(codes, _CELLS - len(codes))
    points = [ground.inside(str(code), rng) for code in [*codes, *more]]
    plane = to_km(np.array(points))
    within = shapely.transform(centre, to_km)
    diagram = shapely.voronoi_polygons(shapely.multipoints(plane), extend_to=within, ordered=True)
    left_out = set(rng.choice(_CELLS, _LEFT_OUT, replace=False).tolist())
    widened = rng.choice(_WIDENED_KM, _CELLS)
    shapes = []
    for number, (cell, reach) in enumerate(zip(shapely.get_parts(diagram), widened, strict=True)):
        if number not in left_out:
            shape = shapely.intersection(cell.buffer(reach, join_style="mitre", mitre_limit=2.0), within)
            shapes.append(shapely.transform(shape, to_degrees))
    return shapes


def _hand_out(shapes: list[BaseGeometry], units: list[Unit], owned: dict[str, list[BaseGeometry]]) -> None:
    """Each unit gets the nearest shape left; then each one still left goes to the nearest unit with room."""
    offices = shapely.points([(unit.office_lon, unit.office_lat) for unit in units])
    left = list(shapes)
    for unit, office in zip(units, offices, strict=True):
        owned[unit.code].append(left.pop(int(np.argmin(shapely.distance(left, office)))))
    for shape in left:
        for number in np.argsort(shapely.distance(offices, shape), kind="stable"):
            own = owned[units[int(number)].code]
            if len(own) < _MOST_A_UNIT:
                own.append(shape)
                break


def _patch(middle: Position, county: MultiPolygon, rng: np.random.Generator) -> BaseGeometry:
    """A rough patch of 1 to 4 km radius around a place, within the county."""
    corners = int(rng.integers(9, 15))
    angles = (np.arange(corners) + rng.uniform(0, 1, corners)) * 2 * np.pi / corners
    radii = rng.uniform(1.2, 3.2) * rng.uniform(0.8, 1.25, corners)
    around = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None]
    ring: Array = to_km(np.array(middle)) + around
    return shapely.intersection(Polygon(to_degrees(ring)), county)


def _multi(shape: BaseGeometry) -> MultiPolygon:
    """The polygons of a clipped shape (not the lines and points that clipping may leave), to about 0.1 m."""
    snapped = shapely.set_precision(shape, 1e-6)
    return MultiPolygon([p for p in shapely.get_parts(snapped) if isinstance(p, Polygon)])
