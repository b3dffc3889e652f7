"""The grid graph held in memory: leaf grids, the points where one crosses between them, and links.

Pure: built once per edition from rows that `queries` reads, then only read, by any number of threads.
Coordinates come in as CGCS2000 longitude and latitude (degrees) and are kept in metres on a plane around
the city's middle (`geo.geodesy.Plane`), whose distances differ from geodesic ones by less than 0.05 %
within 150 km.

The graph's nodes are points: crossings, which lie in two leaves, and the ends of links, which lie in one.
Within a leaf one goes from any point to any other in a straight line, even where the leaf has several parts
(an islet that belongs to a village on the mainland); from one end of an open link to the other in the link's
own minutes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self
from uuid import UUID

import numpy as np
import shapely
from numpy.typing import NDArray

from service.geo.geodesy import Plane, distance_m
from service.geo.shapes import SLIVER_M, Polygonal

Metres = NDArray[np.float64]
Indices = NDArray[np.intp]

_SHORE_M = 1.0
"""How far beyond its drawn edge land reaches, so that rounding leaves a point on the shore on land."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A governance grid without children; the polygon is in degrees."""

    id: UUID
    code: str
    polygon: Polygonal


@dataclass(frozen=True, slots=True)
class Crossing:
    """A point (degrees) on the border of two leaves, where one crosses from the one into the other."""

    a: UUID
    b: UUID
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Link:
    """A bridge, causeway or ferry from a point (degrees) in leaf `a` to one in leaf `b`, usable both ways."""

    id: UUID
    code: str
    a: UUID
    b: UUID
    a_lon: float
    a_lat: float
    b_lon: float
    b_lat: float
    minutes: float
    wait_minutes: float
    open: bool


@dataclass(frozen=True, slots=True)
class Located:
    """A position taken to a leaf: (x, y) in metres is on land, `snapped_m` (geodesic) from where it was."""

    leaf: Leaf
    snapped_m: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Points:
    """Many points on land: metres, and for each its leaf's position in `GridGraph.leaves`. Shapes (n,)."""

    x: Metres
    y: Metres
    leaf: Indices


@dataclass(frozen=True, slots=True)
class Nodes:
    """The points of the graph: metres, and how they hang together."""

    x: Metres
    y: Metres
    xs: Sequence[float]
    """The same as plain numbers, for walking from node to node."""
    ys: Sequence[float]
    leaves: tuple[tuple[int, ...], ...]
    """For each node, the leaves in which it lies."""
    of_leaf: tuple[tuple[int, ...], ...]
    """For each leaf, its nodes."""
    links: tuple[tuple[tuple[int, float], ...], ...]
    """For each node, the nodes at the other end of its open links, with minutes (waiting included)."""


@dataclass(frozen=True, slots=True, eq=False)
class GridGraph:
    """The leaves of one edition, by position in `leaves` (ordered by code). Make it with `build`."""

    edition: int
    plane: Plane
    leaves: tuple[Leaf, ...]
    nodes: Nodes
    component: Indices
    """For each leaf, the number of the connected part of the graph it belongs to."""
    _crossings: tuple[Crossing, ...]
    _position: dict[UUID, int]
    _polygons: NDArray[np.object_]
    _tree: shapely.STRtree
    _land: Polygonal
    _shore: shapely.STRtree
    _neighbours: tuple[tuple[UUID, ...], ...]

    @classmethod
    def build(
        cls, edition: int, leaves: Iterable[Leaf], crossings: Iterable[Crossing], links: Iterable[Link]
    ) -> Self:
        """Build the graph. KeyError if a crossing or link names a grid that is not among the leaves."""
        ordered = tuple(sorted(leaves, key=lambda leaf: leaf.code))
        position = {leaf.id: index for index, leaf in enumerate(ordered)}
        plane = Plane.around([leaf.polygon for leaf in ordered])
        polygons = np.empty(len(ordered), dtype=object)
        polygons[:] = [plane.project(leaf.polygon) for leaf in ordered]
        crossings, links = tuple(crossings), [link for link in links if link.open]
        edges = _edges(position, crossings, links)
        land = _land(polygons)
        graph = cls(
            edition=edition,
            plane=plane,
            leaves=ordered,
            nodes=_nodes(plane, position, crossings, links),
            component=_components(len(ordered), edges),
            _crossings=crossings,
            _position=position,
            _polygons=polygons,
            _tree=shapely.STRtree(polygons),
            _land=land,
            _shore=_shore(land),
            _neighbours=_neighbours(ordered, edges),
        )
        graph._warm()
        return graph

    def with_links(self, links: Iterable[Link]) -> Self:
        """The same map with other links; what takes long to build is shared. KeyError as in `build`."""
        links = [link for link in links if link.open]
        edges = _edges(self._position, self._crossings, links)
        return replace(
            self,
            nodes=_nodes(self.plane, self._position, self._crossings, links),
            component=_components(len(self.leaves), edges),
            _neighbours=_neighbours(self.leaves, edges),
        )

    def leaf(self, grid_id: UUID) -> Leaf:
        """The leaf of that id; KeyError if there is none."""
        return self.leaves[self._position[grid_id]]

    def position(self, grid_id: UUID) -> int:
        """Where that leaf stands in `leaves`; KeyError if there is none."""
        return self._position[grid_id]

    def neighbours(self, grid_id: UUID) -> tuple[UUID, ...]:
        """The leaves one crossing or open link away, by code; KeyError if the id is not a leaf's."""
        return self._neighbours[self._position[grid_id]]

    def locate(self, lon: float, lat: float) -> Located:
        """Take a position (degrees) to the leaf it is in, or else the nearest; of several, the first by code.

        How far is too far is for the caller to say. LookupError if there are no leaves.
        """
        x, y = self.plane.xy(lon, lat)
        point = shapely.Point(x, y)
        found = self._tree.query(point, predicate="intersects")
        if len(found) > 0:
            return Located(self.leaves[found.min()], 0.0, x, y)
        found = self._tree.query_nearest(point, all_matches=True)
        if len(found) == 0:
            raise LookupError("the graph has no leaves")
        nearest = int(found.min())
        shore = shapely.get_point(shapely.shortest_line(self._polygons[nearest], point), 0)
        x, y = float(shore.x), float(shore.y)
        return Located(self.leaves[nearest], distance_m(lon, lat, *self.plane.lonlat(x, y)), x, y)

    def locate_all(self, lons: Metres, lats: Metres) -> tuple[Indices, Metres]:
        """Many positions (degrees) as `locate` takes them, but left where they are: for each its leaf's position in
        `leaves`, and how far (metres on the plane) it is from that. Shapes (n,). LookupError if there are no leaves.
        """
        if not self.leaves:
            raise LookupError("the graph has no leaves")
        points = np.asarray(shapely.points(*self.plane.xy(lons, lats)))
        leaf = np.full(len(points), len(self.leaves), dtype=np.intp)
        inside = self._tree.query(points, predicate="intersects")
        np.minimum.at(leaf, inside[0], inside[1])
        snapped_m = np.zeros(len(points))
        outside = np.flatnonzero(leaf == len(self.leaves))
        if len(outside) > 0:
            found, metres = self._tree.query_nearest(points[outside], all_matches=True, return_distance=True)
            np.minimum.at(leaf, outside[found[0]], found[1])
            snapped_m[outside[found[0]]] = metres
        return leaf, snapped_m

    def points(self, lons: Sequence[float], lats: Sequence[float], grid_ids: Sequence[UUID]) -> Points:
        """Positions (degrees) whose grids are known, as points on land: moved into their leaf if outside it.

        A grid that is not a leaf of this edition is replaced by the leaf at the position (see `locate`).
        """
        x, y = self.plane.xy(np.asarray(lons, dtype=np.float64), np.asarray(lats, dtype=np.float64))
        leaf = np.array([self._position.get(grid_id, -1) for grid_id in grid_ids], dtype=np.intp)
        for index in np.flatnonzero(leaf < 0).tolist():
            leaf[index] = self._position[self.locate(lons[index], lats[index]).leaf.id]
        shores = shapely.shortest_line(self._polygons[leaf], shapely.points(x, y))
        on_land = shapely.get_point(shores, 0)
        return Points(shapely.get_x(on_land), shapely.get_y(on_land), leaf)

    def leaves_between(self, x: float, y: float, from_m: float, to_m: float) -> list[UUID]:
        """The leaves whose nearest point is at least `from_m` and less than `to_m` away, nearest first."""
        point = shapely.Point(x, y)
        found = np.sort(self._tree.query(point, predicate="dwithin", distance=to_m))
        metres = shapely.distance(self._polygons[found], point)
        ring = (metres >= from_m) & (metres < to_m)
        found, metres = found[ring], metres[ring]
        return [self.leaves[index].id for index in found[np.argsort(metres, kind="stable")]]

    def on_land(self, x: float | Metres, y: float | Metres, xs: Metres, ys: Metres) -> NDArray[np.bool_]:
        """Whether the straight lines to each of the points stay on land: from (x, y), or each from its own start."""
        starts = np.broadcast_to(np.stack([x, y], axis=-1), (len(xs), 2))
        lines = shapely.linestrings(np.stack([starts, np.column_stack([xs, ys])], axis=1))
        inside: NDArray[np.bool_] = np.asarray(shapely.contains_properly(self._land, lines))
        return inside

    def shore_m(self, xs: Metres, ys: Metres) -> Metres:
        """How far points on land are from its edge: whatever is nearer to one is reached over land."""
        found, metres = self._shore.query_nearest(
            shapely.points(xs, ys), all_matches=False, return_distance=True
        )
        shore = np.zeros(len(xs))
        shore[found[0]] = metres
        return shore

    def _warm(self) -> None:
        """Make GEOS build its lazy indexes now: they are not safe to build from two threads at once."""
        self._tree.query(shapely.Point(0.0, 0.0), predicate="intersects")
        self._shore.query(shapely.Point(0.0, 0.0))
        shapely.prepare(self._land)
        inside = shapely.point_on_surface(self._land)
        if not inside.is_empty:
            self.on_land(inside.x, inside.y, np.array([inside.x]), np.array([inside.y]))


def _land(polygons: NDArray[np.object_]) -> Polygonal:
    """The union of the leaves with gaps up to `SLIVER_M` closed, and a little over for rounding."""
    closing_m = SLIVER_M / 2
    widened = shapely.buffer(shapely.union_all(polygons), closing_m, quad_segs=2)
    land: Polygonal = shapely.buffer(widened, _SHORE_M - closing_m, quad_segs=2)
    return land


def _shore(land: Polygonal) -> shapely.STRtree:
    """The straight pieces of the land's edge."""
    rings = shapely.get_rings(shapely.get_parts(land))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    pieces = np.stack([points[:-1], points[1:]], axis=1)[ring[:-1] == ring[1:]]
    return shapely.STRtree(shapely.linestrings(pieces))


def _nodes(
    plane: Plane, position: dict[UUID, int], crossings: Sequence[Crossing], links: Sequence[Link]
) -> Nodes:
    lonlats = [(crossing.lon, crossing.lat) for crossing in crossings]
    leaves: list[tuple[int, ...]] = [(position[each.a], position[each.b]) for each in crossings]
    onward: list[tuple[tuple[int, float], ...]] = [() for _ in crossings]
    for link in links:
        minutes = link.minutes + link.wait_minutes
        first, second = len(lonlats), len(lonlats) + 1
        lonlats += [(link.a_lon, link.a_lat), (link.b_lon, link.b_lat)]
        leaves += [(position[link.a],), (position[link.b],)]
        onward += [((second, minutes),), ((first, minutes),)]
    of_leaf: list[list[int]] = [[] for _ in position]
    for node, within in enumerate(leaves):
        for leaf in within:
            of_leaf[leaf].append(node)
    degrees = np.array(lonlats, dtype=np.float64).reshape(-1, 2)
    x, y = plane.xy(degrees[:, 0], degrees[:, 1])
    return Nodes(
        x, y, x.tolist(), y.tolist(), tuple(leaves), tuple(tuple(nodes) for nodes in of_leaf), tuple(onward)
    )


def _edges(
    position: dict[UUID, int], crossings: Iterable[Crossing], links: Iterable[Link]
) -> list[tuple[int, int]]:
    edges = [(position[crossing.a], position[crossing.b]) for crossing in crossings]
    return edges + [(position[link.a], position[link.b]) for link in links]


def _components(count: int, edges: Iterable[tuple[int, int]]) -> Indices:
    """Number the connected parts of `count` leaves: each part has the number of its first leaf."""
    parent = list(range(count))

    def root(leaf: int) -> int:
        while parent[leaf] != leaf:
            parent[leaf] = parent[parent[leaf]]
            leaf = parent[leaf]
        return leaf

    for a, b in edges:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    return np.array([root(leaf) for leaf in range(count)], dtype=np.intp)


def _neighbours(leaves: Sequence[Leaf], edges: Iterable[tuple[int, int]]) -> tuple[tuple[UUID, ...], ...]:
    around: list[set[int]] = [set() for _ in leaves]
    for a, b in edges:
        if a != b:
            around[a].add(b)
            around[b].add(a)
    return tuple(tuple(leaves[other].id for other in sorted(others)) for others in around)
