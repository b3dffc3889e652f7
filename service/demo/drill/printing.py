"""What the drill prints when it is over."""

from rich.console import Console
from rich.table import Table

from service.demo.drill.client import Json
from service.demo.drill.figures import in_order
from service.demo.drill.found import Found
from service.demo.drill.notes import Notes
from service.demo.drill.report import Rows, heading, summary, timeline
from service.demo.drill.table import in_words, tables

MOST_SHOWN = 50
"""Untruths that are printed; the number of the others is."""


def print_tasks(console: Console, notes: Notes, found: Found) -> Rows:
    """Each task's timeline; gives what they came to."""
    tasks = in_order(notes, found)
    for task in tasks:
        console.print(
            heading(notes.numbers[task["id"]], task),
            style="bold",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
        for line in timeline(task, notes.about(task["id"]), found):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    console.print()
    return summary(notes, tasks)


def print_figures(console: Console, figures: Json) -> Rows:
    """The tables by mode, category and urgency; gives what does not fit in."""
    console.print()
    for table in tables(figures):
        console.print(table, highlight=False)
        console.print()
    whole = figures["all"]
    return [
        ("offers, by end", in_words(whole["offers"])),
        ("not asked, by reason", in_words(whole["not_asked"])),
        ("short waves, by cause", in_words(whole["shortfalls"])),
    ]


def print_rows(console: Console, rows: Rows) -> None:
    """What, and how much."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for what, how_much in rows:
        table.add_row(what, how_much)
    console.print(table)
    console.print("People's minutes are seconds in a drill.", style="dim")


def print_verdict(console: Console, notes: Notes, untrue: list[str]) -> bool:
    """Whether the service kept its word."""
    told = f"Check: {len(notes.acks)} acknowledged answers"
    if not untrue:
        console.print(f"{told}, all still true.", style="bold green", highlight=False)
        return True
    console.print(
        f"{told}, {len(untrue)} things are not as they should be:", style="bold red", highlight=False
    )
    for line in untrue[:MOST_SHOWN]:
        console.print(f"  {line}", highlight=False, markup=False, soft_wrap=True)
    if len(untrue) > MOST_SHOWN:
        console.print(f"  … and {len(untrue) - MOST_SHOWN} more")
    return False
