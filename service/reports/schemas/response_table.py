"""The response report as a table, its head in the reader's language."""

from collections.abc import Sequence

from service.reports.schemas.response import FiguresOut, ResponseOut
from service.texts import Language, either, text
from service.web.sheets import Cell

COLUMNS = (
    "group",
    "name",
    "tasks",
    "cancelled",
    "seats",
    "offers",
    "yes",
    "no",
    "unanswered",
    "accepted_median",
    "accepted_p90",
    "filled_median",
    "filled_p90",
    "on_scene_median",
    "on_scene_p90",
    "short_tasks",
    "short_seats",
)
"""By their names in the catalogue of texts (`report.<…>`)."""


def as_table(report: ResponseOut, language: Language) -> tuple[Sequence[str], Sequence[Sequence[Cell]]]:
    """The head and the rows: all tasks first, then each group."""
    head = [text(f"report.{column}", language) for column in COLUMNS]
    rows = [(text("report.total", language), None, *cells(report.total))]
    for each in report.groups:
        name = either(language, each.name or "", each.name_en) or None
        rows.append((each.key, name, *cells(each)))
    return head, rows


def cells(figures: FiguresOut) -> list[Cell]:
    """The figures in the columns' order."""
    return [
        figures.tasks,
        figures.cancelled,
        figures.seats,
        figures.offers.made,
        figures.offers.yes,
        figures.offers.no,
        figures.offers.unanswered,
        figures.first_accept.median_s,
        figures.first_accept.p90_s,
        figures.filled.median_s,
        figures.filled.p90_s,
        figures.on_scene.median_s,
        figures.on_scene.p90_s,
        figures.shortfall.tasks,
        figures.shortfall.seats,
    ]
