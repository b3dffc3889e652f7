"""The drill: dispatchers and members who talk to the running service over HTTP, and then hold it to its word."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from rich.console import Console
from rich.table import Table

from service.demo.drill.check import Found, check
from service.demo.drill.client import Person, Refusal, Service
from service.demo.drill.desk import run
from service.demo.drill.floor import Floor
from service.demo.drill.notes import Notes
from service.demo.drill.report import heading, summary, timeline
from service.demo.drill.scenario import emergencies
from service.demo.drill.screen import Screen
from service.errors import SetupError
from service.settings import Settings

TIMEOUT = httpx.Timeout(20.0, connect=5.0)
PATIENCE_AT_THE_END_S = 15.0
"""When somebody stops the drill they do not want to wait for a service that is gone."""
MOST_SHOWN = 50
"""Untruths that are printed; the number of the others is."""


async def drill(
    settings: Settings, console: Console, url: str, tasks: int, seed: int, *, wait: bool = False
) -> bool:
    """Run the drill against the service at `url` and print what came of it. True when every answer still holds.

    With `wait`, one task is left to the service's own timer (three minutes). Whatever happens, nothing of the
    drill is left open, as far as the service answers. Raises SetupError when the accounts are missing or the
    service does not answer.
    """
    accounts = read_accounts(settings.home / "demo-accounts.json")
    limits = httpx.Limits(max_connections=32)
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT, limits=limits, trust_env=False) as http:
        service = Service(http)
        if not await service.is_ready():
            raise SetupError(
                f"No service is ready at {url}. Start it (vanguard serve), or name another with --url."
            )
        dispatcher = Person.with_password(service, **accounts["dispatcher"])
        try:
            await dispatcher.token()
        except Refusal as refusal:
            raise SetupError(
                f"The service at {url} does not take the dispatcher's account in {settings.home} ({refusal});"
                " it was loaded with another home folder, or another database."
            ) from refusal
        phones = {member["member_id"]: member["device_token"] for member in accounts["members"]}
        notes = Notes()
        planned = emergencies(tasks, seed, wait=wait)
        screen = Screen(console, service, notes, planned)
        mark = f"drill-{uuid4().hex[:12]}"
        floor = Floor(service, dispatcher, phones, notes, screen, seed, mark)
        started = time.monotonic()
        try:
            with screen:
                await run(floor, planned)
        except BaseExceptionGroup as group:
            raise cause_of(group) from None
        finally:
            await tidy(floor, console)
        took_s = time.monotonic() - started
        found = await floor.found()
    untrue = [*check(notes, found), *(f"the service failed: {fault}" for fault in notes.faults)]
    print_report(console, notes, found, service, took_s)
    return print_verdict(console, notes, untrue)


def read_accounts(path: Path) -> dict[str, Any]:
    """The demo accounts that `demo load` left. Raises SetupError when there are none."""
    try:
        accounts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SetupError(f"There are no demo accounts at {path}: run `vanguard demo load` first.") from None
    return accounts


def cause_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first exception in a group of groups: when the service is gone, all desks say the same."""
    first = group.exceptions[0]
    return cause_of(first) if isinstance(first, BaseExceptionGroup) else first


async def tidy(floor: Floor, console: Console) -> None:
    """Leave nothing open, also after Ctrl-C; when the service does not answer, say so."""
    floor.service.patience_s = min(floor.service.patience_s, PATIENCE_AT_THE_END_S)
    try:
        async with asyncio.timeout(2 * PATIENCE_AT_THE_END_S):
            if left := await floor.leave_nothing_open():
                console.print(f"{left} tasks of the drill went on; cancelled.", highlight=False)
    except (SetupError, TimeoutError) as error:
        console.print(f"Tasks of the drill may still be open. {error}", style="yellow", soft_wrap=True)


def print_report(console: Console, notes: Notes, found: Found, service: Service, took_s: float) -> None:
    """Each task's timeline, and the summary."""
    in_order = sorted(notes.task_ids, key=notes.numbers.__getitem__)
    tasks = [found.tasks[task_id] for task_id in in_order if task_id in found.tasks]
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
    table = Table(box=None, show_header=False, pad_edge=False)
    figures = summary(notes, tasks, retries=service.retries, replayed=service.replayed, took_s=took_s)
    for what, how_much in figures:
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
