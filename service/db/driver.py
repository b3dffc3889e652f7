"""Statements that are run all the time: compiled once, and run by the driver itself.

Beside the statement's own time this costs a fifth of what the same costs through the ORM's session, and no BEGIN and
COMMIT: such a read stands alone.
"""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, Self, cast
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import Dialect, Select, Sequence, Table, TextClause, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import SessionTransaction

DIALECT: Dialect = dialect()  # type: ignore[no-untyped-call]
HELD: WeakKeyDictionary[SessionTransaction, tuple[AsyncConnection, asyncpg.Connection]] = WeakKeyDictionary()
"""The connection of each transaction that is open: to ask SQLAlchemy for it costs as much as a short statement."""


NOTHING = text("SELECT")


class Record(asyncpg.Record):
    """A row whose columns are read by their names, as those of SQLAlchemy's rows are."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(name) from error


class Compiled(NamedTuple):
    """A statement as the driver takes it."""

    text: str
    names: tuple[str, ...]
    """Of its parameters, in the order of their numbers."""
    values: Mapping[str, Any]
    """What the statement says itself of its parameters."""

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        """The values of the parameters: those given, else the statement's own."""
        return [given[name] if name in given else self.values[name] for name in self.names]


def compiled(statement: Select[*tuple[Any, ...]] | TextClause) -> Compiled:
    """Compile a statement; what changes from run to run is a `bindparam` with a name."""
    made = statement.compile(dialect=DIALECT, compile_kwargs={"render_postcompile": True})
    return Compiled(str(made), tuple(made.positiontup or ()), dict(made.params))


async def first(session: AsyncSession, statement: Compiled, **given: Any) -> Record | None:
    """The first row, read on the session's connection; None where there is none.

    The session's transaction, if it has said nothing in it yet, begins only after this. Values come as the driver has
    them: SQLAlchemy's types do not touch them. Raises DBAPIError, as the session itself would.
    """
    async with connected(session, statement.text) as connection:
        found: Record | None = await connection.fetchrow(
            statement.text, *statement.arguments(given), record_class=Record
        )
        return found


async def rows(session: AsyncSession, statement: Compiled, **given: Any) -> list[Record]:
    """All rows, likewise."""
    return await fetch(session, statement.text, *statement.arguments(given))


async def fetch(session: AsyncSession, statement: str, *values: Any) -> list[Record]:
    """All rows of a statement in PostgreSQL's own words ($1, $2, …), likewise."""
    async with connected(session, statement) as connection:
        return await connection.fetch(statement, *values, record_class=Record)


async def within(session: AsyncSession, statement: str, *values: Any) -> list[Record]:
    """The same in the session's transaction: for what writes or locks.

    The transaction begins in the database with the first statement that the session itself makes, so where there was
    none yet an empty one is made.
    """
    async with connected(session, statement) as connection:
        if not connection.is_in_transaction():
            await session.execute(NOTHING)
        return await connection.fetch(statement, *values, record_class=Record)


async def insert(session: AsyncSession, table: type[Any], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows of a mapped table, as `Rows` does."""
    await Rows().add(table, rows).write(session)


class Rows:
    """Rows of mapped tables that are written together: in one statement, however many they are, and one round trip.

    The session knows nothing of them. Rows may refer to each other, and to what the session writes before them. A
    column that a row does not name is null, unless the database fills it itself.
    """

    def __init__(self) -> None:
        self._rows: dict[Table, list[Mapping[str, Any]]] = {}

    def add(self, table: type[Any], rows: Iterable[Mapping[str, Any]]) -> Self:
        """Rows by their columns' names; those of one table are written in the order in which they were added."""
        self._rows.setdefault(table.__table__, []).extend(rows)
        return self

    async def write(self, session: AsyncSession) -> None:
        """Write what was added."""
        filled = {table: rows for table, rows in self._rows.items() if rows}
        if filled:
            texts = [json.dumps(rows, default=as_text) for rows in filled.values()]
            await within(session, insertion(tuple(filled)), *texts)
        self._rows.clear()


def as_text(value: Any) -> str:
    """Keys and times as the database reads them."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


@cache
def insertion(tables: tuple[Table, ...]) -> str:
    """The statement that writes rows of these tables, each table's from a parameter: a JSON array of objects.

    Rows come as JSON because the number of parameters must not follow that of the rows: the statement stays the same,
    and is planned once.
    """
    inserts = []
    for number, table in enumerate(tables, 1):
        columns = {}
        for column in table.columns:
            if isinstance(column.default, Sequence):
                columns[column.name] = f"nextval('{column.default.name}')"
            elif column.server_default is None:
                # What is null in JSON stays so, as the ORM has it.
                is_json = isinstance(column.type, JSONB)
                columns[column.name] = f"coalesce({column.name}, 'null')" if is_json else column.name
        inserts.append(
            f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {', '.join(columns.values())}"
            f" FROM json_populate_recordset(NULL::{table.name}, ${number})"
        )
    *before, last = inserts
    named = [f"written_{number} AS ({each})" for number, each in enumerate(before)]
    return f"WITH {', '.join(named)} {last}" if named else last


@asynccontextmanager
async def connected(session: AsyncSession, statement: str) -> AsyncIterator[asyncpg.Connection]:
    """The driver's own connection of a session, which has written by then what it had to, as before statements of its
    own. What the driver raises comes out as DBAPIError."""
    if session.new or session.dirty or session.deleted:
        await session.flush()
    transaction = session.sync_session.get_transaction()
    held = HELD.get(transaction) if transaction is not None else None
    if held is None:
        connection = await session.connection()
        raw = cast(asyncpg.Connection, (await connection.get_raw_connection()).driver_connection)
        held = connection, raw
        HELD[cast(SessionTransaction, session.sync_session.get_transaction())] = held
    connection, driver = held
    try:
        yield driver
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:
        # The last is said of a connection that the server has hung up on, until the driver has read that it did.
        lost = driver.is_closed() or isinstance(error, asyncpg.InternalClientError)
        if lost:
            await connection.invalidate()
        raise DBAPIError(statement, None, error, hide_parameters=True, connection_invalidated=lost) from error
