"""A server of a benchmark's database in a process of its own, from when it is ready until the block ends."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx

from service.settings import Settings

SERVE = ("-c", "from service.cli import main; main()", "serve", "--port")
"""`vanguard serve`, as Python's arguments; the port comes last."""
PATIENCE_SECONDS = 60


@asynccontextmanager
async def served(
    settings: Settings, *command: str, most_streams: int = 10, minutes: int = 600
) -> AsyncIterator[int]:
    """Its port. `command` is SERVE unless it names another server, as Python's arguments before the port.

    `most_streams` of events may be open for one account, and tokens last so many `minutes`. Exits with the end of the
    server's log when it does not come up.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "VANGUARD_DATABASE_URL": settings.database_url,
        "VANGUARD_HOME": str(settings.home),
        "VANGUARD_STREAMS_PER_ACCOUNT": str(most_streams),
        "VANGUARD_ACCESS_TOKEN_MINUTES": str(minutes),
    }
    if settings.token_key:
        environment["VANGUARD_TOKEN_KEY"] = settings.token_key
    log = settings.home / f"{port}.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *(command or SERVE), str(port), env=environment, stdout=output, stderr=output
        )
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    while not await is_ready(client, port):  # noqa: ASYNC110  (a process is waited for)
                        await asyncio.sleep(0.1)
            except TimeoutError:
                sys.exit(f"The server does not come up:\n{log.read_text()[-2000:]}")
        yield port
    finally:
        process.terminate()
        await process.wait()


async def is_ready(client: httpx.AsyncClient, port: int) -> bool:
    """Whether the server answers."""
    with suppress(httpx.TransportError):
        return (await client.get(f"http://127.0.0.1:{port}/readyz")).is_success
    return False
