"""The engine and its sessions; what the database's own errors mean."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from service.errors import SetupError
from service.settings import Settings

Sessions = async_sessionmaker[AsyncSession]

UNIQUE_VIOLATION = "23505"
FOREIGN_KEY_VIOLATION = "23503"
EXCLUSION_VIOLATION = "23P01"
SERIALIZATION_FAILURE = "40001"
DEADLOCK = "40P01"
LOCK_TIMEOUT = "55P03"
RETRYABLE = frozenset({UNIQUE_VIOLATION, EXCLUSION_VIOLATION, SERIALIZATION_FAILURE, DEADLOCK})
"""A concurrent request got there first: the same request, run again, reads the new state."""

UNAVAILABLE = ("08", "28", "3D", "53", "55000", "57")
"""Connection exceptions, refused or unknown databases, insufficient resources, databases that take no connections,
operator intervention (a shutdown, a timeout)."""

LONGEST_IDLE = timedelta(seconds=15)
"""A transaction whose process says nothing for so long is ended."""


def sqlstate(error: BaseException) -> str | None:
    """The SQLSTATE behind a database error, where it has one."""
    if isinstance(error, DBAPIError):
        return getattr(error.orig, "sqlstate", None)
    return getattr(error, "sqlstate", None)


def is_unavailable(error: DBAPIError) -> bool:
    """Whether the database could not be reached or had no resources: the same request may succeed later."""
    return error.connection_invalidated or (sqlstate(error) or "").startswith(UNAVAILABLE)


def server_settings(settings: Settings, longest_idle: timedelta = LONGEST_IDLE) -> Mapping[str, str]:
    """What each connection sets for itself; the search path is what makes a process serve one city."""
    idle = f"{longest_idle / timedelta(milliseconds=1):.0f}ms"
    return {
        "search_path": f"{settings.schema_name},public",
        "application_name": "vanguard",
        "jit": "off",
        "statement_timeout": "30s",
        # A frozen process must not hold its locks for ever: its transaction ends, and another takes over. The
        # second is for one that froze while an answer was on its way to it, or whose machine is gone.
        "idle_in_transaction_session_timeout": idle,
        "tcp_user_timeout": idle,
    }


def asyncpg_url(database_url: str) -> str:
    """The URL as SQLAlchemy's asyncpg dialect takes it. Raises SetupError when it is none."""
    if not database_url:
        raise SetupError(
            "VANGUARD_DATABASE_URL is not set. Run deploy/up, which makes a private PostGIS, "
            "or set it to postgresql://user:password@host:port/database."
        )
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise SetupError(
            "VANGUARD_DATABASE_URL is not a database URL: postgresql://user:password@host:port/database is."
        ) from error
    if url.get_backend_name() != "postgresql":
        raise SetupError(
            f"VANGUARD_DATABASE_URL names {url.get_backend_name()}; the service needs PostgreSQL."
        )
    return url.set(drivername="postgresql+asyncpg").render_as_string(hide_password=False)


def make_engine(settings: Settings, longest_idle: timedelta = LONGEST_IDLE, **options: Any) -> AsyncEngine:
    """An engine whose connections serve the settings' city; `options` replace the pool's."""
    if not options:
        options = {"pool_size": settings.pool_size, "max_overflow": 0, "pool_timeout": 60}
    return create_async_engine(
        asyncpg_url(settings.database_url),
        # An error's text goes to the logs and to a timer's last_error: neither may hold a position or a token.
        hide_parameters=True,
        connect_args={"server_settings": dict(server_settings(settings, longest_idle)), "timeout": 10},
        **options,
    )


def make_sessions(engine: AsyncEngine) -> Sessions:
    """Sessions that keep what they loaded after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)
