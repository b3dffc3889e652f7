"""The drill's numbers as they are printed: two narrow tables, a row for each group of tasks."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rich.table import Table

from service.demo.drill.client import Json
from service.demo.drill.figures import GROUPS
from service.demo.drill.screen import clock

Column = Callable[[Json], Any]

ASKED: Mapping[str, Column] = {
    "tasks": lambda of: of["tasks"],
    "seats": lambda of: of["seats"],
    "filled": lambda of: of["filled"],
    "waves": lambda of: of["waves"],
    "batches": lambda of: of["batches"],
    "asked": lambda of: of["asked"],
    "yes": lambda of: of["yes"],
    "no": lambda of: of["no"],
    "none": lambda of: of["unanswered"],
}
CAME: Mapping[str, Column] = {
    "people": lambda of: of["people"],
    "short": lambda of: of["short_waves"],
    "first yes": lambda of: times(of["first_yes_s"]),
    "staffed": lambda of: of["staffed_s"]["tasks"],
    "after": lambda of: times(of["staffed_s"]),
}


def tables(figures: Json) -> list[Table]:
    """Whom the tasks asked, and what came of it."""
    return [
        table(figures, "whom they asked", ASKED),
        table(figures, "what came of it (times: p50 / p90)", CAME),
    ]


def table(figures: Json, title: str, columns: Mapping[str, Column]) -> Table:
    """One row for each group."""
    shown = Table(box=None, pad_edge=False, collapse_padding=True, title=title, title_justify="left")
    shown.add_column("")
    for name in columns:
        shown.add_column(name, justify="right", no_wrap=True)
    for name, of, last in rows(figures):
        shown.add_row(name, *(str(column(of)) for column in columns.values()), end_section=last)
    return shown


def rows(figures: Json) -> Iterator[tuple[str, Json, bool]]:
    """The groups by name, and whether one is the last of its kind."""
    yield "all", figures["all"], True
    for group in GROUPS:
        of_group = figures[f"by_{group}"]
        for i, (name, of) in enumerate(of_group.items(), start=1):
            yield name, of, i == len(of_group)


def times(spread: Json) -> str:
    """The p50 and p90 of some times."""
    if not spread["tasks"]:
        return "–"
    return f"{clock(spread['p50'])} / {clock(spread['p90'])}"


def in_words(counts: Mapping[str, int]) -> str:
    """Counts, the largest first."""
    return ", ".join(f"{n} {word}" for word, n in sorted(counts.items(), key=lambda each: -each[1])) or "none"
