"""A script for pgbench that commits the rows of a posted task: the same tables, as many rows, a statement each kind.

Twelve statements beside BEGIN and COMMIT; several rows (seats, offers, what each of the asked is told) go in one.
It is made from a task that the service has posted: each text, list and JSON of its rows is written as it is there, so
that the rows are as long. Ids come from a random number, times from now(), and the members who are asked from a table
`asked_in_turn`, so that nobody is asked twice in a round.
"""

import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

ASKED_IN_TURN = (
    "CREATE TABLE asked_in_turn (n int PRIMARY KEY, id uuid NOT NULL)",
    "INSERT INTO asked_in_turn SELECT row_number() OVER (ORDER BY id) - 1, id FROM member",
    "ANALYZE asked_in_turn",
)
TIMES = re.compile(r"timestamp")


def made_of(what: str) -> str:
    """The id of something in the transaction."""
    return f"md5('{what}' || :r)::uuid"


def literal(value: str | None) -> str:
    """A column's text, without a colon that pgbench would take for the beginning of a variable's name."""
    if value is None:
        return "NULL"
    return "'" + re.sub(r":(?=\w)", "-", value).replace("'", "''") + "'"


def insertion(
    row: Sequence[tuple[str, str, str | None]], table: str, over: dict[str, str], source: str = ""
) -> str:
    """An INSERT of a row, given as (column, type, text), but for what `over` says of some of its columns.

    With a `source` of rows it inserts one for each of them.
    """
    values = [
        over.get(name, "now()" if TIMES.match(kind) and value is not None else literal(value))
        for name, kind, value in row
    ]
    names = ", ".join(name for name, _, _ in row)
    if source:
        typed = [
            value if name in over or value == "NULL" or value == "now()" else f"{value}::{kind}"
            for value, (name, kind, _) in zip(values, row, strict=True)
        ]
        return f"INSERT INTO {table} ({names}) SELECT {', '.join(typed)} FROM {source};"
    return f"INSERT INTO {table} ({names}) VALUES ({', '.join(values)});"


async def row_of(
    connection: asyncpg.Connection, table: str, where: str, *given: Any
) -> list[tuple[str, str, str | None]]:
    """The first row: (column, type, text) of each column that the database does not fill itself."""
    columns = await connection.fetch(
        "SELECT attname AS name, format_type(atttypid, atttypmod) AS kind FROM pg_attribute"
        " WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND NOT (atthasdef AND attname = 'xact')"
        " ORDER BY attnum",
        table,
    )
    texts = ", ".join(f"{each['name']}::text" for each in columns)
    row = await connection.fetchrow(f"SELECT {texts} FROM {table} WHERE {where} LIMIT 1", *given)
    assert row is not None, table
    return [(each["name"], each["kind"], value) for each, value in zip(columns, row, strict=True)]


async def script(connection: asyncpg.Connection, task_id: UUID, in_one_round: int) -> tuple[str, int]:
    """The script, and how many members it asks, for clients who run it at most `in_one_round` times."""
    seats = await connection.fetchval("SELECT count(*) FROM seat WHERE task_id = $1", task_id)
    offers = await connection.fetchval("SELECT count(*) FROM offer WHERE task_id = $1", task_id)
    of_task = "task_id = $1"
    event = f"{of_task} AND kind = "
    task, wave = {"id": made_of("task")}, {"id": made_of("wave"), "task_id": made_of("task")}
    told = {"id": "nextval('outbox_id_seq')", "task_id": made_of("task")}
    asked = "asked_in_turn WHERE n >= :first AND n < :first + " + str(offers)
    kept = await row_of(
        connection, "kept_answer", "convert_from(body, 'UTF8') LIKE '%' || $1 || '%'", str(task_id)
    )
    body = next(value for name, _, value in kept if name == "body")
    empty = [(name, kind, None if name in ("status", "body") else value) for name, kind, value in kept]
    audit = await row_of(connection, "audit", "subject = 'POST /api/v1/tasks' AND outcome = 'done'")
    ladder = await row_of(connection, "timer", "subject_id = $1", task_id)
    ends = await row_of(
        connection, "timer", "subject_id IN (SELECT id FROM wave WHERE task_id = $1)", task_id
    )
    lines = [
        "\\set r random(1, 1000000000000)",
        "\\set i :i + 1",
        f"\\set first ((:client_id * {in_one_round} + :i) * {offers}) % (:members / {offers} * {offers})",
        "BEGIN;",
        insertion(empty, "kept_answer", {"key": "'k' || :r"}),
        insertion(audit, "audit", {"id": made_of("audit")}),
        insertion(await row_of(connection, "task", "id = $1", task_id), "task", task),
        insertion(
            await row_of(connection, "seat", of_task, task_id),
            "seat",
            {"id": "md5('seat' || :r || n)::uuid", "task_id": made_of("task"), "number": "n"},
            f"generate_series(1, {seats}) n",
        ),
        insertion(await row_of(connection, "outbox", event + "'task.posted'", task_id), "outbox", told),
        insertion(ladder, "timer", {"id": made_of("ladder"), "subject_id": made_of("task")}),
        insertion(await row_of(connection, "wave", of_task, task_id), "wave", wave),
        insertion(
            await row_of(connection, "offer", of_task, task_id),
            "offer",
            {
                "id": "md5('offer' || :r || n)::uuid",
                "task_id": made_of("task"),
                "wave_id": made_of("wave"),
                "seat_id": f"md5('seat' || :r || (1 + n % {seats}))::uuid",
                "member_id": "asked_in_turn.id",
            },
            asked,
        ),
        insertion(
            await row_of(connection, "outbox", event + "'offer.made'", task_id),
            "outbox",
            {**told, "member_id": "asked_in_turn.id"},
            asked,
        ),
        insertion(ends, "timer", {"id": made_of("ends"), "subject_id": made_of("wave")}),
        insertion(await row_of(connection, "outbox", event + "'wave.planned'", task_id), "outbox", told),
        f"UPDATE kept_answer SET status = 201, body = {literal(body)} WHERE account_id = "
        f"{literal(kept[0][2])} AND route = {literal(kept[1][2])} AND key = 'k' || :r;",
        "COMMIT;",
    ]
    return "\n".join(lines) + "\n", offers
