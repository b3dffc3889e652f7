"""A request that lost to a concurrent one runs again, whole; what fails at COMMIT was never a success."""

import httpx
import pytest
from sqlalchemy import text

from service.access.tokens import Tokens
from service.db.base import new_id
from service.db.engine import make_engine, make_sessions
from service.settings import Settings
from tests.web.conftest import probing

DEFERRED = {
    "probe_unique": "CREATE TABLE probe_unique (x int UNIQUE DEFERRABLE INITIALLY DEFERRED)",
    "probe_foreign": "CREATE TABLE probe_foreign (x int REFERENCES probe_key DEFERRABLE INITIALLY DEFERRED)",
}


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "23505", "23P01"])
async def test_twice_lost_and_then_done_once(probe, session, count_effects, sqlstate):
    answer = await probe.post(f"/probe/fails/{sqlstate}/2")
    assert answer.status_code == 200
    assert answer.json() == {"tries": 3}
    assert await count_effects(session) == 1


async def test_three_times_lost_is_a_503(probe, session, count_effects):
    answer = await probe.post("/probe/fails/40001/3")
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/try-again"
    assert probe.state.tries == 3
    assert await count_effects(session) == 0


async def test_another_database_error_is_not_tried_again_and_tells_nothing(probe, session, count_effects):
    answer = await probe.post("/probe/fails/23514/1")
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/internal"
    assert "secret" not in answer.text
    assert probe.state.tries == 1
    assert await count_effects(session) == 0


@pytest.mark.parametrize(("table", "status", "tries"), [("probe_unique", 503, 3), ("probe_foreign", 500, 1)])
async def test_what_fails_at_commit_is_no_success(
    fresh_probe, fresh_sessions, count_effects, table, status, tries
):
    async with fresh_sessions.begin() as session:
        await session.execute(text("CREATE TABLE probe_key (x int PRIMARY KEY)"))
        await session.execute(text(DEFERRED[table]))
        if table == "probe_unique":
            await session.execute(text("INSERT INTO probe_unique VALUES (1)"))
    answer = await fresh_probe.post(f"/probe/commit-fails/{table}")
    assert answer.status_code == status
    assert fresh_probe.state.tries == tries
    async with fresh_sessions() as session:
        assert await count_effects(session) == 0


async def test_a_connection_that_is_cut_is_a_503(fresh_probe):
    answer = await fresh_probe.post("/probe/killed")
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/database-unavailable"
    assert (await fresh_probe.post("/probe/fails/40001/0")).status_code == 200, "the pool has a new one"


async def test_a_database_that_does_not_answer_is_a_503(tmp_path, clock):
    settings = Settings(
        database_url="postgresql://nobody@127.0.0.1:1/none", home=tmp_path, token_key="k" * 43
    )
    engine = make_engine(settings)
    token = Tokens(settings).issue(new_id(), new_id(), clock.at)
    async with probing(settings, make_sessions(engine), clock) as probe:
        answer: httpx.Response = await probe.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/database-unavailable"
    await engine.dispose()
