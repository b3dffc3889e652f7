"""Faults between siblings, by code, with the edges as GeoJSON."""

import json
from collections.abc import Mapping
from typing import Any

import shapely

from service.geo.coverage import FaultKind, sibling_faults
from service.geo.shapes import Polygonal
from service.grids.rules import LEAST_OVERLAY_M2
from service.imports.checks.found import Border

OVERLAP, GAP = str(FaultKind.OVERLAP), str(FaultKind.GAP)


def faults_between(shapes: Mapping[str, Polygonal]) -> list[Border]:
    """Where shapes that should share the ground among them overlap, or leave a narrow gap."""
    codes = sorted(shapes)
    return [
        Border(
            str(fault.kind),
            tuple(codes[each] for each in fault.siblings),
            fault.area_m2,
            fault.width_m,
            as_geojson(fault.edges),
        )
        for fault in sibling_faults([shapes[code] for code in codes])
        if fault.area_m2 >= LEAST_OVERLAY_M2
    ]


def as_geojson(edges: shapely.MultiLineString) -> dict[str, Any]:
    """A GeoJSON geometry, to some 10 cm."""
    geometry: dict[str, Any] = json.loads(
        shapely.to_geojson(shapely.set_precision(edges, 1e-6, mode="pointwise"))
    )
    return geometry
