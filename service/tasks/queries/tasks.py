"""Reading tasks and seats, and locking tasks."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from service.access.queries import within_areas
from service.errors import NotFound
from service.tasks.models import Seat, Task
from service.tasks.rules import Urgency


async def lock_tasks(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Task]:
    """Lock tasks by id, in their order, and read them as they are now. All that happens to a task, its seats,
    offers and engagements happens under this lock."""
    found = await session.scalars(
        select(Task)
        .where(Task.id.in_(ids))
        .order_by(Task.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {task.id: task for task in found}


async def queued_tasks(session: AsyncSession, mode: str, limit: int) -> Sequence[UUID]:
    """The tasks in a mode that wait for their next wave: real ones before drills, the most urgent, then the oldest."""
    urgent_first = case({urgency: rank for rank, urgency in enumerate(reversed(Urgency))}, value=Task.urgency)
    found = await session.scalars(
        select(Task.id)
        .where(Task.queued_for.is_not(None), Task.mode == mode)
        .order_by(Task.drill, urgent_first, Task.created_at, Task.id)
        .limit(limit)
    )
    return found.all()


async def lock_free_tasks(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Lock those of the tasks that nobody else holds, without waiting, and say which they are."""
    if not ids:
        return set()
    found = await session.scalars(
        select(Task.id)
        .where(Task.id.in_(ids))
        .order_by(Task.id)
        .with_for_update(key_share=True, skip_locked=True)
    )
    return set(found)


async def lock_task(session: AsyncSession, task_id: UUID) -> Task:
    """Lock one task. Raises NotFound."""
    tasks = await lock_tasks(session, [task_id])
    if task_id not in tasks:
        raise NotFound("task")
    return tasks[task_id]


async def seats_of(session: AsyncSession, task_ids: Collection[UUID]) -> Sequence[Seat]:
    """The seats of tasks that are not dropped, by number."""
    found = await session.scalars(
        select(Seat)
        .where(Seat.task_id.in_(task_ids), Seat.dropped_at.is_(None))
        .order_by(Seat.task_id, Seat.number)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def list_tasks(
    session: AsyncSession,
    areas: Sequence[str],
    limit: int,
    after: UUID | None,
    *,
    state: str | None = None,
    mode: str | None = None,
    category: str | None = None,
    since: datetime | None = None,
    ids: Collection[UUID] | None = None,
) -> Sequence[Task]:
    """Up to `limit` + 1 tasks within the areas, newest first, from behind the one with the id `after`."""
    statement = (
        select(Task)
        .where(within_areas(Task.grid_code, areas))
        .order_by(Task.created_at.desc(), Task.id.desc())
    )
    for column, value in ((Task.state, state), (Task.mode, mode), (Task.category, category)):
        if value is not None:
            statement = statement.where(column == value)
    if since is not None:
        statement = statement.where(Task.created_at >= since)
    if ids is not None:
        statement = statement.where(Task.id.in_(ids))
    if after is not None:
        last = select(Task.created_at, Task.id).where(Task.id == after).subquery()
        statement = statement.where(
            or_(
                Task.created_at < select(last.c.created_at).scalar_subquery(),
                (Task.created_at == select(last.c.created_at).scalar_subquery()) & (Task.id < after),
            )
        )
    return (await session.scalars(statement.limit(limit + 1))).all()
