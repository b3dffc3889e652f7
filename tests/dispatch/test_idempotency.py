"""A repeated post is one task; another body under the same key is refused."""

from sqlalchemy import text

from tests.dispatch.conftest import offers_of, task_body


async def count(session, table):
    """Rows of a table."""
    return await session.scalar(text(f"SELECT count(*) FROM {table}"))


async def test_the_same_key_gives_the_same_task_once(client, dispatcher, session):
    headers = dispatcher | {"Idempotency-Key": "flood-1"}
    first = await client.post("/api/v1/tasks", json=task_body(), headers=headers)
    counts = [await count(session, table) for table in ("task", "wave", "offer", "outbox", "timer", "audit")]
    second = await client.post("/api/v1/tasks", json=task_body(), headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert counts == [
        await count(session, table) for table in ("task", "wave", "offer", "outbox", "timer", "audit")
    ]
    other = await client.post("/api/v1/tasks", json=task_body(title="另一件"), headers=headers)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")


async def test_a_refused_post_keeps_no_key(client, dispatcher, session):
    headers = dispatcher | {"Idempotency-Key": "flood-2"}
    refused = await client.post("/api/v1/tasks", json=task_body(category="none"), headers=headers)
    assert refused.status_code == 422
    assert (await client.post("/api/v1/tasks", json=task_body(), headers=headers)).status_code == 201


async def test_a_repeated_yes_with_its_key_is_one_engagement(post, phone, session):
    offer = offers_of(await post())[0]
    answers = [
        await phone(offer["member_id"], "POST", f"/offers/{offer['id']}/accept", json=None) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert await count(session, "engagement") == 1


async def test_what_is_posted_leaves_its_audit_and_its_events(post, session):
    task = await post()
    kinds = (
        await session.scalars(
            text("SELECT DISTINCT kind FROM outbox WHERE task_id = :id ORDER BY 1"), {"id": task["id"]}
        )
    ).all()
    assert kinds == ["offer.made", "task.posted", "wave.planned"]
    audited = await session.scalar(text("SELECT count(*) FROM audit WHERE action = 'task.post'"))
    assert audited == 1
