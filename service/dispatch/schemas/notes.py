"""Notes on tasks as they are written and read."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from service.tasks.models import Note
from service.web.fields import Body, Prose


class NoteIn(Body):
    """What to write down about a task."""

    text: Prose


class NoteOut(BaseModel):
    """A note on a task."""

    id: UUID
    at: datetime
    by: str = Field(description="The dispatcher's name")
    text: str

    @classmethod
    def of(cls, note: Note, name: str) -> "NoteOut":
        """One note, and the name of whoever wrote it."""
        return cls(id=note.id, at=note.at, by=name, text=note.text)
