"""Atoms: the small faces of which communities are made, so that every boundary above them agrees exactly.

The boundaries of all counties and the edges of a Voronoi diagram inside each county part are noded
*together* on one grid, and the faces of that linework are the atoms. Whatever is a union of atoms then
shares its vertices with its neighbours, also across counties: towns and communities form valid coverages by
construction.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from service.demo.plane import Array, to_degrees, to_km
from service.demo.sources import TownSeat

PER_COMMUNITY = 8
"""Atoms in an average community: enough for irregular outlines, few enough to stay quick."""
GRID_DEGREES = 1e-10
"""Noding grid, 0.01 mm. The file has 6 decimals, so its vertices stay where they are, and a vertex that is
added to one of its edges lies at most one step beside it."""
GATHERED = 0.6
"""The share of a rural town's atoms around its seat; the rest is spread evenly over the county part."""


@dataclass(frozen=True, slots=True)
class Atoms:
    """The faces of the whole city."""

    polygons: list[Polygon]
    points: Array
    """A point inside each, kilometres."""
    part: list[int]
    """The county part of each, an index into the parts given to `build`."""
    neighbours: list[list[int]]
    """Those in the same county part that share an edge, ascending."""


def sample(part: Polygon, seats: list[tuple[TownSeat, int]], rng: np.random.Generator) -> Array:
    """Points (degrees) in a county part, `PER_COMMUNITY` for each community, dense at the built-up seats.

    `seats` are the towns there and how many communities each has. Two steps of Lloyd's relaxation even the
    points out, so that few atoms are slivers.
    """
    points = np.concatenate([_around(part, seat, count * PER_COMMUNITY, rng) for seat, count in seats])
    for _ in range(2):
        cells = shapely.get_parts(
            shapely.voronoi_polygons(shapely.multipoints(points), extend_to=part, ordered=True)
        )
        centres = shapely.get_coordinates(shapely.centroid(cells))
        inside = shapely.contains_xy(part, centres[:, 0], centres[:, 1])
        points = np.where(inside[:, None], centres, points)
    return points


def _around(part: Polygon, seat: TownSeat, count: int, rng: np.random.Generator) -> Array:
    spread = 0 if seat.urban else round(count * (1 - GATHERED))
    if not part.contains(Point(seat.lon, seat.lat)):
        spread = count  # a detached part away from the seat
    middle = to_km(np.array([seat.lon, seat.lat]))
    west, south, east, north = part.bounds
    found: list[Array] = []
    for wanted, gathered in ((count - spread, True), (spread, False)):
        missing = wanted
        while missing > 0:
            if gathered:
                tried = to_degrees(middle + rng.normal(0.0, seat.radius_km, (4 * missing + 8, 2)))
            else:
                tried = rng.uniform((west, south), (east, north), (4 * missing + 8, 2))
            kept = tried[shapely.contains_xy(part, tried[:, 0], tried[:, 1])][:missing]
            found.append(kept)
            missing -= len(kept)
    return np.concatenate(found)


def build(parts: list[Polygon], points: list[Array]) -> Atoms:
    """The faces of the county parts cut by the Voronoi diagrams of their points (degrees)."""
    lines: list[BaseGeometry] = [part.boundary for part in parts]
    for part, own in zip(parts, points, strict=True):
        edges = shapely.voronoi_polygons(shapely.multipoints(own), extend_to=part, only_edges=True)
        clipped = shapely.intersection(edges, part)
        assert isinstance(clipped, BaseGeometry)
        lines.append(clipped)
    noded = shapely.union_all(lines, grid_size=GRID_DEGREES)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    inner = shapely.point_on_surface(faces)
    # A face in no part is a hole of the file, or water that land encloses.
    face, part_of = shapely.STRtree(parts).query(inner, predicate="within")
    order = np.argsort(face)
    face, part_of = face[order], part_of[order]
    kept = faces[face]
    return Atoms(
        polygons=list(kept),
        points=to_km(shapely.get_coordinates(inner[face])),
        part=part_of.tolist(),
        neighbours=_neighbours(kept, part_of),
    )


def _neighbours(faces: np.ndarray, part: np.ndarray) -> list[list[int]]:
    """Faces of one part that share a segment; noded faces share whole segments or nothing."""
    rings, face_of_ring = shapely.get_rings(faces, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    vertices, vertex = np.unique(points[:, 0] + 1j * points[:, 1], return_inverse=True)
    same_ring = ring[:-1] == ring[1:]
    start, end = vertex[:-1][same_ring], vertex[1:][same_ring]
    owner = face_of_ring[ring[:-1][same_ring]]
    key = np.minimum(start, end) * len(vertices) + np.maximum(start, end)
    order = np.argsort(key, kind="stable")
    key, owner = key[order], owner[order]
    twice = np.flatnonzero(key[:-1] == key[1:])
    found: list[set[int]] = [set() for _ in faces]
    for a, b in zip(owner[twice].tolist(), owner[twice + 1].tolist(), strict=True):
        if part[a] == part[b]:
            found[a].add(b)
            found[b].add(a)
    return [sorted(each) for each in found]
