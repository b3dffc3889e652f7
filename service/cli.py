"""vanguard: serve, work, migrate, admin, demo."""

import asyncio
import signal
import sys
from typing import Annotated

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console

import service.schema  # noqa: F401  (every table: foreign keys cross rooms)
from service import upkeep
from service.access.commands import create_account
from service.access.rules import Role
from service.access.schemas import AccountBody
from service.db import migrate as migration
from service.db.base import utcnow
from service.db.engine import make_engine, make_sessions
from service.dispatch.worker import handlers
from service.errors import ServiceError, SetupError
from service.grids.store import GraphStore
from service.settings import Settings
from service.texts import Language, text
from service.timers.loop import run_forever
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
    asyncio.run(migration.migrate(Settings.load()))


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
        host=host or settings.host,
        port=port or settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )


@cli.command()
def work() -> None:
    """Do what is due: widen waves, end what is over. Several may run beside each other."""
    set_up_logging()
    asyncio.run(run_worker(Settings.load()))


async def run_worker(settings: Settings) -> None:
    """The worker, until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    engine = make_engine(settings)
    sessions = make_sessions(engine)
    all_handlers = {**handlers(settings, GraphStore()), **upkeep.HANDLERS}
    await run_forever(sessions, all_handlers, utcnow, stop, settings.worker_poll_seconds, upkeep.start)
    await engine.dispose()


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
    tasks: Annotated[int, typer.Option(min=1, max=500, help="How many emergencies to post.")] = 12,
    seed: Annotated[int, typer.Option(help="The same seed posts the same and answers alike.")] = 1,
    url: Annotated[
        str | None, typer.Option(help="The service's address; the settings' own when left out.")
    ] = None,
    wait: Annotated[
        bool, typer.Option(help="Leave one task to the service's own timer, which takes three minutes.")
    ] = False,
) -> None:
    """Post emergencies to the running service, answer as members would, and check that nothing was lost."""
    from service.demo.drill import drill

    settings = Settings.load()
    if not asyncio.run(
        drill(settings, console, url or f"http://{settings.host}:{settings.port}", tasks, seed, wait=wait)
    ):
        raise typer.Exit(1)


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
