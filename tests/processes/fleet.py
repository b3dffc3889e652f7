"""Real processes of the service, `vanguard serve` and `vanguard work`, on one database: started, frozen, killed."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

COMMAND = (sys.executable, "-c", "from service.cli import main; main()")
"""`vanguard`, wherever this interpreter has it from."""
READY_SECONDS = 60.0
DEADLINE_SECONDS = 60.0
POLL_SECONDS = 0.05
TAIL_CHARACTERS = 4000


class Vanguard:
    """One process of the service; its log is a file."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self.log = log

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if the process lives."""
        if self.process.returncode is None:
            self.process.send_signal(number)

    def freeze(self) -> None:
        """SIGSTOP: it does nothing any more, and its connections stay open."""
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.signal(signal.SIGCONT)

    async def kill(self) -> None:
        """kill -9, which a frozen process obeys as well; gone when this returns."""
        self.signal(signal.SIGKILL)
        await self.process.wait()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.returncode is None

    @property
    def said(self) -> str:
        """Its log so far."""
        return self.log.read_text(errors="replace")

    @property
    def tail(self) -> str:
        """The end of its log."""
        return self.said[-TAIL_CHARACTERS:]


class Api(Vanguard):
    """An API process and a client of it."""

    def __init__(
        self, process: asyncio.subprocess.Process, log: Path, port: int, client: httpx.AsyncClient
    ) -> None:
        super().__init__(process, log)
        self.port = port
        self.client = client

    async def ready(self) -> bool:
        """Whether it answers that it can serve. Raises AssertionError when the process has ended."""
        assert self.alive, f"vanguard serve ended:\n{self.tail}"
        try:
            return (await self.client.get("/readyz")).status_code == 200
        except httpx.TransportError:
            return False


class Fleet:
    """The processes of one test, all killed at its end."""

    def __init__(self, database_url: str, home: Path, token_key: str) -> None:
        self.home = home
        self.environment = {
            **os.environ,
            "VANGUARD_DATABASE_URL": database_url,
            "VANGUARD_HOME": str(home),
            "VANGUARD_TOKEN_KEY": token_key,
            "VANGUARD_WORKER_POLL_SECONDS": "0.1",
        }
        self.started: list[Vanguard] = []

    async def serve(self, port: int | None = None) -> Api:
        """Start an API process, on the port of one that was killed or on a free one, and wait until it is ready."""
        port = port or free_port()
        process, log = await self._start("serve", "--port", str(port))
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=50)
        client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=DEADLINE_SECONDS, limits=limits, trust_env=False
        )
        api = Api(process, log, port, client)
        self.started.append(api)
        await until(api.ready, seconds=READY_SECONDS)
        return api

    async def serve_two(self) -> tuple[Api, Api]:
        """Start two API processes beside each other."""
        one, two = await asyncio.gather(self.serve(), self.serve())
        return one, two

    async def work(self) -> Vanguard:
        """Start a worker. It is at work when what it does shows in the database."""
        worker = Vanguard(*await self._start("work"))
        self.started.append(worker)
        return worker

    async def notify(self) -> Vanguard:
        """Start a notifier. It tells what happens once its place in the outbox is written down, or was by another."""
        notifier = Vanguard(*await self._start("notify"))
        self.started.append(notifier)
        return notifier

    async def _start(self, *arguments: str) -> tuple[asyncio.subprocess.Process, Path]:
        log = self.home / f"{len(list(self.home.glob('*.log'))) + 1:02}-{arguments[0]}.log"
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *COMMAND,
                *arguments,
                env=self.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
            )
        return process, log

    async def stop(self) -> None:
        """Kill whatever still runs, and close the clients."""
        for each in self.started:
            await each.kill()
            if isinstance(each, Api):
                await each.client.aclose()


@asynccontextmanager
async def fleet_on(database_url: str, home: Path, token_key: str) -> AsyncIterator[Fleet]:
    """A fleet that is gone afterwards, whatever happens."""
    fleet = Fleet(database_url, home, token_key)
    try:
        yield fleet
    finally:
        await fleet.stop()


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def until(
    condition: Callable[[], Awaitable[Any]], what: str = "", *, seconds: float = DEADLINE_SECONDS
) -> Any:
    """Ask again and again until the condition gives something true, and give that.

    Raises AssertionError when it has not by the deadline.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := await condition()):
        late = asyncio.get_running_loop().time() > deadline
        assert not late, f"not within {seconds:.0f} s: {what or condition.__qualname__}"
        await asyncio.sleep(POLL_SECONDS)
    return found


async def at_most(limit: int, *calls: Awaitable[Any]) -> list[Any]:
    """Await them all, no more than `limit` at once; gives their results in order."""
    gate = asyncio.Semaphore(limit)

    async def pass_through(call: Awaitable[Any]) -> Any:
        async with gate:
            return await call

    return await asyncio.gather(*(pass_through(call) for call in calls))
