"""Runs migrations for one city: its schema comes first in the search path and holds its version table.

Two who migrate at once wait for each other, and neither waits for ever on a lock that the service holds.
"""

import asyncio
import re
import zlib
from typing import Any

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy import Connection, text

from service.db.engine import make_engine
from service.schema import metadata
from service.settings import Settings

PARTITION = re.compile(r"checkin_(default|\d{8})")
"""Partitions are made and dropped by the day: no model knows them."""


def include_object(item: Any, name: str | None, kind: str, reflected: bool, beside: Any) -> bool:
    """What a comparison of the models with the database is about."""
    if kind == "table" and PARTITION.fullmatch(name or ""):
        return False
    return bool(alembic_helpers.include_object(item, name, kind, reflected, beside))


def run(connection: Connection, schema: str) -> None:
    """Upgrade or compare one city on an open connection."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=include_object,
        process_revision_directives=alembic_helpers.writer,
        render_item=alembic_helpers.render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(text("SET LOCAL statement_timeout = '10min'"))
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:key)"), {"key": zlib.crc32(f"migrate {schema}".encode())}
        )
        context.run_migrations()


async def run_alone() -> None:
    """What the alembic command does: the settings' city, on a connection of its own."""
    settings = Settings.load()
    engine = make_engine(settings)
    async with engine.connect() as connection:
        await connection.run_sync(run, settings.schema_name)
        await connection.commit()
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given, context.config.attributes["schema"])
else:
    asyncio.run(run_alone())
