"""Where check-ins are: many at once, in CGCS2000 and in the leaf grids of the map in memory. Pure."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import numpy as np

from service.geo.crs import Crs, to_cgcs2000
from service.grids.graph import GridGraph
from service.grids.rules import SNAP_LIMIT_M
from service.roster.checkins.rules import Report


class Site(NamedTuple):
    """Degrees in CGCS2000, and the leaf grid that holds the position or is nearest; None is too far from any."""

    lon: float
    lat: float
    grid_id: UUID | None


def sites(graph: GridGraph, reports: Sequence[Report]) -> list[Site]:
    """Where reports are that `rules.fault_of_place` finds nothing wrong with."""
    if not reports:
        return []
    lons = np.array([report.lon for report in reports])
    lats = np.array([report.lat for report in reports])
    systems = [report.crs for report in reports]
    for crs in set(systems):
        of = np.array([each == crs for each in systems])
        lons[of], lats[of] = to_cgcs2000(lons[of], lats[of], Crs(crs))
    leaves, snapped_m = graph.locate_all(lons, lats)
    near = snapped_m <= SNAP_LIMIT_M
    return [
        Site(lon, lat, graph.leaves[leaf].id if good else None)
        for lon, lat, leaf, good in zip(
            lons.tolist(), lats.tolist(), leaves.tolist(), near.tolist(), strict=True
        )
    ]
