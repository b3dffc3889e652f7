"""A dispatcher who posts critical tasks over HTTP, one after another, and takes each away again."""

import asyncio
import json
import sys
from time import perf_counter
from uuid import UUID

import asyncpg

from service.db.base import new_id
from service.settings import Settings

SEATS = 3
CLEAR = (
    "DELETE FROM offer WHERE task_id = ANY($1)",
    "DELETE FROM timer WHERE subject_id = ANY($1) OR subject_id IN (SELECT id FROM wave WHERE task_id = ANY($1))",
    "DELETE FROM wave WHERE task_id = ANY($1)",
    "DELETE FROM seat WHERE task_id = ANY($1)",
    "DELETE FROM task WHERE id = ANY($1)",
)
Posted = tuple[float, int]
"""Milliseconds, and how many were asked."""


class Desk:
    """A dispatcher's connection, and one to the database, which takes their tasks away again."""

    def __init__(self, authorization: str, place: tuple[float, float]) -> None:
        self.authorization = authorization
        self.place = place

    async def open(self, port: int, settings: Settings) -> None:
        """Connect to both."""
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port)
        self.database = await connect(settings)

    async def close(self) -> None:
        """Let go of both."""
        self.writer.close()
        await self.database.close()

    async def ask(self) -> tuple[float, bytes, bytes]:
        """Post a task: milliseconds until the answer was there, its first line, and its body."""
        lon, lat = self.place
        body = json.dumps(
            {
                "category": "emergency_response",
                "title": "测速",
                "urgency": "critical",
                "location": {"lon": lon, "lat": lat, "crs": "CGCS2000"},
                "seats": [{"skills": [], "count": SEATS}],
            }
        ).encode()
        head = (
            "POST /api/v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: {self.authorization}\r\nIdempotency-Key: {new_id()}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        began = perf_counter()
        self.writer.write(head.encode() + body)
        status, *lines = (await self.reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
        (length,) = (int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
        answer = await self.reader.readexactly(length)
        return (perf_counter() - began) * 1000, status, answer

    async def post(self) -> tuple[float, UUID, int]:
        """Post a task: milliseconds, its id, and how many were asked."""
        taken, status, answer = await self.ask()
        if b" 201 " not in status:
            sys.exit(f"POST /tasks answers {status!r}: {answer[:500]!r}")
        task = json.loads(answer)
        return taken, UUID(task["id"]), sum(len(wave["offers"]) for wave in task["waves"])

    async def wait_for_map(self) -> None:
        """Post until the process has loaded the map: the request that asks for a large one is too slow for its
        transaction, which ends while it waits, and it is answered 503; the next finds the map there."""
        for _ in range(10):
            _, status, answer = await self.ask()
            if b" 201 " in status:
                await self.take_away(UUID(json.loads(answer)["id"]))
                return
            if b" 503 " not in status:
                sys.exit(f"POST /tasks answers {status!r}: {answer[:500]!r}")

    async def take_away(self, task_id: UUID) -> None:
        """Everybody is free again."""
        for statement in CLEAR:
            await self.database.execute(statement, [task_id])

    async def work(self, count: int) -> list[Posted]:
        """Post one after another."""
        found = []
        for _ in range(count):
            taken, task_id, asked = await self.post()
            await self.take_away(task_id)
            found.append((taken, asked))
        return found


async def connect(settings: Settings) -> asyncpg.Connection:
    """A bare connection to the city."""
    return await asyncpg.connect(
        settings.database_url, server_settings={"search_path": f"{settings.schema_name},public"}
    )
