"""Set a timer, in the transaction that wants it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.db.base import new_id
from service.timers.models import Timer

AREA_DIGITS = 9
"""Workers share the timers by town: the first digits of a division code; a shorter one is a share of its own."""

SET = """
    INSERT INTO timer (id, area, kind, subject_id, due_at, attempts, last_error) VALUES ($1, $2, $3, $4, $5, 0, NULL)
    ON CONFLICT (kind, subject_id) DO UPDATE
    SET area = excluded.area, due_at = excluded.due_at, attempts = 0, last_error = NULL
"""


def timer(kind: str, subject_id: UUID, due_at: datetime, area_code: str) -> dict[str, Any]:
    """The timer of a subject that is new, for `driver.Rows`: nobody has set one of its kind before."""
    return {
        "id": new_id(),
        "area": area_code[:AREA_DIGITS],
        "kind": kind,
        "subject_id": subject_id,
        "due_at": due_at,
        "attempts": 0,
    }


async def schedule(
    session: AsyncSession, kind: str, subject_id: UUID, due_at: datetime, area_code: str
) -> None:
    """Have `kind`'s handler run for the subject at `due_at`; a timer of the same kind and subject is moved there.

    Nothing cancels a timer: its handler reads the state then, and does nothing where nothing is due. A command
    that deleted one would wait for the worker that holds it while the worker waits for the command's locks.
    """
    area = area_code[:AREA_DIGITS]
    await driver.within(session, SET, new_id(), area, kind, subject_id, due_at)


async def take_along(session: AsyncSession, kind: str) -> None:
    """Delete the other timers of a kind that nobody holds: for a handler that does the work of all of them at once."""
    free = select(Timer.id).where(Timer.kind == kind).with_for_update(skip_locked=True)
    await session.execute(delete(Timer).where(Timer.id.in_(free.scalar_subquery())))
