"""What these tests do in the city: look by SQL, call as somebody, and check what must hold at any time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from service.access.tokens import Tokens
from service.db.base import new_id, utcnow
from service.db.engine import Sessions
from service.demo.playbooks import EMERGENCY_RESPONSE
from service.dispatch.engine.playbook import columns
from service.dispatch.engine.problem import Mode
from service.settings import Settings
from service.tasks.commands.playbooks import add_playbook

CHIKAN = {"lon": 110.36, "lat": 21.27, "crs": "CGCS2000"}
"""In the town 中山街道 of the county 赤坎区."""
Headers = dict[str, str]

NEVER = {
    "members with two pending offers": """
        SELECT member_id FROM offer WHERE state = 'pending' GROUP BY member_id HAVING count(*) > 1""",
    "members with two live engagements": """
        SELECT member_id FROM engagement WHERE state IN ('accepted', 'en_route', 'on_scene')
        GROUP BY member_id HAVING count(*) > 1""",
    "members asked while engaged by something that goes before, or goes equal": """
        SELECT member_id FROM offer o JOIN engagement e USING (member_id)
        WHERE o.state = 'pending' AND e.state IN ('accepted', 'en_route', 'on_scene')
        AND array_position('{drill,normal,emergency}', e.precedence)
            >= array_position('{drill,normal,emergency}', o.precedence)""",
    "seats for which a batch asks two at once": """
        SELECT o.seat_id FROM offer o JOIN wave w ON w.id = o.wave_id
        WHERE o.state = 'pending' AND w.batch_id IS NOT NULL GROUP BY o.seat_id HAVING count(*) > 1""",
    "tasks that a batch serves twice": """
        SELECT task_id FROM wave WHERE batch_id IS NOT NULL GROUP BY task_id, batch_id HAVING count(*) > 1""",
    "members whom a batch asks twice": """
        SELECT o.member_id FROM offer o JOIN wave w ON w.id = o.wave_id
        WHERE w.batch_id IS NOT NULL GROUP BY o.member_id, w.batch_id HAVING count(*) > 1""",
    "waves whose ledger does not add up": """
        SELECT w.id FROM wave w WHERE w.trigger <> 'chosen' AND w.people <> jsonb_array_length(w.chosen)
            + (SELECT coalesce(sum(value::int), 0) FROM jsonb_each_text(w.counts))""",
    "ended tasks that wait for a wave": """
        SELECT id FROM task WHERE queued_for IS NOT NULL AND state NOT IN ('open', 'staffed', 'under_way')
        AND NOT EXISTS (SELECT 1 FROM timer WHERE kind IN ('city.match', 'task.seek'))""",
    "seats with two live engagements": """
        SELECT seat_id FROM engagement WHERE state IN ('accepted', 'en_route', 'on_scene')
        GROUP BY seat_id HAVING count(*) > 1""",
    "engagements without a yes": """
        SELECT e.id FROM engagement e JOIN offer o ON o.id = e.offer_id
        WHERE o.answer IS DISTINCT FROM 'yes' OR o.member_id <> e.member_id OR o.task_id <> e.task_id""",
    "ended tasks with something under way": """
        SELECT t.id FROM task t WHERE t.state IN ('closed', 'cancelled', 'expired') AND (
            EXISTS (SELECT 1 FROM offer o WHERE o.task_id = t.id AND o.state = 'pending')
            OR EXISTS (SELECT 1 FROM engagement e WHERE e.task_id = t.id
                       AND e.state IN ('accepted', 'en_route', 'on_scene')))""",
    "full tasks that still ask": """
        SELECT o.id FROM offer o WHERE o.state = 'pending' AND NOT EXISTS (
            SELECT 1 FROM seat s WHERE s.task_id = o.task_id AND s.dropped_at IS NULL AND NOT EXISTS (
                SELECT 1 FROM engagement e WHERE e.seat_id = s.id
                AND e.state IN ('accepted', 'en_route', 'on_scene', 'released')))""",
    "tasks whose state is not that of their seats": """
        SELECT t.id FROM task t WHERE (t.state = 'open') <> EXISTS (
            SELECT 1 FROM seat s WHERE s.task_id = t.id AND s.dropped_at IS NULL AND NOT EXISTS (
                SELECT 1 FROM engagement e WHERE e.seat_id = s.id
                AND e.state IN ('accepted', 'en_route', 'on_scene', 'released')))
        AND t.state IN ('open', 'staffed', 'under_way')""",
    "waves that lack an offer of their ledger": """
        SELECT w.id FROM wave w LEFT JOIN offer o ON o.wave_id = w.id
        GROUP BY w.id, w.chosen HAVING count(o.id) <> jsonb_array_length(w.chosen)""",
    "tasks of which a wave widened twice": """
        SELECT task_id FROM wave w LEFT JOIN timer t ON t.kind = 'wave.due' AND t.subject_id = w.id
        GROUP BY task_id HAVING count(t.id) + count(*) FILTER (WHERE w.trigger = 'unanswered') > count(*)""",
    "tasks whose waves are not numbered one by one": """
        SELECT task_id FROM wave GROUP BY task_id HAVING max(number) <> count(*)""",
}
"""What no state of the database may show, whatever was going on: SQL that finds nothing."""


class Look:
    """A test's own eyes on the database."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection

    async def rows(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """All rows."""
        return list(await self.connection.fetch(sql, *values))

    async def value(self, sql: str, *values: Any) -> Any:
        """The first value of the first row."""
        return await self.connection.fetchval(sql, *values)

    async def column(self, sql: str, *values: Any) -> list[Any]:
        """The first value of each row."""
        return [row[0] for row in await self.connection.fetch(sql, *values)]

    async def check(self) -> None:
        """Nothing of what must never be is there."""
        wrong = {what: found for what, sql in NEVER.items() if (found := await self.rows(sql))}
        assert not wrong


class Callers:
    """Headers of the dispatcher and of each member's phone, with tokens signed as the service signs them."""

    def __init__(self, dispatcher: Headers, phones: dict[str, Headers]) -> None:
        self.dispatcher = dispatcher
        self.phones = phones


async def log_in(look: Look, settings: Settings, at: datetime) -> Callers:
    """A token for each enrolled phone, and for the dispatcher of the whole city in a session of its own."""
    tokens = Tokens(settings)

    def headers(account_id: UUID, device_id: UUID) -> Headers:
        return {"Authorization": f"Bearer {tokens.issue(account_id, device_id, at)}"}

    dispatcher = await look.value("SELECT id FROM account WHERE username = 'demo-dispatcher'")
    session = new_id()
    await look.connection.execute(
        "INSERT INTO device (id, account_id, kind, name, token_hash, created_at)"
        " VALUES ($1, $2, 'session', 'test', $3, $4)",
        session,
        dispatcher,
        session.bytes * 2,
        at,
    )
    phones = await look.rows(
        "SELECT a.member_id, a.id AS account_id, d.id AS device_id"
        " FROM account a JOIN device d ON d.account_id = a.id WHERE a.member_id IS NOT NULL"
    )
    return Callers(
        headers(dispatcher, session),
        {str(row["member_id"]): headers(row["account_id"], row["device_id"]) for row in phones},
    )


async def set_emergency_playbook(sessions: Sessions, **changes: Any) -> None:
    """Put the next version of the emergency playbook in force, with these parameters of an emergency changed."""
    sections = dict(EMERGENCY_RESPONSE.sections)
    sections[Mode.EMERGENCY] = replace(sections[Mode.EMERGENCY], **changes)
    async with sessions.begin() as session:
        draft = replace(EMERGENCY_RESPONSE, sections=sections)
        await add_playbook(session, EMERGENCY_RESPONSE.category, **columns(draft), now=utcnow())


def task_body(title: str = "爆管抢险", *, seats: int = 3, **changes: Any) -> dict[str, Any]:
    """An emergency in Chikan, changed as a test wants."""
    return {
        "category": EMERGENCY_RESPONSE.category,
        "title": title,
        "urgency": "critical",
        "location": CHIKAN,
        "seats": [{"skills": [], "count": seats}],
    } | changes


async def post_task(
    client: httpx.AsyncClient, callers: Callers, title: str = "爆管抢险", **changes: Any
) -> dict[str, Any]:
    """Post an emergency; gives the 201's body."""
    body = task_body(title, **changes)
    answer = await client.post("/api/v1/tasks", json=body, headers=callers.dispatcher)
    assert answer.status_code == 201, answer.text
    task: dict[str, Any] = answer.json()
    return task


async def answer_offer(
    client: httpx.AsyncClient, callers: Callers, offer: dict[str, Any], word: str
) -> httpx.Response:
    """Have a member say `accept` or `decline`."""
    headers = callers.phones[str(offer["member_id"])]
    return await client.post(f"/api/v1/offers/{offer['id']}/{word}", headers=headers)


def offers_of(task: dict[str, Any]) -> list[dict[str, Any]]:
    """All offers of a task as it is read over REST."""
    return [offer for wave in task["waves"] for offer in wave["offers"]]


@asynccontextmanager
async def held(database_url: str, task_id: str) -> AsyncIterator[None]:
    """Lock a task from outside: whoever works on it waits meanwhile."""
    connection = await asyncpg.connect(database_url)
    holding = connection.transaction()
    await holding.start()
    try:
        await connection.execute(
            "SELECT 1 FROM city_440800.task WHERE id = $1::text::uuid FOR UPDATE", task_id
        )
        yield
    finally:
        await holding.rollback()
        await connection.close()
