"""What is seen while the drill runs: a row for each task, live on a terminal, a line now and then elsewhere."""

import asyncio
import time
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from service.demo.drill.check import SEATED, offers_of
from service.demo.drill.client import Json, Service
from service.demo.drill.notes import ANSWERS, Notes
from service.demo.drill.scenario import Planned

MOST_ROWS = 16
LINE_EVERY_S = 5.0
QUIET_LINES = 6
STYLES = {"open": "yellow", "staffed": "green", "under_way": "green", "closed": "dim", "cancelled": "dim"}


class Screen:
    """Open it around the run; `show` what was read of a task."""

    def __init__(self, console: Console, service: Service, notes: Notes, planned: Sequence[Planned]) -> None:
        self.console = console
        self.service = service
        self.notes = notes
        self.planned = planned
        self.tasks: dict[int, Json] = {}
        self.started = time.monotonic()
        self.teller: asyncio.Task[None] | None = None
        self.live = Live(
            get_renderable=self.table,
            console=console,
            refresh_per_second=4,
            transient=True,
            auto_refresh=True,
        )

    def __enter__(self) -> "Screen":
        self.started = time.monotonic()
        if self.console.is_terminal:
            self.live.start()
        else:
            self.teller = asyncio.create_task(self.tell())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.console.is_terminal:
            self.live.stop()
        elif self.teller is not None:
            self.teller.cancel()

    def show(self, number: int, task: Json) -> None:
        """What the service now says of a task."""
        self.tasks[number] = task

    async def tell(self) -> None:
        """Where there is no terminal: a line every few seconds, and fewer while nothing happens. Until cancelled."""
        before, quiet = "", 0
        while True:
            await asyncio.sleep(LINE_EVERY_S)
            figures = self.figures()
            away = self.service.down_since is not None
            quiet = quiet + 1 if figures == before and not away else 0
            if quiet % QUIET_LINES == 0:
                self.console.print(self.line(), highlight=False, soft_wrap=True)
            before = figures

    def say(self, what: str) -> None:
        """A sentence above the table."""
        self.console.print(what, highlight=False, markup=False, soft_wrap=True)

    def lost(self, number: int) -> None:
        """A task that could not be posted."""
        self.say(f"Task {number} was not taken: {self.notes.faults[-1]}")

    def figures(self) -> str:
        """How far the drill is."""
        tasks = self.tasks.values()
        seats = sum(each.size for each in self.planned)
        filled = sum(count_filled(task) for task in tasks)
        answers = sum(1 for _ in self.notes.of(*ANSWERS))
        closed = sum(task["ended_at"] is not None for task in tasks)
        return (
            f"{len(tasks)} of {len(self.planned)} tasks posted, {closed} closed;"
            f" {filled} of {seats} seats filled; {answers} answers"
        )

    def line(self) -> str:
        """The whole drill in a line, with the time."""
        said = f"{clock(time.monotonic() - self.started)}  {self.figures()}"
        if self.service.down_since is not None:
            away = time.monotonic() - self.service.down_since
            said += f"; the service does not answer ({away:.0f} s), trying again"
        return said

    def table(self) -> Group:
        """A row for each task; of many, for the newest that go on."""
        table = Table(box=None, pad_edge=False)
        for name in ("#", "task", "state"):
            table.add_column(name)
        for name in ("seats", "asked", "yes", "no", "waves"):
            table.add_column(name, justify="right")
        shown = [each for each in self.planned if each.number in self.tasks]
        if len(shown) > MOST_ROWS:
            shown.sort(key=lambda each: (self.tasks[each.number]["ended_at"] is None, each.number))
            shown = sorted(shown[-MOST_ROWS:], key=lambda each: each.number)
        for planned in shown:
            task = self.tasks[planned.number]
            states = [offer["state"] for offer in offers_of(task).values()]
            table.add_row(
                str(planned.number),
                planned.title,
                Text(task["state"], STYLES.get(task["state"], "")),
                f"{count_filled(task)}/{len(task['seats'])}",
                str(len(states)),
                str(states.count("accepted")),
                str(states.count("declined")),
                str(len(task["waves"])),
            )
        return Group(table, Text(self.line(), "red" if self.service.down_since else "bold"))


def count_filled(task: Json) -> int:
    """How many of a task's seats are filled."""
    return sum((seat["engagement"] or {}).get("state") in SEATED for seat in task["seats"])


def clock(seconds: float) -> str:
    """Minutes and seconds: 1:05."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
