"""Bring a city's schema up to date, after saying clearly what is wrong with the server if something is."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from service.db.engine import make_engine, sqlstate
from service.errors import SetupError
from service.settings import Settings

OLDEST_POSTGRESQL = 14
OLDEST_POSTGIS = (3, 1)
INSUFFICIENT_PRIVILEGE = "42501"


def alembic_config() -> Config:
    """The project's alembic.ini: in a checkout at the top, in an installed wheel beside this module."""
    here = Path(__file__).parent
    within, top = here / "alembic.ini", here.parents[1] / "alembic.ini"
    return Config(str(within if within.exists() else top))


async def migrate(settings: Settings) -> None:
    """Make the extensions and the city's schema where missing, then upgrade to the newest revision.

    Raises SetupError with one sentence when the server cannot be reached, is too old or has no PostGIS.
    """
    engine = make_engine(settings)
    shown = engine.url.render_as_string(hide_password=True).replace("+asyncpg", "")
    try:
        async with engine.connect() as connection:
            await check_server(connection)
            await make_room(connection, settings.schema_name)
            await connection.run_sync(upgrade, settings.schema_name)
    except (OSError, TimeoutError, OperationalError) as error:
        raise SetupError(f"No PostgreSQL answers at {shown}: {error}") from error
    except DBAPIError as error:
        if sqlstate(error) and str(sqlstate(error)).startswith(("28", "3D", "08", "53", "57")):
            raise SetupError(f"PostgreSQL at {shown} refuses the connection: {error.orig}") from error
        raise
    finally:
        await engine.dispose()


@cache
def older_revisions() -> frozenset[str]:
    """Every revision that this code knows but the newest."""
    script = ScriptDirectory.from_config(alembic_config())
    heads = script.get_heads()
    return frozenset(each.revision for each in script.walk_revisions() if each.revision not in heads)


async def is_behind(session: AsyncSession) -> bool:
    """Whether the city's schema is older than this code. One that is newer is not: releases are rolled out one after
    the other."""
    found = await session.scalar(text("SELECT version_num FROM alembic_version"))
    return found is None or found in older_revisions()


async def check_server(connection: AsyncConnection) -> None:
    """Raises SetupError when PostgreSQL or PostGIS is too old, or PostGIS is not installed."""
    version = int((await connection.execute(text("SHOW server_version_num"))).scalar_one())
    if version // 10000 < OLDEST_POSTGRESQL:
        raise SetupError(
            f"The server is PostgreSQL {version // 10000}; Vanguard needs {OLDEST_POSTGRESQL} or newer."
        )
    found = await connection.execute(
        text(
            "SELECT coalesce(installed_version, default_version)"
            " FROM pg_available_extensions WHERE name = 'postgis'"
        )
    )
    postgis = found.scalar()
    if postgis is None:
        raise SetupError(
            "The server has no PostGIS: install it there (Debian, Ubuntu: postgresql-NN-postgis-3) and run again."
        )
    if tuple(int(part) for part in postgis.split(".")[:2]) < OLDEST_POSTGIS:
        raise SetupError(f"The server has PostGIS {postgis}; Vanguard needs 3.1 or newer.")


async def make_room(connection: AsyncConnection, schema: str) -> None:
    """The extensions, in `public`, and the city's schema."""
    try:
        for extension in ("postgis", "btree_gist"):
            await connection.execute(text(f"CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA public"))
        await connection.execute(text(f'CREATE SCHEMA IF NOT EXISTS "{schema}"'))
        await connection.commit()
    except DBAPIError as error:
        if sqlstate(error) == INSUFFICIENT_PRIVILEGE:
            raise SetupError(
                "The database account may not create extensions or schemas: let an administrator run"
                f' CREATE EXTENSION postgis; CREATE EXTENSION btree_gist; CREATE SCHEMA "{schema}"'
                " in that database, and own the schema."
            ) from error
        raise


def upgrade(connection: Connection, schema: str) -> None:
    """Run the migrations to the newest revision on a connection that serves the city."""
    config = alembic_config()
    config.attributes["connection"] = connection
    config.attributes["schema"] = schema
    command.upgrade(config, "head")
