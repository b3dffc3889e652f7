"""A person's name, number and addresses in what others wrote: in texts, in the record, in kept answers."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Row,
    Text,
    TextClause,
    bindparam,
    column,
    func,
    literal,
    or_,
    select,
    table,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from service.privacy.words import Words, without

NAMES = """
    SELECT name FROM member WHERE id = :member
    UNION SELECT c.address FROM contact c LEFT JOIN account a ON a.id = c.account_id
          WHERE c.member_id = :member OR a.member_id = :member
    UNION SELECT unnest(ARRAY[i.before ->> 'name', i.after ->> 'name']) FROM import_change i
          JOIN import f ON f.id = i.import_id AND f.kind = 'members'
          WHERE i.code = (SELECT number FROM member WHERE id = :member)
"""
CODES = """
    SELECT number FROM member WHERE id = :member
    UNION SELECT username FROM account WHERE member_id = :member
"""


class Written(NamedTuple):
    """Columns of a table, with the key `id`, in which somebody may have named a person."""

    table: str
    texts: Sequence[str] = ()
    documents: Sequence[str] = ()
    """JSON."""
    concerned: str = "false"
    """Which rows the member is concerned by: there, names are taken out that are common words as well."""


ASKED = "IN (SELECT task_id FROM offer WHERE member_id = :member)"
TASKS = Written("task", ("title", "instructions", "end_reason"), concerned=f"id {ASKED}")
"""Tasks are locked before members, so these are found before."""
OTHERS = (
    Written("wave", ("overrule_reason",), concerned=f"task_id {ASKED}"),
    Written("message", ("text",), concerned=f"task_id {ASKED}"),
    Written("note", ("text",), concerned=f"task_id {ASKED}"),
    Written("drill", ("title",)),
    Written("offer", ("decline_reason",), concerned=f"task_id {ASKED}"),
    Written("engagement", ("end_reason",), concerned=f"task_id {ASKED}"),
    Written("activation", ("reason", "end_reason")),
    Written("notification", documents=("params",), concerned=f"task_id {ASKED}"),
    Written("delivery", ("last_error",)),
    Written("import", ("file_name",), ("report",), concerned="kind = 'members'"),
    Written("outbox", documents=("data",), concerned=f"task_id {ASKED}"),
    Written("audit", ("username", "subject"), ("detail",), concerned="action = 'roster.import'"),
)

BLANK_ANSWERS = text(
    """
    UPDATE kept_answer SET body = NULL
    WHERE EXISTS (SELECT 1 FROM unnest(:needles) n
                  WHERE strpos(lower(convert_from(body, 'UTF8')), n) > 0)
    """
).bindparams(bindparam("needles", type_=ARRAY(Text)))


async def words_of(session: AsyncSession, member_id: UUID) -> Words:
    """What a member is or was called, and where they are reached. What an account is displayed as is not among it:
    it may be anybody's word."""
    names = await session.scalars(text(NAMES), {"member": member_id})
    codes = await session.scalars(text(CODES), {"member": member_id})
    return Words(frozenset(filter(None, names)), frozenset(codes))


async def mentions(
    session: AsyncSession, where: Written, words: Words, among: TextClause | None = None
) -> Sequence[Row[Any]]:
    """The rows in which one of the words may stand; `among` narrows them."""
    found = table(where.table, column("id"), *(column(name) for name in (*where.texts, *where.documents)))
    needles = select(func.unnest(literal(words.needles(), ARRAY(Text))).label("needle")).subquery()
    named = or_(
        *(
            select(1)
            .where(func.strpos(func.lower(found.c[name].cast(Text)), needles.c.needle) > 0)
            .correlate(found)
            .exists()
            for name in (*where.texts, *where.documents)
        )
    )
    statement = select(found).where(named)
    return [*await session.execute(statement if among is None else statement.where(among))]


async def tasks_that_name(session: AsyncSession, words: Words, member_id: UUID) -> set[UUID]:
    """The tasks in whose texts a member may be named."""
    anywhere = await mentions(session, TASKS, words.everywhere())
    near = await mentions(session, TASKS, words.short(), concerned_by(TASKS, member_id))
    return {row.id for row in (*anywhere, *near)}


def concerned_by(where: Written, member_id: UUID) -> TextClause:
    """The condition that a row concerns the member."""
    condition = text(f"({where.concerned})")
    return condition.bindparams(member=member_id) if ":member" in where.concerned else condition


async def take_out(
    session: AsyncSession, where: Written, words: Words, among: TextClause | None = None
) -> None:
    """Take the words out of the columns."""
    pattern = words.pattern()
    if pattern is None:
        return
    columns = [*(column(name) for name in where.texts), *(column(name, JSONB) for name in where.documents)]
    changed = table(where.table, column("id"), *columns)
    for row in await mentions(session, where, words, among):
        before = {name: value for name, value in row._mapping.items() if name != "id"}
        after = {name: without(value, pattern) for name, value in before.items()}
        if after != before:
            await session.execute(update(changed).where(changed.c.id == row.id).values(**after))


async def take_out_everywhere(session: AsyncSession, words: Words, member_id: UUID) -> None:
    """Take the words out of all that others wrote. The caller has locked the tasks that name them."""
    for where in (TASKS, *OTHERS):
        await take_out(session, where, words.everywhere())
        await take_out(session, where, words.short(), concerned_by(where, member_id))
    await session.execute(
        BLANK_ANSWERS, {"needles": [*words.everywhere().needles(), *words.short().needles()]}
    )
