"""Tell those who are engaged in a task."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.dispatch.queries.board import live_engagements
from service.errors import Conflict
from service.events.record import record
from service.tasks.models import Message
from service.tasks.queries.tasks import lock_task
from service.tasks.rules import TaskState


async def send_message(
    session: AsyncSession, task_id: UUID, account_id: UUID, text: str, now: datetime
) -> Message:
    """Send a message to everybody who is engaged in a task, now or later while it goes on.

    Raises NotFound, and Conflict for a task that has ended: nobody is there to read it.
    """
    task = await lock_task(session, task_id)
    if not TaskState(task.state).live:
        raise Conflict("task-ended", state=task.state)
    message = Message(id=new_id(), task_id=task.id, account_id=account_id, at=now, text=text)
    session.add(message)
    await session.flush()
    engaged = [each.member_id for each in await live_engagements(session, task.id)]
    await record(
        session,
        "message.sent",
        now,
        area_code=task.grid_code,
        task_id=task.id,
        member_ids=engaged or [None],
        data={"message": str(message.id), "drill": task.drill},
    )
    return message
