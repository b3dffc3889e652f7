"""Logins to the database itself, for QGIS, psql and the like: they can read the published views and nothing else.

A city's group role holds the rights, so that views which later migrations make are granted in one place (`grant`); each
login is a member of it. Roles belong to the whole server: the group's name holds the database's.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from re import ASCII, fullmatch
from secrets import token_urlsafe

from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from service.db.engine import make_engine, sqlstate
from service.errors import SetupError
from service.ogc.collections import COLLECTIONS
from service.settings import Settings

PASSWORD_BYTES = 18
LONGEST_IDENTIFIER = 63
"""Bytes."""
MOST_CONNECTIONS = 10
"""QGIS opens several for each layer."""
STATEMENT_TIMEOUT = "60s"
INSUFFICIENT_PRIVILEGE = "42501"


@dataclass(frozen=True, slots=True)
class Login:
    """A login that was made, or whose password was renewed."""

    name: str
    password: str
    host: str
    port: int
    database: str
    schema: str
    renewed: bool


def group_of(settings: Settings) -> str:
    """The name of the city's group role in its database."""
    database = make_url(settings.database_url).database or "postgres"
    name = f"{database}_{settings.schema_name}_gis"
    if len(name.encode()) <= LONGEST_IDENTIFIER:
        return name
    # Cut short, the names of two databases or cities could be the same.
    return f"vanguard_{sha256(name.encode()).hexdigest()[:16]}_gis"


def views() -> list[str]:
    """The names of the published views."""
    return [collection.view for collection in COLLECTIONS.values()]


def quoted(name: str) -> str:
    """An identifier for a statement that takes no parameters."""
    return '"' + name.replace('"', '""') + '"'


def rights(settings: Settings) -> list[str]:
    """The statements that give the group what it may: the views, and the way to them."""
    group, schema = quoted(group_of(settings)), quoted(settings.schema_name)
    database = quoted(make_url(settings.database_url).database or "postgres")
    names = ", ".join(f"{schema}.{view}" for view in views())
    return [
        f"GRANT CONNECT ON DATABASE {database} TO {group}",
        f"GRANT USAGE ON SCHEMA {schema}, public TO {group}",
        f"GRANT SELECT ON {names} TO {group}",
    ]


def limits(settings: Settings, name: str) -> list[str]:
    """The statements that set what a login starts with. Rights are the wall; these keep mistakes small."""
    role = quoted(name)
    return [
        f"ALTER ROLE {role} SET search_path = {quoted(settings.schema_name)}, public",
        f"ALTER ROLE {role} SET default_transaction_read_only = on",
        f"ALTER ROLE {role} SET statement_timeout = '{STATEMENT_TIMEOUT}'",
        f"ALTER ROLE {role} SET idle_in_transaction_session_timeout = '5min'",
    ]


@asynccontextmanager
async def connected(settings: Settings, admin_url: str) -> AsyncIterator[AsyncConnection]:
    """A transaction as the account that may create roles. Raises SetupError when the server cannot be reached."""
    engine = make_engine(settings.model_copy(update={"database_url": admin_url or settings.database_url}))
    try:
        async with engine.begin() as connection:
            yield connection
    except (OSError, TimeoutError, OperationalError) as error:
        raise SetupError(f"The database cannot be reached: {error}") from error
    finally:
        await engine.dispose()


async def make_login(settings: Settings, name: str, admin_url: str) -> Login:
    """Make a login, or renew the password of one; `admin_url` names an account that may create roles.

    Raises SetupError with a sentence: a name that is none, a role of that name which is not a login of ours, or, where
    the account may not create roles, the statements for somebody who may.
    """
    check_name(name)
    password = token_urlsafe(PASSWORD_BYTES)
    group, role = group_of(settings), quoted(name)
    async with connected(settings, admin_url) as connection:
        renewed = await exists(connection, name)
        if renewed and not await is_ours(connection, name, group):
            raise SetupError(f"The server has a role {name} already, which is no login to this city's views.")
        statements = [] if await exists(connection, group) else [f"CREATE ROLE {quoted(group)} NOLOGIN"]
        statements += rights(settings)
        if not renewed:
            statements += [f"CREATE ROLE {role} LOGIN", f"GRANT {quoted(group)} TO {role}"]
        statements += [
            f"ALTER ROLE {role} PASSWORD '{password}' CONNECTION LIMIT {MOST_CONNECTIONS}",
            *limits(settings, name),
        ]
        await run(connection, statements, password)
    url = make_url(settings.database_url)
    return Login(
        name,
        password,
        url.host or "localhost",
        url.port or 5432,
        url.database or "",
        settings.schema_name,
        renewed,
    )


async def drop_login(settings: Settings, name: str, admin_url: str) -> None:
    """Take a login away, and end its connections. Raises SetupError as `make_login` does, and where there is none."""
    check_name(name)
    async with connected(settings, admin_url) as connection:
        if not await is_ours(connection, name, group_of(settings)):
            raise SetupError(f"There is no login {name} to this city's views.")
        # Only who is in a role, or a superuser, may end its connections.
        await run(connection, [f"GRANT {quoted(name)} TO CURRENT_USER", f"ALTER ROLE {quoted(name)} NOLOGIN"])
        await connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = :name"),
            {"name": name},
        )
        await run(connection, [f"DROP ROLE {quoted(name)}"])


async def grant(settings: Settings) -> None:
    """Give the group, if there is one, the views as they are now: a view that is made again has lost its rights."""
    async with connected(settings, "") as connection:
        if await exists(connection, group_of(settings)):
            for statement in rights(settings)[1:]:
                await connection.execute(text(statement))


def check_name(name: str) -> None:
    """Raises SetupError for what is no plain name."""
    if not fullmatch(r"[a-z][a-z0-9_]{0,40}", name, ASCII):
        raise SetupError(
            f"'{name}' is no name for a login: small letters, digits and underscores, a letter first, 41 at most."
        )


async def exists(connection: AsyncConnection, name: str) -> bool:
    """Whether the server has a role of that name."""
    found = await connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name})
    return found is not None


async def is_ours(connection: AsyncConnection, name: str, group: str) -> bool:
    """Whether a role is a login to this city's views, and no more than that."""
    found = await connection.scalar(
        text("""
            SELECT NOT (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls)
            FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles g ON g.oid = m.roleid
            WHERE r.rolname = :name AND g.rolname = :group
        """),
        {"name": name, "group": group},
    )
    return bool(found)


async def run(connection: AsyncConnection, statements: list[str], secret: str | None = None) -> None:
    """Run statements about roles. Raises SetupError with all of them, less the secret, where they are not allowed."""
    try:
        for statement in statements:
            await connection.execute(text(statement.replace(":", r"\:")))
    except DBAPIError as error:
        if sqlstate(error) != INSUFFICIENT_PRIVILEGE:
            raise
        shown = ";\n".join(statements) + ";"
        raise SetupError(
            "The service's database account may not do this. deploy/gis-role does it in a private PostgreSQL;"
            " elsewhere name an account that may with VANGUARD_ADMIN_DATABASE_URL, or let an administrator run, with a"
            f" password of their choice:\n{shown.replace(secret, '…') if secret else shown}"
        ) from error
