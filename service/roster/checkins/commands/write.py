"""What a batch of check-ins writes: one INSERT and one UPDATE, in one statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.db.base import SRID
from service.roster.checkins.rules import Fix, Known, Mark


class New(NamedTuple):
    """A check-in to be stored."""

    at: datetime
    id: UUID
    member_id: UUID
    fix: Fix
    marks: Sequence[Mark]
    how: str | None


CHECKIN = {
    "at": "timestamptz",
    "id": "uuid",
    "member_id": "uuid",
    "lon": "float8",
    "lat": "float8",
    "accuracy_m": "float8",
    "grid_id": "uuid",
    "marks": "text",
    "how": "text",
}
PRESENCE = {
    "member_id": "uuid",
    "at": "timestamptz",
    "lon": "float8",
    "lat": "float8",
    "accuracy_m": "float8",
    "grid_id": "uuid",
    "crs": "text",
    "coarse": "bool",
    "marks": "text",
    "how": "text",
    "how_at": "timestamptz",
}


def source(columns: dict[str, str], first: int) -> str:
    """`unnest` of one array a column, as the parameters from number `first` on."""
    arrays = (f"${first + number}::{kind}[]" for number, kind in enumerate(columns.values()))
    return f"unnest({', '.join(arrays)}) AS n ({', '.join(columns)})"


def write_sql() -> str:
    """New check-ins and moved presences in one statement: $1 is the time, then come the columns as arrays."""
    added = [name for name in CHECKIN if name != "marks"]
    plain = [name for name in PRESENCE if name not in ("member_id", "lon", "lat", "marks")]
    return f"""
        WITH added AS (
            INSERT INTO checkin ({", ".join(added)}, marks, received_at)
            SELECT {", ".join(added)}, n.marks::text[], $1::timestamptz FROM {source(CHECKIN, 2)}
        )
        UPDATE presence p SET {", ".join(f"{name} = n.{name}" for name in plain)},
            marks = n.marks::text[], location = ST_SetSRID(ST_MakePoint(n.lon, n.lat), {SRID})
        FROM {source(PRESENCE, 2 + len(CHECKIN))} WHERE p.member_id = n.member_id
    """


WRITE = write_sql()


def literal(marks: Sequence[str]) -> str:
    """An array of plain words, as PostgreSQL writes it: arrays of arrays would have to be of one length."""
    return f"{{{','.join(marks)}}}"


async def write(
    session: AsyncSession, new: Sequence[New], moved: Sequence[tuple[UUID, Known]], now: datetime
) -> None:
    """Store check-ins, and what is known of members whose presences the caller has locked, sorted by member id."""
    added = [
        (
            each.at,
            each.id,
            each.member_id,
            each.fix.lon,
            each.fix.lat,
            each.fix.accuracy_m,
            each.fix.grid_id,
            literal(each.marks),
            each.how,
        )
        for each in sorted(new, key=lambda each: (each.member_id, each.at))
    ]
    known = [(id, *place(each.fix), literal(each.marks), each.how, each.how_at) for id, each in moved]
    await driver.within(session, WRITE, now, *turned(added, len(CHECKIN)), *turned(known, len(PRESENCE)))


def turned(rows: Sequence[tuple[Any, ...]], width: int) -> Sequence[Sequence[Any]]:
    """Rows as columns, so many also where there is no row."""
    return list(zip(*rows, strict=True)) if rows else [()] * width


def place(fix: Fix | None) -> tuple[Any, ...]:
    """The columns of presence that say where."""
    if fix is None:
        return (None, None, None, None, None, None, False)
    return (fix.at, fix.lon, fix.lat, fix.accuracy_m, fix.grid_id, fix.crs, fix.coarse)
