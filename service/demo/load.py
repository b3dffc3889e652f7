"""Load the reference city into an empty database: all of it or nothing, in one transaction."""

import json
import os
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import utcnow
from service.db.engine import make_engine, make_sessions
from service.demo.accounts import CITY_CODE, Credentials
from service.demo.city import City, build_city
from service.demo.store import store
from service.errors import SetupError
from service.grids.models import Grid
from service.settings import Settings


async def load(settings: Settings, console: Console) -> None:
    """Load the city and write the accounts' file, or say that it is there already.

    Raises SetupError when the database holds another map.
    """
    engine = make_engine(settings)
    sessions = make_sessions(engine)
    accounts_file = settings.home / "demo-accounts.json"
    try:
        async with sessions() as session:
            loaded = await is_loaded(session)
        if loaded:
            console.print(f"The reference city is already loaded. Accounts: {accounts_file}", soft_wrap=True)
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=console) as progress:
            step = progress.add_task("The reference city: building", total=None)

            def tell(what: str) -> None:
                progress.update(step, description=f"The reference city: {what}")

            city = build_city(progress=tell)
            async with sessions.begin() as session:
                accounts = await store(session, city, settings, utcnow(), tell)
                write_accounts(accounts_file, accounts)
            tell("loaded")
        print_summary(console, city, accounts, accounts_file)
    finally:
        await engine.dispose()


async def is_loaded(session: AsyncSession) -> bool:
    """Whether the reference city is there. Raises SetupError when another map is."""
    codes = (await session.scalars(select(Grid.code).where(Grid.level == "city"))).all()
    if codes and codes[0] != CITY_CODE:
        raise SetupError("The database holds another city's map; load the demo into an empty database.")
    return bool(codes)


def write_accounts(path: Path, accounts: Credentials) -> None:
    """The demo accounts, readable by their owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(accounts, file, indent=1)
    partial.replace(path)


def print_summary(console: Console, city: City, accounts: Credentials, path: Path) -> None:
    """What was loaded, and the accounts that people use."""
    levels = [division.level for division in city.divisions]
    console.print(
        f"Zhanjiang: {levels.count('county')} counties, {levels.count('town')} towns,"
        f" {levels.count('community')} communities (real names and codes; inner boundaries made up),"
        f" {len(city.party_grids)} party grids of {len(city.units)} units and"
        f" {len(city.members)} members (all made up).",
        soft_wrap=True,
    )
    for role in ("dispatcher", "gis", "unit", "admin", "auditor", "member"):
        console.print(
            f"  {role:<11}{accounts[role]['username']:<17}{accounts[role]['password']}", highlight=False
        )
    console.print(f"Kept in {path}, with the phones of all members.", soft_wrap=True)
