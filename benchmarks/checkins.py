"""Durable check-ins over HTTP, against pgbench doing the same INSERT and UPDATE row by row.

    VANGUARD_TEST_DATABASE_URL=postgresql://… python -m benchmarks.checkins [--clients 160 …] [--seconds 10]
        [--rounds 3] [--pgbench /usr/lib/postgresql/15/bin/pgbench]

In a database of its own, with the demo city: one `vanguard serve --port …`, as deploy/up starts it, with its settings
but for the lifetime of tokens; and its clients in one process of their own (benchmarks/clients.py), one check-in a
request, one request at a time on each connection. Both sides write the same tables, with as many clients, fsync and
synchronous_commit on; each round runs both, and ratios are medians over the rounds. Server, clients, pgbench and
PostgreSQL share the machine's cores. The same route without the database is the application with a batcher that says
`stored` and writes nothing. Before all that, 2,000 members check in within 10 s, each for the first time of the shift
and on a connection of their own, while a dispatcher posts tasks of a drill; and the tasks are posted without them.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import perf_counter
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from benchmarks.measure import heading, scratch, server_versions, unhurried, verdict
from benchmarks.serving import served
from service.access.tokens import Tokens
from service.db.base import new_id, utcnow
from service.db.engine import make_engine, make_sessions
from service.demo.city import build_city
from service.demo.store import store
from service.roster.checkins.commands.partitions import make_partitions
from service.settings import Settings

MEMBERS = 2000
TASKS = 40
PAUSE_S = 0.24
DRILL_S = 10.0
KEY = "k" * 43
WRITE = """
\\set n random(1, {members})
\\set east random(0, 100)
BEGIN;
INSERT INTO checkin (at, id, member_id, received_at, lon, lat, accuracy_m, grid_id, marks, how)
VALUES (now(), gen_random_uuid(), ('00000000-0000-0000-0000-' || lpad(:n::text, 12, '0'))::uuid, now(),
    110.36 + :east / 1e6, 21.27, 12.5, '{grid}', '{{}}', NULL);
UPDATE presence SET at = now(), location = ST_SetSRID(ST_MakePoint(110.36 + :east / 1e6, 21.27), 4490),
    accuracy_m = 12.5, grid_id = '{grid}', crs = 'WGS84', coarse = false, marks = '{{}}'
WHERE member_id = ('00000000-0000-0000-0000-' || lpad(:n::text, 12, '0'))::uuid;
COMMIT;
"""
"""What pgbench does for each check-in. Its members' ids are made of numbers, so that it need not look them up; nobody
goes farther than a phone is inaccurate."""
ADD_MEMBERS = """
    INSERT INTO member (id, number, name, unit_id, home_grid_id, home, tier, active, opted_out, created_at)
    SELECT ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, 'B' || n, '虚构队员', m.unit_id,
        m.home_grid_id, m.home, 'normal', true, '{}', now()
    FROM (SELECT * FROM member ORDER BY id LIMIT 1) m CROSS JOIN generate_series(1, $1::int) n
"""
ADD_ACCOUNTS = """
    INSERT INTO account (id, username, display_name, roles, areas, units, member_id, active, created_at)
    SELECT id, 'b-' || id, '虚构队员', '{member}', '{}', '{}', id, true, now() FROM member WHERE number ~ '^B[0-9]+$'
"""
ADD_DEVICES = """
    INSERT INTO device (id, account_id, kind, name, token_hash, created_at)
    SELECT id, id, 'phone', 'benchmark', uuid_send(id) || uuid_send(id), now() FROM member WHERE number ~ '^B[0-9]+$'
"""
ADD_PRESENCES = """
    INSERT INTO presence (member_id, at, location, accuracy_m, grid_id)
    SELECT id, now() - interval '1 hour', home, 10, home_grid_id FROM member WHERE number ~ '^B[0-9]+$'
"""
ALL_ON_DUTY = """
    INSERT INTO duty_switch (member_id, state, set_at) SELECT id, 'on', now() FROM member
    ON CONFLICT (member_id) DO UPDATE SET state = 'on', until = NULL
"""


async def output_of(*command: str, stdin: str = "", **environment: str) -> str:
    """What a command prints. Exits when it fails."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env=os.environ | environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(stdin.encode())
    if process.returncode:
        sys.exit(f"{command[0]}: {err.decode()[-2000:]}")
    return out.decode()


async def http(port: int, clients: int, seconds: float, phones: Sequence[str], *more: str) -> dict[str, Any]:
    """Check in over HTTP for some seconds."""
    arguments = ("-m", "benchmarks.clients", str(port), str(clients), str(seconds), *more)
    found: dict[str, Any] = json.loads(await output_of(sys.executable, *arguments, stdin="\n".join(phones)))
    if found["others"]:
        print("  not stored:", found["others"])
    return found


async def row_by_row(pgbench: str, script: str, settings: Settings, clients: int, seconds: float) -> float:
    """pgbench's transactions a second."""
    said = await output_of(
        pgbench,
        *("-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", f"{seconds:.0f}", "-f", script),
        settings.database_url,
        PGOPTIONS=f"-c search_path={settings.schema_name},public -c jit=off",
    )
    found = re.search(r"tps = ([\d.]+)", said)
    return float(found[1]) if found else 0.0


def token_for(settings: Settings, account: UUID, device: UUID) -> str:
    """An Authorization header."""
    return f"Bearer {Tokens(settings).issue(account, device, utcnow())}"


def phones_of(settings: Settings, rows: Sequence[Any]) -> list[str]:
    """Phones as `benchmarks.clients` reads them, of (account, device, longitude, latitude)."""
    issuer = Tokens(settings)
    return [
        f"Bearer {issuer.issue(account, device, utcnow())}\t{lon}\t{lat}"
        for account, device, lon, lat in rows
    ]


async def post_tasks(port: int, dispatcher: str, count: int) -> list[float]:
    """Post emergencies of a drill one after the other, each called off at once; milliseconds of each."""
    times = []
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}/api/v1", headers={"Authorization": dispatcher}, trust_env=False
    ) as client:
        for number in range(count):
            body = {
                "category": "emergency_response",
                "title": f"演练 {number}",
                "urgency": "critical",
                "location": {"lon": 110.36 + number % 7 / 500, "lat": 21.27, "crs": "CGCS2000"},
                "seats": [{"skills": [], "count": 3}],
                "drill": True,
            }
            began = perf_counter()
            answer = await client.post("/tasks", json=body)
            times.append((perf_counter() - began) * 1000)
            answer.raise_for_status()
            (await client.post(f"/tasks/{answer.json()['id']}/cancel")).raise_for_status()
            await asyncio.sleep(PAUSE_S)
    return times


async def drill(port: int, settings: Settings, connection: asyncpg.Connection) -> None:
    """2,000 members check in within 10 s while tasks are posted, and tasks alone before."""
    dispatcher = await connection.fetchval("SELECT id FROM account WHERE username = 'demo-dispatcher'")
    device = new_id()
    await connection.execute(
        "INSERT INTO device (id, account_id, kind, name, token_hash, created_at)"
        " VALUES ($1, $2, 'session', 'benchmark', $3, now())",
        device,
        dispatcher,
        device.bytes * 2,
    )
    # Where they are: at their units' offices, or at home.
    phones = await connection.fetch(
        "SELECT a.id, d.id, ST_X(place), ST_Y(place) FROM account a JOIN device d ON d.account_id = a.id"
        " JOIN member m ON m.id = a.member_id JOIN unit u ON u.id = m.unit_id"
        " CROSS JOIN LATERAL (SELECT CASE WHEN random() < 0.5 THEN u.office ELSE m.home END AS place) p"
        " ORDER BY a.id LIMIT $1",
        MEMBERS,
    )
    token = token_for(settings, dispatcher, device)
    members = phones_of(settings, phones)
    await post_tasks(port, token, 5)
    alone = await post_tasks(port, token, TASKS)
    (beside, found) = await asyncio.gather(
        post_tasks(port, token, TASKS), http(port, 0, DRILL_S, members, "--spread")
    )
    stored = await connection.fetchval("SELECT count(*) FROM checkin")
    print(f"\n{len(members)} members check in within {found['seconds']:.1f} s, tasks are posted meanwhile")
    print(
        f"  stored {found['stored']}, in the table {stored}; p50 {found['p50']:.1f} ms, p99 {found['p99']:.1f} ms"
    )
    before, during = statistics.median(alone), statistics.median(beside)
    print(f"  POST /tasks: p50 {before:.1f} ms alone, {during:.1f} ms beside them")
    verdict("POST /tasks beside them ÷ alone", during / before, most=1.5)


async def benchmark(crowds: Sequence[int], seconds: float, rounds: int, pgbench: str) -> None:
    """All of it."""
    heading("Durable check-ins over HTTP against pgbench row by row")
    async with scratch() as made:
        settings = Settings(
            database_url=made.database_url, home=made.home, token_key=KEY, access_token_minutes=600
        )
        engine, city = make_engine(settings), build_city()
        async with make_sessions(engine).begin() as session:
            print(await server_versions(session))
            await unhurried(session)
            await store(session, city, settings, utcnow())
            await make_partitions(session, utcnow())
        await engine.dispose()
        connection = await asyncpg.connect(
            settings.database_url, server_settings={"search_path": f"{settings.schema_name},public"}
        )
        for name in ("fsync", "synchronous_commit"):
            print(f"{name} {await connection.fetchval(f'SHOW {name}')}", end=" ")
        await connection.execute(ALL_ON_DUTY)
        async with served(settings) as port:
            await drill(port, settings, connection)
            for statement in (ADD_MEMBERS, ADD_ACCOUNTS, ADD_DEVICES, ADD_PRESENCES, ALL_ON_DUTY):
                await connection.execute(statement, *([MEMBERS] if statement is ADD_MEMBERS else []))
            await connection.execute("VACUUM ANALYZE")
            rows = await connection.fetch(
                "SELECT id, id, 110.36 + random() / 10000, 21.27 + random() / 10000 FROM member"
                " WHERE number ~ '^B[0-9]+$' ORDER BY id"
            )
            phones = phones_of(settings, rows)
            grid = await connection.fetchval("SELECT grid_id FROM presence LIMIT 1")
            with NamedTemporaryFile("w", suffix=".sql") as script:
                script.write(WRITE.format(members=MEMBERS, grid=grid))
                script.flush()
                found = {
                    clients: [
                        await round_of(
                            pgbench, script.name, settings, connection, port, clients, seconds, phones
                        )
                        for _ in range(rounds)
                    ]
                    for clients in crowds
                }
        async with served(settings, "-m", "benchmarks.bare") as port:
            bare = {
                clients: [await http(port, clients, seconds, phones) for _ in range(rounds)]
                for clients in crowds
            }
        await connection.close()
    for clients in crowds:
        print(f"\n{clients} clients, {rounds} rounds of {seconds:.0f} s, one check-in a request; medians")
        report(found[clients], bare[clients])


async def round_of(
    pgbench: str,
    script: str,
    settings: Settings,
    connection: asyncpg.Connection,
    port: int,
    clients: int,
    seconds: float,
    phones: Sequence[str],
) -> tuple[float, dict[str, Any]]:
    """Both sides, one after the other."""
    await connection.execute("CHECKPOINT")
    rate = await row_by_row(pgbench, script, settings, clients, seconds)
    await connection.execute("CHECKPOINT")
    return rate, await http(port, clients, seconds, phones)


def report(found: Sequence[tuple[float, dict[str, Any]]], bare: Sequence[dict[str, Any]]) -> None:
    """The table."""

    def middle(name: str, of: Sequence[dict[str, Any]]) -> float:
        return statistics.median(each[name] for each in of)

    over_http = [each for _, each in found]
    without = middle("per_second", bare)
    print(f"  {'':32}{'a second':>10}{'p50 ms':>9}{'p99 ms':>9}")
    print(f"  {'pgbench, row by row':32}{statistics.median(rate for rate, _ in found):10.0f}")
    for name, of in (("POST /checkins, durable", over_http), ("the same without the database", bare)):
        print(f"  {name:32}{middle('per_second', of):10.0f}{middle('p50', of):9.1f}{middle('p99', of):9.1f}")
    ratios = [each["per_second"] / rate for rate, each in found]
    print(f"  durable ÷ pgbench, round by round: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
    verdict("durable ÷ pgbench", statistics.median(ratios), least=1.5)
    verdict("durable ÷ without the database", middle("per_second", over_http) / without)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, nargs="+", default=[160])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pgbench", default="/usr/lib/postgresql/15/bin/pgbench")
    options = parser.parse_args()
    if not Path(options.pgbench).exists():
        sys.exit(f"{options.pgbench} is not there: name pgbench with --pgbench.")
    asyncio.run(benchmark(options.clients, options.seconds, options.rounds, options.pgbench))
