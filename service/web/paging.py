"""Lists: `{"items": [...], "next": "…"|null}` with `limit` and `after`; the cursor is opaque."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from service.errors import Invalid

Item = TypeVar("Item")

Limit = Annotated[int, Query(ge=1, le=500, description="Items a page")]
After = Annotated[str | None, Query(max_length=100, description="The `next` of the page before")]


class Page(BaseModel, Generic[Item]):
    """One page of a list; `next` is null on the last one."""

    items: list[Item]
    next: str | None


def cursor_id(after: str | None) -> UUID | None:
    """The key that a cursor stands for. Raises Invalid for one that is not ours."""
    if after is None:
        return None
    try:
        return UUID(bytes=urlsafe_b64decode(after.encode("ascii") + b"=="))
    except ValueError as error:
        raise Invalid("invalid-cursor") from error


def page(items: Sequence[Item], limit: int, key: Callable[[Item], UUID]) -> Page[Item]:
    """A page from up to `limit + 1` items in order: the one more only says that there is a next page."""
    shown = list(items[:limit])
    more = len(items) > limit
    cursor = urlsafe_b64encode(key(shown[-1]).bytes).decode("ascii").rstrip("=") if more else None
    return Page(items=shown, next=cursor)
