"""The reference city among many like it: a map of 100,000 leaf grids, and 1,000,000 members.

Fifty copies of its map stand beside it on its own latitude, 1.6 degrees apart, each with units of its own; their ground
is as cut up as the city's. The city keeps its 2,000 members, so that a post in it meets as many people as it does
without the copies; the copies share the others, ten times as close together. Each member, of the city too, has one
answer and one engagement behind them.

Rows are copied by the database with their keys' checks off: the copies of valid rows need no checking.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

COPIES = 50
STEP_DEGREES = 1.6
"""The city is 1.3 degrees wide."""
MEMBERS = 1_000_000

COPY = """
    CREATE TEMP TABLE copy AS
    SELECT n, CASE WHEN n % 2 = 0 THEN n / 2 ELSE -(n + 1) / 2 END * {step} AS dx, (5000 + n)::text AS code
    FROM generate_series(1, {copies}) n
"""
"""Half to the west and half to the east: the city stays in the middle, where the plane of distances is true."""
ID = "md5({id}::text || '-' || c.n)::uuid"
"""Of a copied row: the same wherever it is named."""
CODE = "CASE WHEN {code} LIKE '4408%' THEN c.code || substr({code}, 5) ELSE 'C' || c.n || '-' || {code} END"


def copy_id(name: str) -> str:
    """The id of a copy's row."""
    return ID.format(id=name)


def copy_code(name: str) -> str:
    """The code of a copy's grid or unit."""
    return CODE.format(code=name)


MAP = (
    f"""
    INSERT INTO grid SELECT {copy_id("g.id")}, g.layer, {copy_code("g.code")}, g.level,
        CASE WHEN g.parent_id IS NOT NULL THEN {copy_id("g.parent_id")} END
    FROM grid g CROSS JOIN copy c
    """,
    f"""
    INSERT INTO grid_version
        (id, grid_id, valid_from, valid_to, name, name_en, unit_code, leaf, geom, area_m2, invented)
    SELECT {copy_id("v.id")}, {copy_id("v.grid_id")}, v.valid_from, v.valid_to, v.name, v.name_en,
        {copy_code("v.unit_code")}, v.leaf, ST_Translate(v.geom, c.dx, 0), v.area_m2, true
    FROM grid_version v CROSS JOIN copy c
    """,
    f"""
    INSERT INTO overlay (governance_grid_id, party_grid_id, area_m2, governance_share, party_share, geom)
    SELECT {copy_id("o.governance_grid_id")}, {copy_id("o.party_grid_id")}, o.area_m2, o.governance_share,
        o.party_share, ST_Translate(o.geom, c.dx, 0)
    FROM overlay o CROSS JOIN copy c
    """,
    f"""
    INSERT INTO crossing (id, grid_a_id, grid_b_id, location)
    SELECT {copy_id("x.id")}, least(a, b), greatest(a, b), ST_Translate(x.location, c.dx, 0)
    FROM crossing x CROSS JOIN copy c
    CROSS JOIN LATERAL (SELECT {copy_id("x.grid_a_id")} AS a, {copy_id("x.grid_b_id")} AS b) ends
    """,
    f"""
    INSERT INTO unit (id, code, name, name_en, kind, office, office_grid_id, invented)
    SELECT {copy_id("u.id")}, {copy_code("u.code")}, u.name, u.name_en, u.kind, ST_Translate(u.office, c.dx, 0),
        {copy_id("u.office_grid_id")}, true
    FROM unit u CROSS JOIN copy c
    """,
)

MORE = """
    CREATE TEMP TABLE more AS
    SELECT gen_random_uuid() AS id, 'G' || i AS number, m.id AS like_id, c.n, c.dx
    FROM (
        SELECT i, 1 + i % CAST(:have AS int) AS rank, 1 + i / CAST(:have AS int) % CAST(:copies AS int) AS n
        FROM generate_series(1, CAST(:more AS int)) i
    ) each
    JOIN (SELECT id, row_number() OVER (ORDER BY number) AS rank FROM member) m ON m.rank = each.rank
    JOIN copy c ON c.n = each.n
"""
"""So many like each of the city's members in each copy, until there are enough."""

PEOPLE = (
    f"""
    INSERT INTO member (id, number, name, unit_id, home_grid_id, home, tier, active, opted_out, created_at)
    SELECT c.id, c.number, m.name, {copy_id("m.unit_id")}, {copy_id("m.home_grid_id")},
        ST_Translate(m.home, c.dx, 0), m.tier, m.active, m.opted_out, m.created_at
    FROM more c JOIN member m ON m.id = c.like_id
    """,
    """
    INSERT INTO duty_slot SELECT c.id, d.weekday, d.from_minute, d.to_minute
    FROM more c JOIN duty_slot d ON d.member_id = c.like_id
    WHERE d.weekday = extract(isodow FROM now() AT TIME ZONE 'Asia/Shanghai')::int - 1
    """,
    """
    INSERT INTO member_skill SELECT c.id, s.skill_code, s.expires_on
    FROM more c JOIN member_skill s ON s.member_id = c.like_id
    """,
    f"""
    INSERT INTO presence (member_id, at, location, accuracy_m, grid_id)
    SELECT c.id, p.at, ST_Translate(p.location, c.dx, 0), p.accuracy_m, {copy_id("p.grid_id")}
    FROM more c JOIN presence p ON p.member_id = c.like_id
    """,
)

PAST = (
    """
    INSERT INTO offer (id, task_id, wave_id, seat_id, member_id, precedence, state, travel_minutes, acceptance,
        created_at, expires_at, answer, answered_at, ended_at)
    SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), id, 'normal', 'accepted', 5, 0.4,
        at, at + interval '3 minutes', 'yes', at, at + interval '1 minute'
    FROM member CROSS JOIN LATERAL (SELECT now() - interval '20 days' AS at) asked
    """,
    """
    INSERT INTO engagement (id, task_id, seat_id, member_id, offer_id, precedence, state, accepted_at, move_by,
        en_route_at, on_scene_at, ended_at, rest_until, counted_for)
    SELECT gen_random_uuid(), task_id, seat_id, member_id, id, precedence, 'released', created_at,
        created_at + interval '10 minutes', created_at, created_at + interval '9 minutes',
        created_at + interval '2 hours', created_at + interval '14 hours', 'community'
    FROM offer
    """,
)


FILLED = (
    "grid",
    "grid_version",
    "overlay",
    "crossing",
    "member",
    "duty_slot",
    "presence",
    "offer",
    "engagement",
)
INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE schemaname = current_schema() AND tablename = ANY(:tables) AND indexname LIKE 'ix_%'
"""


async def add_past(session: AsyncSession) -> None:
    """One answer and one engagement for each member."""
    await session.execute(text("SET LOCAL session_replication_role = replica"))
    for statement in PAST:
        await session.execute(text(statement))


async def grow(session: AsyncSession, members: int = MEMBERS, copies: int = COPIES) -> None:
    """Put the copies beside the city, with members until there are so many; the map has a new edition."""
    for setting in ("session_replication_role = replica", "maintenance_work_mem = '256MB'"):
        await session.execute(text(f"SET LOCAL {setting}"))
    # Made anew afterwards, which takes a fraction of the time that keeping them up takes.
    indexes = (await session.execute(text(INDEXES), {"tables": list(FILLED)})).all()
    for name, _ in indexes:
        await session.execute(text(f"DROP INDEX {name}"))
    await session.execute(text(COPY.format(step=STEP_DEGREES, copies=copies)))
    for statement in MAP:
        await session.execute(text(statement))
    have = await session.scalar(text("SELECT count(*) FROM member")) or 0
    await session.execute(text(MORE), {"have": have, "more": members - have, "copies": copies})
    for statement in PEOPLE:
        await session.execute(text(statement))
    await add_past(session)
    for _, definition in indexes:
        await session.execute(text(definition))
    await session.execute(text("UPDATE edition SET number = number + 1"))
