"""Messages as they are written and read."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from service.tasks.models import Message
from service.web.fields import Body, Prose


class MessageIn(Body):
    """What to tell everybody who is engaged in a task."""

    text: Prose


class MessageOut(BaseModel):
    """A dispatcher's message to those who are engaged in a task."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    id: UUID
    at: datetime
    from_: str = Field(alias="from", description="The dispatcher's name")
    text: str

    @classmethod
    def of(cls, message: Message, name: str) -> "MessageOut":
        """One message, and the name of whoever sent it."""
        return cls(id=message.id, at=message.at, from_=name, text=message.text)
