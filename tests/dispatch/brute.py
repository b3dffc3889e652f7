"""Travel times and availability by brute force: every member, every node, from the tables alone.

Nothing here comes from the engine or the grid graph in memory: geodesic metres instead of a plane's, the whole
city instead of a neighbourhood, Dijkstra over all nodes at once.
"""

import heapq
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import shapely
from pyproj import Geod, Transformer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

GEOD = Geod(ellps="GRS80")
GAUSS_KRUGER = Transformer.from_crs(4490, 4546, always_xy=True)
SPEED_M_PER_MINUTE = 30_000 / 60
ROAD_FACTOR = 1.4
SHANGHAI = ZoneInfo("Asia/Shanghai")

Point = tuple[float, float]


def straight_minutes(a: Point, b: Point) -> float:
    """What the straight line would take, over land."""
    return GEOD.inv(*a, *b)[2] * ROAD_FACTOR / SPEED_M_PER_MINUTE


@dataclass
class Somebody:
    """A member as the tables have them, at their place for dispatch."""

    id: UUID
    available: bool
    skills: set[str]
    place: Point
    leaf: UUID


class Brute:
    """The whole map, and one search over all of it."""

    def __init__(self, leaves, crossings, links) -> None:
        self.leaves = {id: shapely.from_wkb(bytes(wkb)) for id, wkb in leaves}
        union = shapely.union_all(list(self.leaves.values()))
        projected = shapely.transform(
            union, lambda xy: list(zip(*GAUSS_KRUGER.transform(*xy.T), strict=True))
        )
        self.land = projected.buffer(11).buffer(-10)
        shapely.prepare(self.land)
        self.nodes: list[tuple[Point, tuple[UUID, ...]]] = [((x, y), (a, b)) for a, b, x, y in crossings]
        self.onward: dict[int, list[tuple[int, float]]] = {}
        for a, b, ax, ay, bx, by, minutes in links:
            first = len(self.nodes)
            self.nodes += [((ax, ay), (a,)), ((bx, by), (b,))]
            self.onward[first] = [(first + 1, minutes)]
            self.onward[first + 1] = [(first, minutes)]
        self.of_leaf: dict[UUID, list[int]] = {id: [] for id in self.leaves}
        for node, (_, leaves_of_node) in enumerate(self.nodes):
            for leaf in leaves_of_node:
                self.of_leaf[leaf].append(node)

    def leaf_at(self, point: Point) -> UUID:
        """The leaf that holds a point or is nearest."""
        return min(self.leaves, key=lambda id: self.leaves[id].distance(shapely.Point(point)))

    def ashore(self, point: Point, leaf: UUID) -> Point:
        """The nearest point of the leaf."""
        line = shapely.shortest_line(self.leaves[leaf], shapely.Point(point))
        x, y = shapely.get_coordinates(line)[0]
        return (float(x), float(y))

    def stays_on_land(self, a: Point, b: Point) -> bool:
        """Whether the straight line between two points stays on land."""
        return bool(
            self.land.covers(shapely.LineString([GAUSS_KRUGER.transform(*a), GAUSS_KRUGER.transform(*b)]))
        )

    def node_minutes(self, start: Point, leaf: UUID) -> list[float]:
        """Minutes from a start to every node."""
        best = [math.inf] * len(self.nodes)
        frontier = [(straight_minutes(start, self.nodes[n][0]), n) for n in self.of_leaf[leaf]]
        heapq.heapify(frontier)
        while frontier:
            minutes, node = heapq.heappop(frontier)
            if minutes >= best[node]:
                continue
            best[node] = minutes
            where, leaves = self.nodes[node]
            for other_leaf in leaves:
                for other in self.of_leaf[other_leaf]:
                    if best[other] == math.inf:
                        step = straight_minutes(where, self.nodes[other][0])
                        heapq.heappush(frontier, (minutes + step, other))
            for other, step in self.onward.get(node, []):
                heapq.heappush(frontier, (minutes + step, other))
        return best

    def minutes(self, start: Point, people: list[Somebody]) -> dict[UUID, float]:
        """Travel minutes from a task to everybody."""
        leaf = self.leaf_at(start)
        start = self.ashore(start, leaf)
        nodes = self.node_minutes(start, leaf)
        found = {}
        for person in people:
            place = self.ashore(person.place, person.leaf)
            straight = straight_minutes(start, place)
            if person.leaf == leaf or self.stays_on_land(start, place):
                found[person.id] = straight
            else:
                around = min(
                    (nodes[n] + straight_minutes(self.nodes[n][0], place) for n in self.of_leaf[person.leaf]),
                    default=math.inf,
                )
                found[person.id] = max(straight, around)
        return found


async def read_map(session: AsyncSession) -> Brute:
    """The map from its tables."""
    leaves = await session.execute(
        text("SELECT grid_id, ST_AsBinary(geom) FROM grid_version WHERE leaf AND valid_to IS NULL")
    )
    crossings = await session.execute(
        text("SELECT grid_a_id, grid_b_id, ST_X(location), ST_Y(location) FROM crossing")
    )
    links = await session.execute(
        text(
            "SELECT grid_a_id, grid_b_id, ST_X(end_a), ST_Y(end_a), ST_X(end_b), ST_Y(end_b),"
            " minutes + wait_minutes FROM link WHERE open"
        )
    )
    return Brute(leaves.all(), crossings.all(), links.all())


async def read_people(session: AsyncSession, now: datetime, *, office_hours: bool) -> list[Somebody]:
    """Every member, available or not, by rules written out here."""
    local = now.astimezone(SHANGHAI)
    minute = local.hour * 60 + local.minute
    on_duty = set(
        await session.scalars(
            text(
                "SELECT member_id FROM duty_slot WHERE weekday = :d AND from_minute <= :m AND to_minute > :m"
            ),
            {"d": local.weekday(), "m": minute},
        )
    )
    for member_id, state in await session.execute(
        text("SELECT member_id, state FROM duty_switch WHERE until IS NULL OR until > :now"), {"now": now}
    ):
        (on_duty.add if state == "on" else on_duty.discard)(member_id)
    busy = set(await session.scalars(text("SELECT member_id FROM offer WHERE state = 'pending'"))) | set(
        await session.scalars(
            text("SELECT member_id FROM engagement WHERE state IN ('accepted', 'en_route', 'on_scene')")
        )
    )
    skills: dict[UUID, set[str]] = {}
    for member_id, code, expires_on in await session.execute(
        text("SELECT member_id, skill_code, expires_on FROM member_skill")
    ):
        if expires_on is None or expires_on >= local.date():
            skills.setdefault(member_id, set()).add(code)
    rows = await session.execute(
        text(
            "SELECT m.id, m.active, p.at, ST_X(p.location), ST_Y(p.location), p.grid_id,"
            " ST_X(u.office), ST_Y(u.office), u.office_grid_id, ST_X(m.home), ST_Y(m.home), m.home_grid_id"
            " FROM member m JOIN unit u ON u.id = m.unit_id LEFT JOIN presence p ON p.member_id = m.id"
        )
    )
    people = []
    for id, active, at, px, py, pg, ox, oy, og, hx, hy, hg in rows:
        if at is not None and at >= now - timedelta(minutes=10):
            place, leaf = (px, py), pg
        elif office_hours:
            place, leaf = (ox, oy), og
        else:
            place, leaf = (hx, hy), hg
        available = active and id in on_duty and id not in busy
        people.append(Somebody(id, available, skills.get(id, set()), place, leaf))
    return people
