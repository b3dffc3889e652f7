"""Drawing: the few SVG elements that the plots are made of. Pure."""

from collections.abc import Iterable, Sequence
from html import escape

INK, FAINT, GRID = "#1f2933", "#6b7680", "#e3e7eb"


def number(value: float) -> str:
    """A coordinate, to a hundredth."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: float = 12,
    anchor: str = "start",
    fill: str = INK,
    weight: int = 400,
) -> str:
    """A line of text."""
    return (
        f'<text x="{number(x)}" y="{number(y)}" font-size="{number(size)}" text-anchor="{anchor}" fill="{fill}"'
        f' font-weight="{weight}">{escape(words)}</text>'
    )


def line(x1: float, y1: float, x2: float, y2: float, stroke: str = GRID, width: float = 1) -> str:
    """A straight line."""
    return (
        f'<line x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}" stroke="{stroke}"'
        f' stroke-width="{number(width)}"/>'
    )


def rectangle(x: float, y: float, width: float, height: float, fill: str, title: str = "") -> str:
    """A filled rectangle, with a title that shows when it is pointed at."""
    said = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(max(width, 0))}" height="{number(max(height, 0))}"'
        f' fill="{fill}" rx="1.5">{said}</rect>'
    )


def polyline(points: Iterable[tuple[float, float]], stroke: str, width: float = 2.2, dash: str = "") -> str:
    """A line through points."""
    path = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<polyline points="{path}" fill="none" stroke="{stroke}" stroke-width="{number(width)}"'
        f' stroke-linejoin="round"{dashed}/>'
    )


def circle(x: float, y: float, radius: float, fill: str, opacity: float = 1) -> str:
    """A dot."""
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" fill="{fill}" fill-opacity="{opacity:g}"/>'


def path(rings: Iterable[Sequence[tuple[float, float]]], fill: str, stroke: str) -> str:
    """A filled shape."""
    drawn = "".join("M" + "L".join(f"{number(x)} {number(y)}" for x, y in ring) + "Z" for ring in rings)
    return f'<path d="{drawn}" fill="{fill}" stroke="{stroke}" stroke-width="0.6" fill-rule="evenodd"/>'


def drawing(width: float, height: float, parts: Iterable[str], label: str) -> str:
    """A whole picture, with what it shows for those who do not see it."""
    return (
        f'<svg viewBox="0 0 {number(width)} {number(height)}" role="img" aria-label="{escape(label, quote=True)}">'
        + "".join(parts)
        + "</svg>"
    )
