"""Whether the numbers of a file mean what its coordinate system says.

GCJ-02 taken for WGS 84, or the other way round, is off by 530 to 550 m here, and nothing in a file gives it away but
the map: the shapes that are known already, or, where none has the same code, the borders that the file's own run along.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from service.geo.crs import Crs, to_cgcs2000
from service.geo.geodesy import Plane
from service.geo.shapes import Polygonal
from service.imports.checks.found import Findings, Fit
from service.imports.checks.grids import GridRow, KnownGrid

MOST_FITTED = 500
LEAST_GAIN = 0.01
"""How much better the mean fit must be the other way before it is spoken of: 540 m take hundredths off a county."""
MOST_POINTS = 4000
AMISS_M = 100.0
"""Borders that lie nearer than this to known ones on the whole are where they should be."""
AS_CGCS2000 = frozenset({"EPSG:4326", "EPSG:4490"})


def check_fit(
    rows: Sequence[GridRow],
    known: Mapping[str, KnownGrid],
    borders: Sequence[Polygonal],
    crs: str | None,
    findings: Findings,
) -> None:
    """Note how well the file fits the map in its own system and in the one that it may be taken for.

    `borders` are shapes on the map around the file, for rows whose code is not known. Only for degrees: GCJ-02, WGS 84
    and CGCS2000.
    """
    if crs not in AS_CGCS2000 and crs != Crs.GCJ02:
        return
    matched = [each for each in rows if (grid := known.get(each.code)) and grid.shape is not None]
    for each in matched[:MOST_FITTED]:
        shape = known[each.code].shape
        assert shape is not None
        findings.fits.append(
            Fit(
                each.row,
                each.code,
                round(overlap(each.given, shape), 4),
                round(overlap(as_gcj02(each.given), shape), 4),
            )
        )
    if findings.fits:
        plain = float(np.mean([fit.as_cgcs2000 for fit in findings.fits]))
        offset = float(np.mean([fit.as_gcj02 for fit in findings.fits]))
        if crs in AS_CGCS2000 and offset > plain + LEAST_GAIN:
            findings.note(None, None, "looks-like-gcj02", now=f"{plain:.1%}", then=f"{offset:.1%}")
        if crs == Crs.GCJ02 and plain > offset + LEAST_GAIN:
            findings.note(None, None, "looks-like-wgs84", now=f"{offset:.1%}", then=f"{plain:.1%}")
    elif rows and borders:
        check_borders([each.given for each in rows], borders, crs, findings)


def check_borders(
    given: Sequence[Polygonal], borders: Sequence[Polygonal], crs: str | None, findings: Findings
) -> None:
    """The same by the middle distance from the file's vertices to the nearest known border."""
    vertices = shapely.get_coordinates(np.array(given, dtype=object))
    vertices = vertices[:: max(1, len(vertices) // MOST_POINTS)]
    plane = Plane.around(borders)
    tree = shapely.STRtree(shapely.get_parts([plane.project(shape.boundary) for shape in borders]))
    plain = middle_m(vertices, plane, tree)
    offset = middle_m(out_of_gcj02(vertices), plane, tree)
    if crs in AS_CGCS2000 and plain > AMISS_M and offset < plain / 2:
        findings.note(None, None, "borders-like-gcj02", now_m=f"{plain:,.0f}", then_m=f"{offset:,.0f}")
    if crs == Crs.GCJ02 and offset > AMISS_M and plain < offset / 2:
        findings.note(None, None, "borders-like-wgs84", now_m=f"{offset:,.0f}", then_m=f"{plain:,.0f}")


def middle_m(vertices: NDArray[np.float64], plane: Plane, tree: shapely.STRtree) -> float:
    """The median distance in metres from vertices in degrees to the nearest of the tree's lines."""
    points = shapely.points(*plane.xy(vertices[:, 0].copy(), vertices[:, 1].copy()))
    _, metres = tree.query_nearest(points, all_matches=False, return_distance=True)
    return float(np.median(metres))


def as_gcj02(shape: Polygonal) -> Polygonal:
    """A shape whose numbers are taken as GCJ-02, in CGCS2000."""
    return shapely.transform(shape, out_of_gcj02)


def out_of_gcj02(lonlats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vertices in GCJ-02, n × 2, in CGCS2000."""
    return np.column_stack(to_cgcs2000(lonlats[:, 0].copy(), lonlats[:, 1].copy(), Crs.GCJ02))


def overlap(a: Polygonal, b: Polygonal) -> float:
    """Intersection ÷ union; in degrees, as both shrink alike towards the pole."""
    # A conversion may turn a vertex over an edge that it nearly touched.
    left, right = shapely.make_valid(a), shapely.make_valid(b)
    union = float(shapely.union(left, right).area)
    return float(shapely.intersection(left, right).area) / union if union else 0.0
