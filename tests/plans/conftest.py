"""A city grown large: the reference city with 200,000 more members, their past, and as many more grids, analysed."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import text

from service.db.engine import make_engine, make_sessions
from service.settings import Settings
from tests.conftest import NOON, url_of

MORE = 200_000

GROW = (
    # Copies of valid rows need no checking; checking each would take longer than writing it.
    "SET LOCAL session_replication_role = replica",
    "SET LOCAL statement_timeout = 0",
    # Members like those that there are, on duty like them, present where they are or at home.
    f"""
    CREATE TEMP TABLE grown AS
    SELECT gen_random_uuid() AS id, 'G' || n AS number, m.id AS like_id
    FROM generate_series(1, {MORE}) n
    JOIN (SELECT id, row_number() OVER (ORDER BY number) AS rank FROM member) m
      ON m.rank = 1 + n % (SELECT count(*) FROM member)
    """,
    """
    INSERT INTO member SELECT g.id, g.number, m.name, m.unit_id, m.home_grid_id, m.home, m.tier, m.active,
                              m.opted_out, m.created_at
    FROM grown g JOIN member m ON m.id = g.like_id
    """,
    """
    INSERT INTO duty_slot SELECT g.id, d.weekday, d.from_minute, d.to_minute
    FROM grown g JOIN duty_slot d ON d.member_id = g.like_id AND d.weekday = 2
    """,
    # Each third has something said of the day.
    f"""
    INSERT INTO duty_exception SELECT id, date '{NOON:%Y-%m-%d}', 600, 720, number LIKE '%6'
    FROM grown WHERE number ~ '[369]$'
    """,
    """
    INSERT INTO presence SELECT g.id, p.at, p.location, p.accuracy_m, p.grid_id, p.tracked_until
    FROM grown g JOIN presence p ON p.member_id = g.like_id
    """,
    # Each was asked twice and went once, and a tenth have limits; tasks and waves are nobody's concern here.
    f"""
    INSERT INTO offer
    SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), g.id, 'normal',
           CASE nth WHEN 1 THEN 'accepted' ELSE 'expired' END, 5, 0.4, at, at + interval '3 minutes',
           CASE nth WHEN 1 THEN 'yes' END, CASE nth WHEN 1 THEN at END, at + interval '3 minutes', NULL
    FROM grown g CROSS JOIN generate_series(1, 2) nth
    CROSS JOIN LATERAL (SELECT timestamptz '{NOON}' - nth * interval '20 days' AS at) asked
    """,
    """
    INSERT INTO engagement
    SELECT gen_random_uuid(), task_id, seat_id, member_id, id, precedence, 'released', created_at,
           created_at + interval '10 minutes', created_at, created_at + interval '9 minutes',
           created_at + interval '2 hours', NULL, created_at + interval '14 hours', 'community'
    FROM offer WHERE answer = 'yes'
    """,
    "INSERT INTO member_limits SELECT id, 12, 1260, 480, '{}' FROM grown WHERE number LIKE '%0'",
    # A lattice of small party grids: a map two hundred thousand strong.
    f"""
    CREATE TEMP TABLE lattice AS
    SELECT gen_random_uuid() AS id, n, 109.6 + (n % 500) * 0.002 AS x, 20.2 + (n / 500) * 0.003 AS y
    FROM generate_series(1, {MORE}) n
    """,
    "INSERT INTO grid SELECT id, 'party', 'X' || n, NULL, NULL FROM lattice",
    """
    INSERT INTO grid_version
    SELECT gen_random_uuid(), id, now() - interval '1 day', NULL, 'X' || n, NULL,
           (SELECT min(code) FROM unit), false, ST_Multi(ST_MakeEnvelope(x, y, x + 0.002, y + 0.003, 4490)), 1, true
    FROM lattice
    """,
    "ANALYZE",
)


async def grow(settings: Settings) -> None:
    """Fill the clone of the city."""
    engine = make_engine(settings)
    async with make_sessions(engine).begin() as session:
        for statement in GROW:
            await session.execute(text(statement))
    await engine.dispose()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def large_database(databases, city_template) -> AsyncIterator[str]:
    """The large city, built once a run; nobody commits to it."""
    yield url_of(await databases.template("large", grow, city_template))


@pytest.fixture
def shared_database(large_database) -> str:
    """Tests here roll back on the large city."""
    return large_database
