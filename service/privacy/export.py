"""Writing all that is kept about one member into a file, some rows at a time: a month of check-ins is long."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import get_args
from uuid import UUID

from pydantic import BaseModel, TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from service.privacy.queries.data import SECTIONS, rows_of
from service.privacy.schemas.data import MemberData

VERSION = 1


async def write_data(session: AsyncSession, member_id: UUID, now: datetime, path: Path) -> None:
    """Write a `MemberData` as JSON to a new file."""
    at = TypeAdapter(datetime).dump_json(now)
    await add(path, b'{"version":%d,"at":%s' % (VERSION, at))
    for name in SECTIONS:
        model, many = model_of(name)
        await add(path, b',\n"%s":%s' % (name.encode(), b"[" if many else b""))
        empty = True
        async for rows in rows_of(session, name, member_id):
            parts = [model.model_validate(dict(row._mapping)).model_dump_json() for row in rows]
            await add(path, (b"" if empty else b",\n") + ",\n".join(parts).encode())
            empty = False
        await add(path, b"]" if many else b"null" if empty else b"")
    await add(path, b"}\n")


def model_of(section: str) -> tuple[type[BaseModel], bool]:
    """The model of a section's rows, and whether there are many."""
    annotation = MemberData.model_fields[section].annotation
    kinds = get_args(annotation)
    if not kinds:
        assert isinstance(annotation, type)
        return annotation, False
    return kinds[0], type(None) not in kinds


async def add(path: Path, some: bytes) -> None:
    """Write behind what is there, beside the event loop."""
    await asyncio.to_thread(append, path, some)


def append(path: Path, some: bytes) -> None:
    """Write behind what is there."""
    with path.open("ab") as file:
        file.write(some)
