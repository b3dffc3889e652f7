"""Draw the README's picture: travel minutes from a task on Potou's shore, over the map of the running demo.

    .local/venv/bin/python docs/pictures/travel_time.py > docs/pictures/travel-time.svg

Each community is coloured by the minutes to a point inside it: what the dispatcher ranks people by. The water is
crossed where there is a bridge or a ferry, and nowhere else.
"""

import asyncio
import math
import sys

import shapely

import service.schema  # noqa: F401  (every table: foreign keys cross rooms)
from service.db.engine import make_engine, make_sessions
from service.dispatch.engine.travel import Search
from service.grids.graph import GridGraph
from service.grids.queries import load_graph
from service.settings import Settings

TASK = (110.4360, 21.2560)
HALF_WIDTH_M, HALF_HEIGHT_M = 17_000, 11_000
SCALE = 1 / 34
STEPS = ((5, "#00532f"), (10, "#1b7a43"), (15, "#46a05a"), (20, "#83c077"), (30, "#bddc9a"), (40, "#e7efc3"))
BEYOND = "#f4f1e4"
WATER = "#cfe3ee"


async def read_graph() -> GridGraph:
    """The demo's grid graph."""
    engine = make_engine(Settings.load())
    async with make_sessions(engine)() as session:
        graph = await load_graph(session)
    await engine.dispose()
    return graph


def colour(minutes: float) -> str:
    """The fill of a community that far away."""
    return next((fill for limit, fill in STEPS if minutes <= limit), BEYOND)


def path(shape: shapely.Geometry, x0: float, y0: float) -> str:
    """An SVG path of a polygon in metres, with the task in the middle."""
    rings = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    return " ".join(
        "M" + "L".join(f"{at_x(x, x0):.1f},{at_y(y, y0):.1f}" for x, y in ring.coords) + "Z" for ring in rings
    )


def at_x(x: float, x0: float) -> float:
    """Pixels from the left."""
    return (x - x0 + HALF_WIDTH_M) * SCALE


def at_y(y: float, y0: float) -> float:
    """Pixels from the top."""
    return (y0 + HALF_HEIGHT_M - y) * SCALE


def draw(graph: GridGraph) -> str:
    """The picture."""
    start = graph.locate(*TASK)
    x0, y0 = start.x, start.y
    frame = shapely.box(x0 - HALF_WIDTH_M, y0 - HALF_HEIGHT_M, x0 + HALF_WIDTH_M, y0 + HALF_HEIGHT_M)
    shown = [(leaf, graph.plane.project(leaf.polygon)) for leaf in graph.leaves]
    shown = [(leaf, shape) for leaf, shape in shown if shape.intersects(frame)]
    inside = [graph.plane.lonlat(*shapely.point_on_surface(shape).coords[0]) for _, shape in shown]
    points = graph.points([p[0] for p in inside], [p[1] for p in inside], [leaf.id for leaf, _ in shown])
    minutes = Search(graph, start, speed_kmh=30, road_factor=1.4).minutes(points, 120)
    width, height = 2 * HALF_WIDTH_M * SCALE, 2 * HALF_HEIGHT_M * SCALE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height + 44:.0f}"'
        ' font-family="sans-serif" font-size="13">',
        f'<rect width="{width:.0f}" height="{height + 44:.0f}" fill="#ffffff"/>',
        f'<svg width="{width:.0f}" height="{height:.0f}"><rect width="100%" height="100%" fill="{WATER}"/>',
    ]
    for (_, shape), far in zip(shown, minutes, strict=True):
        parts.append(
            f'<path d="{path(shape, x0, y0)}" fill="{colour(far)}" stroke="#ffffff" stroke-width="0.5"/>'
        )
    nodes = graph.nodes
    for node, onward in enumerate(nodes.links):
        for other, _ in onward:
            if node < other:
                line = (at_x(nodes.x[node], x0), at_y(nodes.y[node], y0))
                line += (at_x(nodes.x[other], x0), at_y(nodes.y[other], y0))
                x1, y1, x2, y2 = line
                if max(map(abs, line)) < 5000 and not math.isnan(x1):
                    parts.append(
                        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#c2410c"'
                        ' stroke-width="3" stroke-dasharray="7 4"/>'
                    )
    x, y = at_x(x0, x0), at_y(y0, y0)
    parts.append(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="#dc2626" stroke="#fff" stroke-width="2"/></svg>'
    )
    left = 10.0
    for limit, fill in (*STEPS, (None, BEYOND)):
        label = f"≤ {limit} min" if limit else "farther"
        parts.append(
            f'<rect x="{left:.0f}" y="{height + 14:.0f}" width="18" height="14" fill="{fill}" stroke="#bbb"/>'
            f'<text x="{left + 24:.0f}" y="{height + 26:.0f}">{label}</text>'
        )
        left += 92
    parts.append(
        f'<line x1="{left:.0f}" x2="{left + 26:.0f}" y1="{height + 21:.0f}" y2="{height + 21:.0f}"'
        ' stroke="#c2410c" stroke-width="3" stroke-dasharray="7 4"/>'
        f'<text x="{left + 34:.0f}" y="{height + 26:.0f}">bridge, ferry</text>'
        f'<circle cx="{left + 140:.0f}" cy="{height + 21:.0f}" r="6" fill="#dc2626"/>'
        f'<text x="{left + 152:.0f}" y="{height + 26:.0f}">task</text></svg>'
    )
    return "\n".join(parts)


sys.stdout.write(draw(asyncio.run(read_graph())) + "\n")
