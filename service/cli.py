"""vanguard: serve, openapi, work, notify, migrate, import, admin, demo, simulate."""

import asyncio
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from uvicorn.importer import import_from_string

import service.schema  # noqa: F401  (every table: foreign keys cross rooms)
from service.access.commands import create_account
from service.access.rules import Role
from service.access.schemas import AccountBody
from service.db import migrate as migration
from service.db.base import utcnow
from service.db.engine import make_engine, make_sessions
from service.errors import ServiceError, SetupError
from service.events import forget as events
from service.imports.checks.scope import Scope
from service.imports.commands.job import Job, Missing
from service.imports.rules import Kind
from service.ogc import role
from service.processes import run_notifier, run_worker
from service.settings import Settings
from service.texts import Language, text
from service.web.express import Express
from service.web.observe import set_up_logging

cli = typer.Typer(help="Vanguard: grid-based volunteer dispatch.", no_args_is_help=True, add_completion=False)
admin = typer.Typer(help="Accounts.", no_args_is_help=True)
demo = typer.Typer(help="The reference city and the drill.", no_args_is_help=True)
cli.add_typer(admin, name="admin")
cli.add_typer(demo, name="demo")
console = Console()


@cli.command()
def migrate() -> None:
    """Bring the city's schema up to date."""
    asyncio.run(migrate_and_grant(Settings.load()))


async def migrate_and_grant(settings: Settings) -> None:
    """The migrations; then the events of a city that was moved here are put in order, and those who read the published
    views may read them as they are now."""
    await migration.migrate(settings)
    engine = make_engine(settings)
    async with make_sessions(engine).begin() as session:
        await events.settle_in(session)
    await engine.dispose()
    await role.grant(settings)


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Answer over HTTP. Several may run beside each other, on ports of their own."""
    settings = Settings.load()
    set_up_logging()
    uvicorn.run(
        "service.app:from_environment",
        factory=True,
        http=Express,
        host=host or settings.host,
        port=port or settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        # Longer than clients and proxies keep an idle connection (httpx 5 s, nginx 60 s): if the server is the first to
        # close it, a request that is just being sent is lost.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=10,
    )


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document, from which clients are made. It needs no database."""
    create_app = import_from_string("service.app:create_app")
    document = create_app(Settings(token_key=secrets.token_urlsafe())).openapi()
    print(json.dumps(document, ensure_ascii=False))


@cli.command()
def work() -> None:
    """Do what is due: widen waves, end what is over. Several may run beside each other: they share the areas."""
    set_up_logging()
    asyncio.run(run_worker(Settings.load()))


@cli.command()
def notify() -> None:
    """Tell people, by the channels of the settings, what happens to them. Several may run beside each other."""
    set_up_logging()
    asyncio.run(run_notifier(Settings.load()))


@cli.command("import")
def import_file(
    kind: Annotated[Kind, typer.Argument(help="What the file holds.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The file.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only report.")] = False,
    crs: Annotated[
        str | None, typer.Option(help="EPSG:4326, EPSG:4490, EPSG:4546 and its neighbours, GCJ02, BD09.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="UTF-8, GBK, GB18030.")] = None,
    layer: Annotated[
        str | None, typer.Option("--layer", "--sheet", help="Of a file that has several layers or sheets.")
    ] = None,
    column: Annotated[
        list[str] | None, typer.Option(help="A field and its column: code=网格编码. Several times.")
    ] = None,
    missing: Annotated[Missing, typer.Option(help="Close what the file does not have.")] = Missing.KEEP,
    accept_repairs: Annotated[
        bool, typer.Option("--accept-repairs", help="Store shapes as they were repaired.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
    language: Annotated[Language, typer.Option(help="Of the report's sentences.")] = Language.EN,
) -> None:
    """Import grids, links, units or members from a file: all of it, or nothing."""
    from service.imports import terminal

    columns = dict(terminal.field_and_column(each) for each in column or [])
    job = Job(kind, file, file.name, Scope(), crs, encoding, layer, columns, missing)
    outcome = asyncio.run(
        terminal.import_file(
            Settings.load(),
            job,
            Console(stderr=True) if as_json else console,
            language,
            dry_run=dry_run,
            accept_repairs=accept_repairs,
        )
    )
    if as_json:
        print(outcome.report.model_dump_json(indent=1))
    else:
        terminal.print_report(console, outcome.report)
        console.print(terminal.last_line(outcome, dry_run=dry_run), soft_wrap=True)
    if not outcome.good:
        raise typer.Exit(1)


@cli.command("import-undo")
def import_undo(import_id: Annotated[UUID, typer.Argument(help="The import's id.")]) -> None:
    """Take an import back as one step, provided that nothing of it has changed since."""
    from service.imports import terminal

    undoing = asyncio.run(terminal.undo_import(Settings.load(), import_id))
    console.print(f"Import {import_id} was taken back, by {undoing}.")


@cli.command("gis-role")
def gis_role(
    name: Annotated[str, typer.Argument(help="The login's name: small letters, digits and underscores.")],
    drop: Annotated[bool, typer.Option("--drop", help="Take the login away.")] = False,
    admin_url: Annotated[
        str,
        typer.Option(
            envvar="VANGUARD_ADMIN_DATABASE_URL",
            help="postgresql://… of an account that may create roles; the service's own when left out.",
        ),
    ] = "",
) -> None:
    """Make a login to the database that can read the published views and nothing else, or renew its password."""
    settings = Settings.load()
    if drop:
        asyncio.run(role.drop_login(settings, name, admin_url))
        console.print(f"Login {name} was taken away.")
        return
    login = asyncio.run(role.make_login(settings, name, admin_url))
    console.print(f"The password of {name} was renewed." if login.renewed else f"Login {name} was made.")
    for what, value in (
        ("host", login.host),
        ("port", login.port),
        ("database", login.database),
        ("schema", login.schema),
        ("user", login.name),
        ("password", login.password),
    ):
        console.print(f"  {what:<10}{value}", highlight=False, soft_wrap=True)
    console.print("The password is not shown again.")


@admin.command("create")
def admin_create(
    username: Annotated[str, typer.Argument(help="The name to log in with.")],
    password: Annotated[
        str,
        typer.Option(prompt=True, confirmation_prompt=True, hide_input=True, help="Asked for when left out."),
    ],
) -> None:
    """Make an administrator's account: the first one is made here, the others over REST."""
    try:
        AccountBody(username=username, password=password, display_name=username, roles=[Role.ADMIN])
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise SetupError(f"No account was made. {faults}") from error
    asyncio.run(create_admin(Settings.load(), username, password))
    console.print(f"Administrator {username} made.")


async def create_admin(settings: Settings, username: str, password: str) -> None:
    """The account of an administrator."""
    engine = make_engine(settings)
    async with make_sessions(engine).begin() as session:
        await create_account(
            session,
            username=username,
            password=password,
            display_name=username,
            roles=[Role.ADMIN],
            now=utcnow(),
        )
    await engine.dispose()


@demo.command("load")
def demo_load() -> None:
    """Build the reference city, Zhanjiang, in an empty database."""
    from service.demo.load import load

    asyncio.run(load(Settings.load(), console))


@demo.command("drill")
def demo_drill(
    tasks: Annotated[
        int | None,
        typer.Option(min=1, max=500, help="How many tasks to post: 12 when left out, 300 for a day."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed posts the same and answers alike.")] = 1,
    url: Annotated[
        str | None, typer.Option(help="The service's address; the settings' own when left out.")
    ] = None,
    wait: Annotated[
        bool, typer.Option(help="Leave one task to the service's own timer, which takes three minutes.")
    ] = False,
    day: Annotated[
        bool,
        typer.Option(
            "--day",
            help="A day of mixed tasks instead of emergencies alone; for a part of it one county is put in"
            " emergency, really, and the drill ends that again.",
        ),
    ] = False,
    pace: Annotated[
        float, typer.Option(min=0.1, max=10, help="How slow everybody is: 2 takes twice as long.")
    ] = 1.0,
    json_to: Annotated[
        Path | None, typer.Option("--json", help="Write the summary to this file too, as JSON.")
    ] = None,
) -> None:
    """Post tasks to the running service, answer as members would, and check that nothing was lost."""
    from service.demo import drill

    if day and wait:
        raise typer.BadParameter("a day leaves no task to the timer: use --wait without --day")
    settings = Settings.load()
    plan = drill.day(tasks or 300, seed) if day else drill.emergencies(tasks or 12, seed, wait=wait)
    address = url or f"http://{settings.host}:{settings.port}"
    if not asyncio.run(drill.drill(settings, console, address, plan.slower(pace), json_to=json_to)):
        raise typer.Exit(1)


@cli.command("simulate")
def simulate_scenario(
    scenario: Annotated[str, typer.Argument(help="weekday, typhoon or flood.")],
    seeds: Annotated[int, typer.Option(help="How many synthetic days.")] = 30,
    jobs: Annotated[int, typer.Option(min=1, help="How many processes.")] = os.cpu_count() or 1,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of report.html and result.json; simulation-SCENARIO when left out."),
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(help="Only these policies; several times. All usual ones when left out."),
    ] = None,
    standby: Annotated[
        float | None, typer.Option(help="What if this share of the members were standby?")
    ] = None,
    playbook: Annotated[
        list[Path] | None, typer.Option(help="What if this playbook were in force? JSON as the API gives it.")
    ] = None,
    roster: Annotated[
        str | None,
        typer.Option(help="What if there were so many times the members (0.8), or these (a CSV file)?"),
    ] = None,
    language: Annotated[Language, typer.Option("--lang", help="Of the report.")] = Language.ZH,
) -> None:
    """Run the dispatcher and other policies on synthetic days of the loaded city, and report."""
    from service.simulate.command import Asked, simulate

    asked = Asked(scenario, seeds, jobs, out, policy or [], standby, playbook or [], roster, language)
    interrupted = simulate(Settings.load(), asked, Console(stderr=True))
    if interrupted:
        raise typer.Exit(128 + interrupted)


def main() -> None:
    """The command, with what goes wrong said in a sentence."""
    try:
        cli()
    except SetupError as error:
        console.print(f"[red]{error}[/red]", soft_wrap=True)
        sys.exit(1)
    except ServiceError as error:
        console.print(text(f"problem.{error.slug}.detail", Language.EN, **error.params), style="red")
        sys.exit(1)
