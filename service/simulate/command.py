"""`vanguard simulate`: from what was asked to the two files, or one sentence about what is wrong."""

import asyncio
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from service.db.engine import make_engine, make_sessions
from service.dispatch.engine.playbook import Draft, defects
from service.dispatch.rules import Rung
from service.dispatch.schemas.playbooks import PlaybookIn, faults
from service.errors import SetupError
from service.settings import Settings
from service.simulate.city import City
from service.simulate.load import load_city
from service.simulate.report.page import page
from service.simulate.result import Json, document
from service.simulate.run import ALL, BASE, DEFAULT, OURS, Order, SeedResult, Variant, run
from service.simulate.scenario import SEEDS, Scenario
from service.simulate.scenarios import SCENARIOS
from service.simulate.stage import SPARE_MINUTES, set_stage
from service.simulate.whatif import MOST_FACTOR, with_factor, with_playbook, with_roster, with_standby
from service.texts import Language

NOT_WRITTEN_BY_HAND = ("version", "created_at", "created_by")
"""What GET /playbooks/{category} says of a version beside the playbook itself."""
Change = Callable[[City], City]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody typed."""

    scenario: str
    seeds: int
    jobs: int
    out: Path | None
    policies: Sequence[str]
    standby: float | None
    playbooks: Sequence[Path]
    roster: str | None
    language: Language


def simulate(settings: Settings, asked: Asked, console: Console) -> int:
    """Run it, with progress on `console`; give the signal that interrupted it (0: none).

    Raises SetupError for whatever cannot be run, before anything is written.
    """
    scenario = scenario_of(asked.scenario)
    policies = policies_of(asked.policies)
    if not 1 <= asked.seeds <= len(SEEDS):
        raise SetupError(f"--seeds {asked.seeds}: it must be 1 to {len(SEEDS)}.")
    tried = [read_playbook(path, scenario) for path in asked.playbooks]
    city = asyncio.run(read_city(settings, scenario))
    changes = changes_of(asked, tried)
    variants = [Variant(name, zh, en, set_stage(change(city), scenario)) for name, zh, en, change in changes]
    if len(variants) > 1 and OURS not in policies:
        raise SetupError(f"What-ifs are run under the policy {OURS}; name it too: --policy {OURS}.")
    out = asked.out or Path(f"simulation-{scenario.name}")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"--out {out}: the folder cannot be made ({error.strerror}).") from error
    order = Order(scenario, variants, policies, SEEDS[: asked.seeds], asked.jobs)
    results, interrupted = with_progress(order, console)
    if not results:
        console.print("Interrupted before the first seed was done: nothing was written.")
        return interrupted
    found = document(order, results)
    write(out, found, page(found, city.graph, asked.language))
    if interrupted:
        console.print(
            f"Interrupted: {len(results)} of {asked.seeds} seeds are done, and kept as partial results."
        )
    console.print(f"{out / 'report.html'}\n{out / 'result.json'}", soft_wrap=True, highlight=False)
    return interrupted


def scenario_of(name: str) -> Scenario:
    """The scenario of that name. Raises SetupError with those that there are."""
    if name not in SCENARIOS:
        raise SetupError(f"There is no scenario {name}. There are: {', '.join(SCENARIOS)}.")
    return SCENARIOS[name]


def policies_of(names: Sequence[str]) -> list[str]:
    """Those policies in the order of `ALL`, all usual ones where none is named. Raises SetupError for others."""
    unknown = [name for name in names if name not in ALL]
    if unknown:
        raise SetupError(f"There is no policy {', '.join(unknown)}. There are: {', '.join(ALL)}.")
    return [name for name in ALL if name in (names or DEFAULT)]


def read_playbook(path: Path, scenario: Scenario) -> tuple[str, Draft]:
    """A playbook from a file, JSON as the API reads and gives it with its category. Raises SetupError with everything
    that is wrong with it: it could not be put in force either."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise SetupError(f"--playbook {path}: it cannot be read as JSON ({error}).") from error
    if not isinstance(fields, dict) or not isinstance(fields.get("category"), str):
        raise SetupError(f'--playbook {path}: it must be an object with its "category", as the API gives it.')
    category = fields.pop("category")
    if category not in scenario.categories:
        raise SetupError(
            f"--playbook {path}: it is for {category}, of which scenario {scenario.name} has no task. "
            f"It has {', '.join(scenario.categories)}."
        )
    for name in NOT_WRITTEN_BY_HAND:
        fields.pop(name, None)
    try:
        draft = PlaybookIn.model_validate(fields).draft()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise SetupError(f"--playbook {path}: {wrong}.") from error
    found = faults(defects(draft, list(Rung)), Language.EN)
    if found:
        wrong = "; ".join(f"{fault.field}: {fault.reason}" for fault in found)
        raise SetupError(f"--playbook {path}: {wrong}")
    return category, draft


async def read_city(settings: Settings, scenario: Scenario) -> City:
    """The city, with the calendars of the scenario's days."""
    engine = make_engine(settings)
    try:
        async with make_sessions(engine)() as session:
            until = scenario.start + timedelta(minutes=scenario.minutes + SPARE_MINUTES)
            return await load_city(session, settings, scenario.start.date(), until.date())
    finally:
        await engine.dispose()


def changes_of(asked: Asked, tried: Sequence[tuple[str, Draft]]) -> list[tuple[str, str, str, Change]]:
    """The city as it is and each what-if by itself; more than one also together: name, titles and what to change."""
    changes: list[tuple[str, str, str, Change]] = []
    if asked.standby is not None:
        share = asked.standby
        if not 0 <= share <= 1:
            raise SetupError(f"--standby {share:g}: it must be a share, 0 to 1.")
        percent = f"{share:.0%}"
        changes.append(
            ("standby", f"战备 {percent}", f"Standby {percent}", lambda city: with_standby(city, share))
        )
    for number, (category, draft) in enumerate(tried, 1):
        changes.append(
            (
                f"playbook-{number}",
                f"工作指引：{draft.name_zh}",
                f"Playbook: {draft.name_en}",
                lambda city, category=category, draft=draft: with_playbook(city, category, draft),  # type: ignore[misc]
            )
        )
    if asked.roster is not None:
        changes.append(
            ("roster", f"名册 {asked.roster}", f"Roster {asked.roster}", roster_change(asked.roster))
        )
    if len(changes) > 1:
        every = [change for *_, change in changes]

        def together(city: City) -> City:
            for change in every:
                city = change(city)
            return city

        changes.append(("together", "全部改动", "All together", together))
    return [(BASE, "现状", "As it is", lambda city: city), *changes]


def roster_change(roster: str) -> Change:
    """A factor, or a CSV file of what some members are otherwise."""
    try:
        factor = float(roster)
    except ValueError:
        path = Path(roster)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise SetupError(
                f"--roster {roster}: neither a factor nor a file that can be read ({error})."
            ) from error
        return lambda city: with_roster(city, text)
    if not 0 < factor <= MOST_FACTOR:
        raise SetupError(f"--roster {roster}: a factor must be above 0 and at most {MOST_FACTOR:g}.")
    return lambda city: with_factor(city, factor)


def with_progress(order: Order, console: Console) -> tuple[list[SeedResult], int]:
    """Run, and show how far it is: a bar at a terminal, else a line a seed."""
    wanted = len(order.seeds)
    if not console.is_terminal:
        return run(order, lambda done: console.print(f"{order.scenario.name}: {done} of {wanted} seeds"))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(f"{order.scenario.name}, seeds", total=wanted)
        return run(order, lambda done: progress.update(bar, completed=done))


def write(out: Path, found: Json, html: str) -> None:
    """Write both files whole: each beside its place first, then into it."""
    text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    waiting = []
    for name, content in (("result.json", text), ("report.html", html)):
        partial = out / f".{name}.partial"
        partial.write_text(content, encoding="utf-8")
        waiting.append((partial, out / name))
    for partial, path in waiting:
        os.replace(partial, path)
