"""Write down that something happened, in the transaction that did it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.events.models import Event


class Concerned(NamedTuple):
    """Whom one event of many concerns."""

    area_code: str | None
    unit_codes: Sequence[str]
    member_id: UUID | None = None


def events(
    kind: str,
    now: datetime,
    *,
    area_code: str | None = None,
    unit_codes: Sequence[str] = (),
    task_id: UUID | None = None,
    member_ids: Sequence[UUID | None] = (None,),
    data: dict[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """One outbox row for each of `member_ids` (one alone when it concerns no member), for `driver.Rows`.

    `data` holds grids and minutes, never a member's coordinates.
    """
    return [
        {
            "at": now,
            "kind": kind,
            "area_code": area_code,
            "unit_codes": list(unit_codes),
            "task_id": task_id,
            "member_id": member_id,
            "data": data or {},
        }
        for member_id in member_ids
    ]


async def record(
    session: AsyncSession,
    kind: str,
    now: datetime,
    *,
    area_code: str | None = None,
    unit_codes: Sequence[str] = (),
    task_id: UUID | None = None,
    member_ids: Sequence[UUID | None] = (None,),
    data: dict[str, Any] | None = None,
) -> None:
    """Write the rows of `events`."""
    rows = events(
        kind,
        now,
        area_code=area_code,
        unit_codes=unit_codes,
        task_id=task_id,
        member_ids=member_ids,
        data=data,
    )
    await driver.insert(session, Event, rows)


async def record_all(session: AsyncSession, kind: str, now: datetime, concerned: Sequence[Concerned]) -> None:
    """One outbox row for each, in one statement: the same thing happened to many."""
    if not concerned:
        return
    await driver.insert(
        session,
        Event,
        [
            {
                "at": now,
                "kind": kind,
                "area_code": each.area_code,
                "unit_codes": list(each.unit_codes),
                "task_id": None,
                "member_id": each.member_id,
                "data": {},
            }
            for each in concerned
        ],
    )
