"""The plots: curves, bars with whiskers, stacked bars. Pure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from service.simulate.report import svg

COLOURS = {
    "ours": "#c8102e",
    "nearest3": "#2a6fb0",
    "blast": "#e08a00",
    "first_come": "#5b8c3a",
    "nearest3_late": "#7b5ea7",
    "clairvoyant": "#8a949e",
}
CAUSES = {
    "no_yes": "#d9a441",
    "lost": "#b5524a",
    "busy": "#7c8fb3",
    "off_duty": "#9a9fa5",
    "skill": "#6a9c89",
    "unreachable": "#454f59",
}
WIDTH, HEIGHT = 560.0, 330.0
WIDE = 1160.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 14.0, 14.0, 64.0


def curves(
    by_policy: Mapping[str, Sequence[float]], names: Mapping[str, str], minutes: int, unit: str, label: str
) -> str:
    """The share reached by each half minute, a line a policy."""
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def x(minute: float) -> float:
        return LEFT + (right - LEFT) * minute / minutes

    def y(share: float) -> float:
        return bottom - (bottom - TOP) * share

    parts = []
    for tenth in range(0, 11, 2):
        parts.append(svg.line(LEFT, y(tenth / 10), right, y(tenth / 10)))
        parts.append(
            svg.text(LEFT - 8, y(tenth / 10) + 4, f"{tenth * 10} %", anchor="end", fill=svg.FAINT, size=11)
        )
    step = 10 if minutes <= 60 else 20
    for minute in range(0, minutes + 1, step):
        parts.append(svg.line(x(minute), bottom, x(minute), bottom + 4, svg.FAINT))
        parts.append(svg.text(x(minute), bottom + 17, str(minute), anchor="middle", fill=svg.FAINT, size=11))
    parts.append(svg.text(right, bottom + 31, unit, anchor="end", fill=svg.FAINT, size=11))
    # Ours last, so that it lies on top.
    for policy in sorted(by_policy, key=lambda policy: policy == "ours"):
        points = [(x(half / 2), y(share)) for half, share in enumerate(by_policy[policy])]
        dash = "5 4" if policy == "clairvoyant" else ""
        width = 3.0 if policy == "ours" else 2.0
        parts.append(svg.polyline(points, COLOURS[policy], width, dash))
    return svg.drawing(WIDTH, HEIGHT, [*parts, *_legend(by_policy, names, HEIGHT - 14)], label)


def bars(by_policy: Mapping[str, Mapping[str, Any]], names: Mapping[str, str], label: str) -> str:
    """A mean with its interval, a bar a policy."""
    left, right, row = 138.0, WIDTH - 66.0, 40.0
    top = max((each["high"] or each["mean"]) for each in by_policy.values())
    scale = (right - left) / _nice(top)
    parts = []
    for tick in _ticks(top):
        parts.append(svg.line(left + tick * scale, TOP, left + tick * scale, TOP + row * len(by_policy)))
        parts.append(
            svg.text(
                left + tick * scale,
                TOP + row * len(by_policy) + 16,
                f"{tick:g}",
                anchor="middle",
                fill=svg.FAINT,
                size=11,
            )
        )
    for at, (policy, each) in enumerate(by_policy.items()):
        middle = TOP + row * (at + 0.5)
        parts.append(
            svg.text(
                left - 10, middle + 4, names[policy], anchor="end", weight=700 if policy == "ours" else 400
            )
        )
        parts.append(svg.rectangle(left, middle - 11, each["mean"] * scale, 22, COLOURS[policy]))
        end = left + each["mean"] * scale
        if each["low"] is not None:
            low, end = left + each["low"] * scale, left + each["high"] * scale
            parts.append(svg.line(low, middle, end, middle, svg.INK, 1.2))
            parts += [svg.line(edge, middle - 5, edge, middle + 5, svg.INK, 1.2) for edge in (low, end)]
        parts.append(svg.text(end + 8, middle + 4, f"{each['mean']:.1f}", weight=600))
    return svg.drawing(WIDTH, TOP + row * len(by_policy) + 26, parts, label)


def columns(by_policy: Mapping[str, Sequence[float]], names: Mapping[str, str], label: str) -> str:
    """How many people had so many offers: groups of columns, a colour a policy."""
    right, bottom = WIDE - RIGHT, HEIGHT - BOTTOM
    count = max(len(each) for each in by_policy.values())
    top = _nice(max(max(each, default=0.0) for each in by_policy.values()) or 1.0)
    group = (right - LEFT) / count
    width = group * 0.8 / len(by_policy)
    parts = []
    for tick in _ticks(top):
        y = bottom - (bottom - TOP) * tick / top
        parts.append(svg.line(LEFT, y, right, y))
        parts.append(svg.text(LEFT - 8, y + 4, f"{tick:g}", anchor="end", fill=svg.FAINT, size=11))
    for at in range(count):
        words = f"{at + 1}" if at < count - 1 else f"{at + 1}+"
        parts.append(
            svg.text(LEFT + group * (at + 0.5), bottom + 17, words, anchor="middle", fill=svg.FAINT, size=11)
        )
        for which, (policy, each) in enumerate(by_policy.items()):
            height = (bottom - TOP) * each[at] / top
            x = LEFT + group * (at + 0.1) + width * which
            title = f"{names[policy]} · {words}: {each[at]:.1f}"
            parts.append(svg.rectangle(x, bottom - height, width, height, COLOURS[policy], title))
    return svg.drawing(WIDE, HEIGHT, [*parts, *_legend(by_policy, names, HEIGHT - 14)], label)


def stacks(
    by_policy: Mapping[str, Mapping[str, float]],
    names: Mapping[str, str],
    causes: Mapping[str, str],
    label: str,
) -> str:
    """Seats left empty, a bar a policy, a colour a cause."""
    left, right, row = 138.0, WIDTH - 56.0, 36.0
    totals = {policy: sum(each.values()) for policy, each in by_policy.items()}
    top = _nice(max(totals.values(), default=0.0) or 1.0)
    scale = (right - left) / top
    bottom = TOP + row * len(by_policy)
    parts = []
    for tick in _ticks(top):
        parts.append(svg.line(left + tick * scale, TOP, left + tick * scale, bottom))
        parts.append(
            svg.text(left + tick * scale, bottom + 16, f"{tick:g}", anchor="middle", fill=svg.FAINT, size=11)
        )
    for at, (policy, each) in enumerate(by_policy.items()):
        middle, x = TOP + row * (at + 0.5), left
        parts.append(
            svg.text(
                left - 10, middle + 4, names[policy], anchor="end", weight=700 if policy == "ours" else 400
            )
        )
        for cause, colour in CAUSES.items():
            seats = each.get(cause, 0.0)
            if seats:
                parts.append(
                    svg.rectangle(x, middle - 10, seats * scale, 20, colour, f"{causes[cause]}: {seats:.1f}")
                )
                x += seats * scale
        parts.append(svg.text(x + 8, middle + 4, f"{totals[policy]:.1f}", weight=600))
    shown = [cause for cause in CAUSES if any(cause in each for each in by_policy.values())]
    y = bottom + 40
    for at, cause in enumerate(shown):
        x, line = LEFT - 30 + (at % 2) * 270, y + (at // 2) * 19
        parts.append(svg.rectangle(x, line - 10, 12, 12, CAUSES[cause]))
        parts.append(svg.text(x + 18, line, causes[cause], size=11.5))
    return svg.drawing(WIDTH, y + math.ceil(len(shown) / 2) * 19, parts, label)


def _legend(policies: Mapping[str, Any], names: Mapping[str, str], y: float) -> list[str]:
    parts, x = [], LEFT - 36
    for policy in policies:
        dash = "5 4" if policy == "clairvoyant" else ""
        parts.append(svg.polyline([(x, y - 4), (x + 18, y - 4)], COLOURS[policy], 3, dash))
        parts.append(svg.text(x + 23, y, names[policy], size=11))
        x += 38 + sum(11 if ord(letter) > 255 else 6 for letter in names[policy])
    return parts


PARTS = {1: 5, 1.5: 3, 2: 4, 2.5: 5, 3: 3, 4: 4, 5: 5, 6: 3, 8: 4, 10: 5}
"""Where an axis may end, by the first digits, and into how many parts it is then divided."""


def _end(top: float) -> tuple[float, int]:
    """The end of an axis that holds `top`, and its parts."""
    power = 10.0 ** math.floor(math.log10(top)) if top > 0 else 1.0
    return next((power * first, parts) for first, parts in PARTS.items() if power * first >= top)


def _nice(top: float) -> float:
    """The end of an axis that holds `top`."""
    return _end(top)[0]


def _ticks(top: float) -> list[float]:
    end, parts = _end(top)
    return [round(end * part / parts, 6) for part in range(parts + 1)]
