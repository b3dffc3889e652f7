"""Commits a second with 100 streams of events open, against the same without any.

Eight clients write as fast as they can, each transaction one event and one change of a row, fsync on. Blocks without
listeners, with 100 who hear nothing of it, and with 100 who all hear another 50 events a second, which are written in
every block, take turns, so that each meets the machine as it is. The service and the listeners run in processes of
their own, on the same cores.

    VANGUARD_TEST_DATABASE_URL=… python -m benchmarks.fanout
"""

import asyncio
import statistics
from asyncio import StreamReader, StreamWriter
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from time import perf_counter

import asyncpg

from benchmarks.measure import heading, run, scratch, server_versions, verdict
from benchmarks.serving import served
from service.access.commands import SESSION, create_account, open_device
from service.access.rules import Role
from service.access.tokens import Tokens
from service.db.base import utcnow
from service.db.engine import make_engine, make_sessions
from service.settings import Settings

LISTENERS, WRITERS, BLOCK_SECONDS, ROUNDS, HEARD_A_SECOND = 100, 8, 5.0, 6, 50
LONGEST_SECONDS = 30.0
"""For what was said last to be heard."""
EVENT = b"event: task.state"
HEARD, UNHEARD = "440802001", "440882001"
INSERT = """
    INSERT INTO outbox (at, kind, area_code, unit_codes, task_id, member_id, data)
    VALUES (now(), 'task.state', $1, '{}', NULL, NULL, '{"from": "open", "to": "staffed"}')
"""
CHANGE = "UPDATE written SET n = n + 1 WHERE id = $1"


def settings_of(settings: Settings) -> dict[str, str]:
    """The search path of a bare connection."""
    return {"search_path": f"{settings.schema_name},public"}


async def prepare(settings: Settings) -> list[str]:
    """A row for each writer to change, and a token for each listener."""
    engine = make_engine(settings)
    tokens, now, found = Tokens(settings), utcnow(), []
    async with make_sessions(engine).begin() as session:
        print(await server_versions(session))
        account = await create_account(
            session,
            username="benchmark",
            display_name="测试",
            roles=[Role.DISPATCHER],
            areas=[HEARD[:6]],
            now=now,
        )
        for _ in range(LISTENERS):
            device, _ = await open_device(session, account.id, SESSION, "benchmark", now, None)
            found.append(tokens.issue(account.id, device, now))
    await engine.dispose()
    connection = await asyncpg.connect(settings.database_url, server_settings=settings_of(settings))
    await connection.execute("CREATE TABLE written (id int PRIMARY KEY, n int NOT NULL)")
    await connection.execute(f"INSERT INTO written SELECT n, 0 FROM generate_series(1, {WRITERS}) n")
    await connection.close()
    return found


def listen(pipe: Connection, port: int, tokens: Sequence[str]) -> None:
    """A process of listeners: told some kinds it opens its streams; then it closes them and says what they heard."""
    asyncio.run(obey(pipe, port, tokens))


async def obey(pipe: Connection, port: int, tokens: Sequence[str]) -> None:
    """Until the word is to end."""
    loop = asyncio.get_running_loop()
    while (kinds := await loop.run_in_executor(None, pipe.recv)) != "end":
        streams = await asyncio.gather(*(open_stream(port, token, kinds) for token in tokens))
        heard = [0] * len(streams)
        counting = [asyncio.create_task(count(reader, heard, n)) for n, (reader, _) in enumerate(streams)]
        pipe.send("open")
        due = await loop.run_in_executor(None, pipe.recv)
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_SECONDS):
                while sum(heard) < due:  # noqa: ASYNC110  (it is a count that is waited for)
                    await asyncio.sleep(0.1)
        for _, writer in streams:
            writer.close()
        await asyncio.gather(*counting)
        pipe.send(sum(heard))


async def open_stream(port: int, token: str, kinds: str) -> tuple[StreamReader, StreamWriter]:
    """A stream of some kinds that has said hello."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    address = f"GET /api/v1/events?kinds={kinds} HTTP/1.1"
    writer.write(f"{address}\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    await reader.readuntil(b"event: hello")
    return reader, writer


async def count(reader: StreamReader, heard: list[int], place: int) -> None:
    """Count the events of a stream until it is closed."""
    rest = b""
    with suppress(ConnectionError):
        while part := await reader.read(65536):
            heard[place] += (rest + part).count(EVENT)
            rest = (rest + part)[1 - len(EVENT) :]


async def write(connection: asyncpg.Connection, row: int, until: float) -> int:
    """Transactions one after another until a time; how many were committed."""
    done = 0
    while perf_counter() < until:
        async with connection.transaction():
            await connection.execute(INSERT, UNHEARD)
            await connection.execute(CHANGE, row)
        done += 1
    return done


async def speak(connection: asyncpg.Connection, began: float, until: float) -> int:
    """Events that everybody hears, at their pace; how many."""
    done = 0
    while (due := began + done / HEARD_A_SECOND) < until:
        await asyncio.sleep(max(0.0, due - perf_counter()))
        await connection.execute(INSERT, HEARD)
        done += 1
    return done


async def main() -> None:
    """Measure and print."""
    heading("Commits a second with streams of events open")
    async with scratch() as settings:
        tokens = await prepare(settings)
        writers = [
            await asyncpg.connect(settings.database_url, server_settings=settings_of(settings))
            for _ in range(WRITERS + 1)
        ]
        async with served(settings, most_streams=LISTENERS) as port:
            here, there = get_context("spawn").Pipe()
            listeners = get_context("spawn").Process(target=listen, args=(there, port, tokens))
            listeners.start()
            rates: dict[str, list[float]] = {"": [], "wave.": [], "task.": []}
            missed = 0
            for kinds in list(rates) * ROUNDS:
                if kinds:
                    here.send(kinds)
                    here.recv()
                began = perf_counter()
                until = began + BLOCK_SECONDS
                writing = (write(writers[n], n + 1, until) for n in range(WRITERS))
                *done, spoken = await asyncio.gather(*writing, speak(writers[-1], began, until))
                rates[kinds].append(sum(done) / BLOCK_SECONDS)
                if kinds:
                    due = spoken * LISTENERS if kinds == "task." else 0
                    here.send(due)
                    missed += due - here.recv()
            here.send("end")
            listeners.join()
        for connection in writers:
            await connection.close()
    alone, idle, hearing = (statistics.median(measured) for measured in rates.values())
    print(f"{WRITERS} writers, blocks of {BLOCK_SECONDS:.0f} s, median of {ROUNDS}; {missed} messages missed")
    print(f"no listener             {alone:6.0f} commits/s")
    print(f"100 who hear nothing    {idle:6.0f} commits/s")
    print(f"100 who hear 50 a second{hearing:6.0f} commits/s")
    verdict("commits with 100 listeners who hear nothing ÷ without", idle / alone, least=0.95)
    verdict("commits with 100 listeners who hear 50 events a second ÷ without", hearing / alone, least=0.95)


if __name__ == "__main__":
    run(main)
