"""One import as it was asked for, and how far it is."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from service.db.engine import Sessions
from service.imports.checks.scope import Scope
from service.imports.models import ImportProgress
from service.imports.reading.limits import Limits
from service.imports.rules import Kind

TOLD_EVERY_S = 1.0
EVERYTHING = Scope()
LIMITS = Limits()
FORGOTTEN_AFTER = timedelta(days=1)


class Missing(StrEnum):
    """What becomes of those that the file does not have."""

    KEEP = "keep"
    CLOSE = "close"


class Stage(StrEnum):
    """What is being done."""

    WAITING = "waiting"
    READING = "reading"
    REPAIRING = "repairing"
    CHECKING = "checking"
    WRITING = "writing"


@dataclass(frozen=True, slots=True)
class Job:
    """A file, what it is said to be, and how far whoever brings it may reach."""

    kind: Kind
    path: Path
    name: str
    scope: Scope = EVERYTHING
    crs: str | None = None
    encoding: str | None = None
    layer: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    missing: Missing = Missing.KEEP
    limits: Limits = LIMITS


class Progress:
    """How far an import is; told from any thread, and read by whoever shows it."""

    def __init__(self) -> None:
        self.stage = Stage.WAITING
        self.done = 0
        self.total: int | None = None

    def tell(self, stage: Stage, done: int = 0, total: int | None = None) -> None:
        """So many of so many."""
        self.stage, self.done, self.total = stage, done, total


@asynccontextmanager
async def shown(
    sessions: Sessions,
    progress: Progress,
    import_id: UUID,
    account_id: UUID | None,
    clock: Callable[[], datetime],
) -> AsyncIterator[None]:
    """Write the progress where others can read it, at once and every second, and take it away at the end.

    In transactions of its own: the import's is open meanwhile. What goes wrong with it is no matter of the import's.
    """

    async def follow() -> None:
        while True:
            with suppress(SQLAlchemyError, OSError):
                await write(sessions, progress, import_id, account_id, clock())
            await asyncio.sleep(TOLD_EVERY_S)

    following = asyncio.create_task(follow())
    try:
        yield
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        with suppress(SQLAlchemyError, OSError):
            async with sessions.begin() as session:
                await session.execute(
                    delete(ImportProgress).where(
                        ImportProgress.id == import_id, ImportProgress.account_id == account_id
                    )
                )


async def write(
    sessions: Sessions, progress: Progress, import_id: UUID, account_id: UUID | None, now: datetime
) -> None:
    """The row of an import that runs. An id that another account uses is left alone."""
    values = {"at": now, "stage": progress.stage, "done": progress.done, "total": progress.total}
    row = upsert(ImportProgress).values(id=import_id, account_id=account_id, **values)
    async with sessions.begin() as session:
        await session.execute(
            row.on_conflict_do_update(
                index_elements=[ImportProgress.id],
                set_={name: row.excluded[name] for name in values},
                where=ImportProgress.account_id == row.excluded.account_id,
            )
        )


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Drop the progress of imports whose process died."""
    await session.execute(delete(ImportProgress).where(ImportProgress.at < now - FORGOTTEN_AFTER))
