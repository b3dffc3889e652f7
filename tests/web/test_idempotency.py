"""The same key and body: one effect, one answer."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from service.web.idempotency import forget_old
from service.web.models import KeptAnswer

PATH = "/probe/things"
BODY = {"name": "水泵"}


@pytest.fixture
async def keyed(login):
    """Headers of somebody with a key."""
    return await login("gis") | {"Idempotency-Key": "7f0c-1"}


async def test_a_repeat_gets_the_same_answer_and_does_nothing(probe, session, keyed, count_effects):
    first = await probe.post(PATH, headers=keyed, json=BODY)
    again = await probe.post(PATH, headers=keyed, json=BODY)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first.json() == {"name": "水泵", "made_before": 0}
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert await count_effects(session) == 1


async def test_a_repeat_leaves_no_second_audit_entry(probe, client, keyed, login):
    for _ in range(2):
        await probe.post(PATH, headers=keyed, json=BODY)
    entries = (await client.get("/api/v1/audit", headers=await login("auditor"))).json()["items"]
    assert [each["subject"] for each in entries] == ["POST /probe/things"]


async def test_without_a_key_each_request_counts(probe, session, login, count_effects):
    headers = await login("gis")
    for _ in range(2):
        assert (await probe.post(PATH, headers=headers, json=BODY)).status_code == 201
    assert await count_effects(session) == 2


async def test_an_empty_answer_is_replayed_empty(probe, session, keyed, count_effects):
    for _ in range(2):
        answer = await probe.post("/probe/nothing", headers=keyed)
        assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["idempotent-replayed"] == "true"
    assert await count_effects(session) == 1


async def test_another_body_is_told_so(probe, session, keyed, count_effects):
    await probe.post(PATH, headers=keyed, json=BODY)
    other = await probe.post(PATH, headers=keyed, json={"name": "别的"})
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/idempotency-key-reused"
    assert await count_effects(session) == 1


async def test_a_key_belongs_to_one_account_and_one_route(probe, session, keyed, login, count_effects):
    await probe.post(PATH, headers=keyed, json=BODY)
    theirs = await login("gis") | {"Idempotency-Key": keyed["Idempotency-Key"]}
    assert "idempotent-replayed" not in (await probe.post(PATH, headers=theirs, json=BODY)).headers
    assert "idempotent-replayed" not in (await probe.post("/probe/nothing", headers=keyed)).headers
    assert await count_effects(session) == 3


async def test_a_refused_request_keeps_no_key_and_no_effect(probe, session, keyed, count_effects):
    probe.state.refuse = True
    assert (await probe.post(PATH, headers=keyed, json=BODY)).status_code == 409
    assert await session.scalar(select(func.count()).select_from(KeptAnswer)) == 0
    assert await count_effects(session) == 0
    probe.state.refuse = False
    answer = await probe.post(PATH, headers=keyed, json={"name": "改过"})
    assert answer.status_code == 201


async def test_a_malformed_request_keeps_no_key(probe, session, keyed):
    assert (await probe.post(PATH, headers=keyed, json={})).status_code == 422
    assert await session.scalar(select(func.count()).select_from(KeptAnswer)) == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "钥".encode()])
async def test_a_key_must_be_a_key(probe, login, key):
    headers = await login("gis") | {"Idempotency-Key": key}
    answer = await probe.post(PATH, headers=headers, json=BODY)
    assert answer.json()["type"] == "/problems/invalid-idempotency-key"
    assert answer.status_code == 422


async def test_the_longest_key_is_a_key(probe, login):
    headers = await login("gis") | {"Idempotency-Key": "x" * 255}
    assert (await probe.post(PATH, headers=headers, json=BODY)).status_code == 201


async def test_a_key_means_nothing_to_a_read(probe, session, keyed):
    for _ in range(2):
        answer = await probe.get("/api/v1/me", headers=keyed)
        assert (answer.status_code, "idempotent-replayed" in answer.headers) == (200, False)


async def test_many_at_once_are_one_effect_and_one_answer(
    fresh_probe, fresh_sessions, fresh_login, count_effects
):
    headers = await fresh_login("gis") | {"Idempotency-Key": "race"}
    answers = await asyncio.gather(*(fresh_probe.post(PATH, headers=headers, json=BODY) for _ in range(8)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 7
    async with fresh_sessions() as session:
        assert await count_effects(session) == 1


async def test_a_key_whose_first_request_is_still_running_is_a_conflict(
    fresh_probe, fresh_sessions, fresh_login, count_effects
):
    headers = await fresh_login("gis") | {"Idempotency-Key": "slow"}
    first = asyncio.create_task(fresh_probe.post("/probe/slow", headers=headers))
    await fresh_probe.state.begun.wait()
    second = await fresh_probe.post("/probe/slow", headers=headers)
    assert second.status_code == 409
    assert second.json()["type"] == "/problems/request-in-flight"
    fresh_probe.state.go_on.set()
    assert (await first).status_code == 201
    third = await fresh_probe.post("/probe/slow", headers=headers)
    assert third.headers["idempotent-replayed"] == "true"
    async with fresh_sessions() as session:
        assert await count_effects(session) == 1


async def test_answers_are_kept_for_24_hours(probe, session, keyed, clock):
    await probe.post(PATH, headers=keyed, json=BODY)
    await forget_old(session, clock.at + timedelta(hours=24))
    assert await session.scalar(select(func.count()).select_from(KeptAnswer)) == 1
    await forget_old(session, clock.at + timedelta(hours=24, seconds=1))
    assert await session.scalar(select(func.count()).select_from(KeptAnswer)) == 0
