"""Asking for erasure, and what is left."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from service.web.fields import Body, Line


class EraseIn(Body):
    """Erasure cannot be undone, so the member's number is typed once more."""

    confirm: Annotated[Line, Field(description="The member's number")]


class ErasedOut(BaseModel):
    """What is left of a member: a number that was nobody's, under which what they did still counts."""

    number: str
    erased_at: datetime
