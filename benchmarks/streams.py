"""Streams of tasks and workers: their files, and made-up ones by seed. docs/benchmarks.md documents the format."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

FIELDS = ("x", "y", "t", "deadline")
MOST_NAMED = 20


class Arrival(NamedTuple):
    """A task, which is there from `t` on and has to be reached by its deadline; or a worker, who can be sent from `t`
    until their deadline. Lengths and times are in whatever units the file has."""

    x: float
    y: float
    t: float
    deadline: float


class BadLines(ValueError):
    """Lines that are none, each with its file, its number and what is wrong."""

    def __init__(self, faults: list[str]) -> None:
        more = len(faults) - MOST_NAMED
        shown = faults[:MOST_NAMED] + ([f"and {more} more"] if more > 0 else [])
        super().__init__("\n".join(shown))


def parse(lines: Iterable[str], name: str) -> list[Arrival]:
    """The arrivals of a file: `x y t deadline` a line, with spaces or tabs between; empty lines and what follows a #
    are left out. Raises BadLines, also where there is nothing."""
    found, faults = [], []
    for number, line in enumerate(lines, 1):
        fields = line.split("#", 1)[0].split()
        if not fields:
            continue
        fault = fault_of(fields)
        if fault is None:
            found.append(Arrival(*map(float, fields)))
        else:
            faults.append(f"{name}, line {number}: {fault}")
    if not faults and not found:
        faults.append(f"{name}: there is no line `{' '.join(FIELDS)}` in it")
    if faults:
        raise BadLines(faults)
    return found


def fault_of(fields: list[str]) -> str | None:
    """What is wrong with a line; None: nothing."""
    if len(fields) != len(FIELDS):
        return f"{len(fields)} fields, and not the four `{' '.join(FIELDS)}`"
    for name, text in zip(FIELDS, fields, strict=True):
        try:
            value = float(text)
        except ValueError:
            return f"{name} is {text!r}, which is not a number"
        if not math.isfinite(value):
            return f"{name} is {text!r}, which is not a finite number"
    if float(fields[3]) < float(fields[2]):
        return f"the deadline {fields[3]} is before t, {fields[2]}"
    return None


def made_up(seed: int, count: int) -> tuple[list[Arrival], list[Arrival]]:
    """Tasks and workers of two hours of a storm, in metres and minutes.

    600 tasks around six places, more and more of them in the first hour; each has to be reached within 10 to 40
    minutes. `count` workers over 20 km, who are there at first or come in the first 100 minutes, and can be sent for
    one to three hours from when they came.
    """
    draw = np.random.default_rng(seed)
    middles = draw.uniform(3_000, 17_000, (6, 2))
    where = middles[draw.integers(0, 6, 600)] + draw.normal(0, 1_800, (600, 2))
    when = draw.triangular(0, 60, 120, 600)
    tasks = [
        Arrival(x, y, t, t + patience)
        for (x, y), t, patience in zip(
            where.tolist(), when.tolist(), draw.uniform(10, 40, 600).tolist(), strict=True
        )
    ]
    homes, come = draw.uniform(0, 20_000, (count, 2)), draw.uniform(-60, 100, count)
    workers = [
        Arrival(x, y, max(0.0, t), t + stay)
        for (x, y), t, stay in zip(
            homes.tolist(), come.tolist(), draw.uniform(60, 180, count).tolist(), strict=True
        )
    ]
    return tasks, workers
