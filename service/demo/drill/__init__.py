"""The drill: dispatchers and members who talk to the running service over HTTP, and then hold it to its word."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from rich.console import Console

from service.demo.drill import siren
from service.demo.drill.check import check
from service.demo.drill.client import Person, Refusal, Service
from service.demo.drill.desk import run
from service.demo.drill.figures import figures
from service.demo.drill.floor import Floor
from service.demo.drill.notes import Notes
from service.demo.drill.printing import print_figures, print_rows, print_tasks, print_verdict
from service.demo.drill.report import of_the_run
from service.demo.drill.scenario import Plan, day, emergencies
from service.demo.drill.screen import Screen
from service.errors import SetupError
from service.settings import Settings

__all__ = ["day", "drill", "emergencies"]

TIMEOUT = httpx.Timeout(20.0, connect=5.0)
PATIENCE_AT_THE_END_S = 15.0
"""When somebody stops the drill they do not want to wait for a service that is gone."""


async def drill(
    settings: Settings, console: Console, url: str, plan: Plan, *, json_to: Path | None = None
) -> bool:
    """Run the drill against the service at `url` and print what came of it. True when every answer still holds.

    The summary is written to `json_to` as well, as JSON. Whatever happens, nothing of the drill is left open and
    no county in emergency, as far as the service answers. Raises SetupError when the accounts are missing, the
    service does not answer or the file cannot be written.
    """
    accounts = read_accounts(settings.home / "demo-accounts.json")
    if json_to is not None:
        write(json_to, "")
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
        screen = Screen(console, service, notes, plan.tasks)
        floor = Floor(service, dispatcher, phones, notes, screen, plan, f"drill-{uuid4().hex[:12]}")
        started = time.monotonic()
        try:
            with screen:
                await run(floor, plan)
        except BaseExceptionGroup as group:
            raise cause_of(group) from None
        finally:
            await tidy(floor, console)
        took_s = time.monotonic() - started
        found = await floor.found()
    untrue = [*check(notes, found), *(f"the service failed: {fault}" for fault in notes.faults)]
    numbers = figures(notes, found)
    if json_to is not None:
        about = {
            "mark": floor.mark,
            "seed": plan.seed,
            "took_s": round(took_s, 3),
            "retries": service.retries,
        }
        write(json_to, json.dumps({"run": about, **numbers, "untrue": untrue}, ensure_ascii=False, indent=1))
    rows = print_figures(console, numbers) if plan.in_figures else print_tasks(console, notes, found)
    run_rows = of_the_run(notes, retries=service.retries, replayed=service.replayed, took_s=took_s)
    print_rows(console, [*rows, *run_rows])
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
            await siren.end(floor)
            if left := await floor.leave_nothing_open():
                console.print(f"{left} tasks of the drill went on; cancelled.", highlight=False)
    except (SetupError, TimeoutError) as error:
        console.print(
            "Tasks of the drill may still be open, and the county that it put in emergency still be so, for"
            f" {siren.LONGEST.seconds // 60} minutes at most. {error}",
            style="yellow",
            soft_wrap=True,
        )


def write(path: Path, text: str) -> None:
    """Write a file anew. Raises SetupError when it cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SetupError(f"The summary cannot be written to {path}: {error.strerror}.") from error
