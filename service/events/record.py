"""Write down that something happened, in the transaction that did it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypedDict, Unpack
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.events.models import Event


class Concerned(NamedTuple):
    """Whom one event of many concerns."""

    area_code: str | None
    unit_codes: Sequence[str]
    member_id: UUID | None = None


class About(TypedDict, total=False):
    """What an event is about. `data` holds grids and minutes, never a member's coordinates."""

    area_code: str | None
    unit_codes: Sequence[str]
    task_id: UUID | None
    member_ids: Sequence[UUID | None]
    """One row for each; left out: one row, which concerns no member."""
    data: dict[str, Any] | None


def events(kind: str, now: datetime, **about: Unpack[About]) -> list[dict[str, Any]]:
    """The outbox rows of something that happened, for `driver.Rows`."""
    return [
        {
            "at": now,
            "kind": kind,
            "area_code": about.get("area_code"),
            "unit_codes": list(about.get("unit_codes", ())),
            "task_id": about.get("task_id"),
            "member_id": member_id,
            "data": about.get("data") or {},
        }
        for member_id in about.get("member_ids", (None,))
    ]


async def record(session: AsyncSession, kind: str, now: datetime, **about: Unpack[About]) -> None:
    """Write the rows of `events`."""
    await driver.insert(session, Event, events(kind, now, **about))


async def record_all(session: AsyncSession, kind: str, now: datetime, concerned: Sequence[Concerned]) -> None:
    """One outbox row for each, in one statement: the same thing happened to many."""
    about = (
        About(area_code=each.area_code, unit_codes=each.unit_codes, member_ids=[each.member_id])
        for each in concerned
    )
    await driver.insert(session, Event, [row for each in about for row in events(kind, now, **each)])
