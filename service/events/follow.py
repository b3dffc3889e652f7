"""Read the outbox in order, and never past a transaction of this database that is still open.

Rows are in the order of (xact, id). A row can be read when its transaction is older than every open one that may yet
write to this database: from then on no row can appear before it, so a reader that goes on from its cursor has missed
nothing. What an event waits for is therefore the longest open transaction that writes here. Those of other databases
of the same cluster are not waited for, which `pg_snapshot_xmin` would do.

A cursor names a row, the last one that was read, and is good while that row is there: once it is forgotten, or the
city was moved or put back (docs/decisions/0019-the-feed.md), it is refused, and nothing is skipped in silence.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from struct import Struct
from struct import error as StructError
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Select, bindparam, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.errors import Gone, Invalid
from service.events.models import Event

PACKED = Struct(">qq")
CURSOR_PATTERN = r"^[A-Za-z0-9_-]{22}$"


class Place(NamedTuple):
    """A place in the outbox: that of the row with this xact and id."""

    xact: int
    id: int

    @property
    def cursor(self) -> str:
        """The place as it is handed out: 22 characters that mean nothing to a client."""
        return urlsafe_b64encode(PACKED.pack(*self)).decode("ascii").rstrip("=")


BEGINNING = Place(-(2**63), 0)
"""Before every row: the cursor of a city in which nothing has happened."""


class Happened(NamedTuple):
    """One row of the outbox."""

    xact: int
    id: int
    at: datetime
    kind: str
    area_code: str | None
    unit_codes: Sequence[str]
    task_id: UUID | None
    member_id: UUID | None
    data: dict[str, Any]

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.xact, self.id)

    @property
    def cursor(self) -> str:
        """The cursor of whoever has read as far as this."""
        return self.place.cursor


class Batch(NamedTuple):
    """Some events in order, and the cursor to go on from; with no events it is the one that was given."""

    events: list[Happened]
    cursor: str


CLEAR = "SELECT pg_stat_clear_snapshot()"
"""A transaction sees the list of backends as it was when it first looked, unless it asks for another look."""
OPEN = """
    SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next,
           ARRAY(SELECT backend_xid::text::bigint FROM pg_stat_activity
                 WHERE datname = current_database() AND backend_xid IS NOT NULL) AS open
"""
"""The list is looked at after the statement's snapshot was taken: what is older than `next` has ended or is on it."""
WRAP = 2**32
COLUMNS = tuple(getattr(Event, name) for name in Happened._fields)
ORDER = tuple_(Event.xact, Event.id)
READ = (
    select(*COLUMNS)
    .where(tuple_(bindparam("xact", type_=BigInteger), bindparam("id", type_=BigInteger)) < ORDER)
    .where(Event.xact < bindparam("before", type_=BigInteger))
    .order_by(Event.xact, Event.id)
    .limit(bindparam("limit", type_=Integer))
)
PAGE = driver.compiled(READ)


async def follow(session: AsyncSession, cursor: str | None, limit: int) -> Batch:
    """Up to `limit` events after a cursor; None is the beginning of what is kept.

    Raises Invalid for a cursor that is none, and Gone for one whose row is no longer there.
    """
    place = place_of(cursor)
    await check_there(session, place)
    events = await after(session, place, limit)
    return Batch(events, events[-1].cursor if events else place.cursor)


def place_of(cursor: str | None) -> Place:
    """What a cursor stands for. Raises Invalid."""
    if cursor is None:
        return BEGINNING
    try:
        packed = urlsafe_b64decode(cursor.encode("ascii") + b"==")
        place = Place(*PACKED.unpack(packed))
    except (ValueError, StructError) as error:
        raise Invalid("invalid-cursor") from error
    return place


async def check_there(session: AsyncSession, place: Place) -> None:
    """Raises Gone when the row that a place is that of is not there."""
    if place == BEGINNING:
        return
    row = select(Event.id).where(Event.id == place.id, Event.xact == place.xact)
    if await session.scalar(row) is None:
        raise Gone("events-gone")


async def oldest_open(session: AsyncSession) -> int:
    """All transactions of this database that are numbered below this had ended when it was asked, and none that begins
    will be: what they wrote is seen by the next statement."""
    if session.in_transaction():
        await driver.fetch(session, CLEAR)
    (row,) = await driver.fetch(session, OPEN)
    following: int = row.next
    return min([following, *(full_number(each, following) for each in row.open)])


def full_number(xid: int, near: int) -> int:
    """The number of a transaction in 64 bits from its lower 32, when it is less than 2³¹ away from `near`."""
    return near + (xid - near + WRAP // 2) % WRAP - WRAP // 2


async def after(session: AsyncSession, place: Place, limit: int) -> list[Happened]:
    """Up to `limit` events after a place.

    By the driver: whoever listens reads all that is written, and a session's rows would cost as much as their writing.
    """
    before = await oldest_open(session)
    rows = await driver.rows(session, PAGE, xact=place.xact, id=place.id, before=before, limit=limit)
    return [Happened._make(row.values()) for row in rows]


def page(place: Place, before_xact: int, limit: int) -> Select[Any]:
    """The statement that reads events after a place, of transactions numbered below `before_xact`."""
    return READ.params(xact=place.xact, id=place.id, before=before_xact, limit=limit)


async def newest(session: AsyncSession) -> Place:
    """The place of the newest event that can be read."""
    found = (
        select(Event.xact, Event.id)
        .where(Event.xact < await oldest_open(session))
        .order_by(Event.xact.desc(), Event.id.desc())
        .limit(1)
    )
    row = (await session.execute(found)).one_or_none()
    return BEGINNING if row is None else Place(row.xact, row.id)


async def newest_cursor(session: AsyncSession) -> str:
    """The cursor of whoever wants to hear only what happens from now on."""
    return (await newest(session)).cursor
