"""Write something down about a task."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from service.db.base import new_id
from service.events.record import record
from service.tasks.models import Note, Task


async def write_note(session: AsyncSession, task: Task, account_id: UUID, text: str, now: datetime) -> Note:
    """Add a note to a task, also to one that has ended: what was learnt afterwards belongs there too."""
    note = Note(id=new_id(), task_id=task.id, account_id=account_id, at=now, text=text)
    session.add(note)
    await session.flush()
    await record(
        session,
        "note.written",
        now,
        area_code=task.grid_code,
        task_id=task.id,
        data={"note": str(note.id), "drill": task.drill},
    )
    return note
