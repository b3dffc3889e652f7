"""How many people reach each of many places in time.

The travel times are those of `dispatch.engine.travel`, for all places at once. Most pairs of a person and a place are
settled by arithmetic: too far apart in a straight line, or nearer to each other than one of them is to the shore, so
that the line stays on land. Only for the others lines are drawn, and only for what then has water in between a search
goes out from the place.
"""

import numpy as np
import shapely
from numpy.typing import NDArray

from service.dispatch.engine.travel import Search
from service.grids.graph import GridGraph, Indices, Located, Points

Counts = NDArray[np.int64]

AT_ONCE = 256
"""So many places are looked at together: the pairs of all would not fit into memory in a large city."""
_ROUNDING_M = 0.01


def reached(
    graph: GridGraph, places: Points, people: Points, *, within: float, speed_kmh: float, road_factor: float
) -> Counts:
    """How many of the people are at most `within` minutes away from each place, shape (places,)."""
    counts = np.zeros(len(places.x), dtype=np.int64)
    if len(people.x) == 0:
        return counts
    spots, many = together(people)
    tree = shapely.STRtree(np.asarray(shapely.points(spots.x, spots.y)))
    metres = within / (road_factor / (speed_kmh * 1000.0 / 60.0)) + _ROUNDING_M
    shore = graph.shore_m(places.x, places.y), graph.shore_m(spots.x, spots.y)
    for first in range(0, len(places.x), AT_ONCE):
        some = np.arange(first, min(first + AT_ONCE, len(places.x)))
        near, spot = tree.query(
            shapely.points(places.x[some], places.y[some]), predicate="dwithin", distance=metres
        )
        place = some[near]
        on_land = stays_on_land(graph, places, spots, place, spot, shore)
        # The search settles all that is not plainly in reach: at the bound itself, too.
        plain = on_land & (apart(places, spots, place, spot) < metres - 2 * _ROUNDING_M)
        np.add.at(counts, place[plain], many[spot[plain]])
        place, spot = place[~plain], spot[~plain]
        for each in np.unique(place):
            around = spot[place == each]
            counts[each] += many[
                around[searched(graph, places, spots, each, around, within, speed_kmh, road_factor)]
            ].sum()
    return counts


def together(people: Points) -> tuple[Points, Counts]:
    """The different spots at which people are, and how many at each: a unit's members are at its office."""
    rows = np.column_stack([people.x, people.y, people.leaf.astype(np.float64)])
    spots, many = np.unique(rows, axis=0, return_counts=True)
    return Points(spots[:, 0], spots[:, 1], spots[:, 2].astype(np.intp)), many


def apart(places: Points, spots: Points, place: Indices, spot: Indices) -> NDArray[np.float64]:
    """The metres between the two of each pair."""
    return np.hypot(spots.x[spot] - places.x[place], spots.y[spot] - places.y[place])


def stays_on_land(
    graph: GridGraph,
    places: Points,
    spots: Points,
    place: Indices,
    spot: Indices,
    shore: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.bool_]:
    """Whether each pair's way is the straight line: within one leaf, or over land alone."""
    metres = apart(places, spots, place, spot)
    clear = np.maximum(shore[0][place], shore[1][spot]) - _ROUNDING_M
    direct: NDArray[np.bool_] = (places.leaf[place] == spots.leaf[spot]) | (metres < clear)
    drawn = np.flatnonzero(~direct)
    if len(drawn) > 0:
        place, spot = place[drawn], spot[drawn]
        direct[drawn] = graph.on_land(places.x[place], places.y[place], spots.x[spot], spots.y[spot])
    return direct


def searched(
    graph: GridGraph,
    places: Points,
    spots: Points,
    place: int,
    around: Indices,
    within: float,
    speed_kmh: float,
    road_factor: float,
) -> NDArray[np.bool_]:
    """Which of the spots are in reach of one place, by the engine's own search."""
    start = Located(graph.leaves[places.leaf[place]], 0.0, float(places.x[place]), float(places.y[place]))
    search = Search(graph, start, speed_kmh=speed_kmh, road_factor=road_factor)
    minutes = search.minutes(Points(spots.x[around], spots.y[around], spots.leaf[around]), within)
    return minutes <= within
