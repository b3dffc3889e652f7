"""The 133 units (机关单位) and their offices. All made up, though the kinds of unit are those of any city."""

from dataclasses import dataclass

import numpy as np

from service.demo import sources
from service.demo.ground import Ground

CENTRAL = ("440802", "440803")
"""Chikan and Xiashan, the two central districts, both on the bay."""
OFFICES = {
    "440802": 46,
    "440803": 58,
    "440804": 9,
    "440811": 7,
    "440823": 2,
    "440825": 2,
    "440881": 3,
    "440882": 3,
    "440883": 3,
}
"""How many units have their office in each county: most in the two central districts."""
ON_ISLANDS = {"440811": "440811173", "440804": "440804100"}
"""In these counties the first office lies in an island's town (Naozhou, Nansan): an island has people of its own."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and its office, in degrees, EPSG:4490."""

    code: str
    name: str
    name_en: str
    kind: str
    """bureau, commission, association, court, enterprise, institute, university, hospital or school."""
    office_lon: float
    office_lat: float
    office_code: str
    """The community of the office."""

    @property
    def county_code(self) -> str:
        """The county of the office."""
        return self.office_code[:6]


def build_units(ground: Ground, rng: np.random.Generator) -> list[Unit]:
    """Units U001 to U133, with offices in built-up communities, and one on each of two islands."""
    rows = sources.units()
    counties = np.repeat(list(OFFICES), list(OFFICES.values()))
    rng.shuffle(counties)
    islands = dict(ON_ISLANDS)
    units = []
    for number, (row, county) in enumerate(zip(rows, counties, strict=True), start=1):
        candidates = ground.urban[str(county)]
        if town := islands.pop(str(county), None):
            candidates = [leaf.code for leaf in ground.leaves if leaf.code.startswith(town)]
        code = candidates[int(rng.integers(len(candidates)))]
        lon, lat = ground.inside(code, rng)
        units.append(Unit(f"U{number:03d}", row.name, row.name_en, row.kind, lon, lat, code))
    return units
