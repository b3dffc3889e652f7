"""Calls for help: each is on record until a dispatcher says that they have seen it, whoever looks and whenever.

A member has one open call at most: who calls again calls louder. It says in which grid, never where in it. Rows of
presence are locked before those of calls.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, delete, func
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.events.record import record
from service.grids.rules import lineage
from service.roster.models import HelpCall

COUNTY = 1
"""The county's place in a lineage."""


class Job(NamedTuple):
    """What a member is engaged in: a task, the grid that it is in, and whether it is a drill."""

    task_id: UUID
    area_code: str
    drill: bool


JobsOf = Callable[[AsyncSession, Collection[UUID]], Awaitable[Mapping[UUID, Job]]]
"""Finds what members are engaged in. Tasks are above this room: whoever puts the application together gives it."""


async def call_for_help(
    session: AsyncSession,
    member_id: UUID,
    area_code: str,
    now: datetime,
    job: Job | None,
    *,
    unit_codes: Sequence[str] = (),
    data: Mapping[str, Any],
) -> None:
    """Keep a member's call from a grid, and tell of it: the dispatchers of the task that they are engaged in, and those
    of where they are, where that is another county or there is no task. `data` is what the event says besides."""
    C = HelpCall
    row = upsert(C).values(
        id=new_id(),
        member_id=member_id,
        area_code=area_code,
        task_id=job and job.task_id,
        task_area=job and job.area_code,
        drill=job is not None and job.drill,
        called_at=now,
        last_at=now,
        times=1,
    )
    kept = row.on_conflict_do_update(
        index_elements=[C.member_id],
        index_where=C.acknowledged_at.is_(None),
        set_={
            "area_code": row.excluded.area_code,
            "task_id": func.coalesce(row.excluded.task_id, C.task_id),
            "task_area": func.coalesce(row.excluded.task_area, C.task_area),
            "drill": and_(C.drill, row.excluded.drill),
            "last_at": row.excluded.last_at,
            "times": C.times + 1,
        },
    ).returning(C.id)
    call_id = (await session.execute(kept)).scalar_one()
    said = {**data, "drill": job is not None and job.drill, "call": str(call_id)}
    for area, task_id in audiences(area_code, job and job.area_code, job and job.task_id):
        await record(
            session,
            "member.need_help",
            now,
            area_code=area,
            unit_codes=unit_codes,
            task_id=task_id,
            member_ids=[member_id],
            data=said,
        )


def audiences(area_code: str, task_area: str | None, task_id: UUID | None) -> list[tuple[str, UUID | None]]:
    """Where a call is told of, and with which task: those of another county hear of none."""
    if task_area is None:
        return [(area_code, None)]
    elsewhere = lineage(area_code)[: COUNTY + 1] != lineage(task_area)[: COUNTY + 1]
    return [(task_area, task_id), *([(area_code, None)] if elsewhere else [])]


async def acknowledge(session: AsyncSession, call: HelpCall, account_id: UUID, now: datetime) -> None:
    """A dispatcher has seen a call and takes care of it. The first one's word stands."""
    await session.refresh(call, with_for_update=True)
    if call.acknowledged_at is not None:
        return
    call.acknowledged_at, call.acknowledged_by = now, account_id
    for area, task_id in audiences(call.area_code, call.task_area, call.task_id):
        await record(
            session,
            "member.help_acknowledged",
            now,
            area_code=area,
            task_id=task_id,
            member_ids=[call.member_id],
            data={"call": str(call.id), "drill": call.drill},
        )
    await session.flush()


async def forget_old(session: AsyncSession, now: datetime, kept: timedelta) -> None:
    """Drop calls that were acknowledged longer ago than that."""
    await session.execute(delete(HelpCall).where(HelpCall.acknowledged_at < now - kept))
