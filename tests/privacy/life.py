"""A member who has everything that can be had, under words that can be found again, and a search for them."""

import re
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from service.access.commands import make_enrolment_code
from service.db.base import new_id
from tests.dispatch.people import served, set_limits

NAME = "洛天依·示例甲"
FORMER = "洛小天·示例甲"
NUMBER = "ZZQ-7788"
USERNAME = "zzq-7788"
PHONE = "13900990099"
MAIL = "zzq@invented.example"
TOLD = "扭伤脚踝示例词"
WORDS = (NAME, FORMER, NUMBER, USERNAME, PHONE, MAIL, TOLD)
OFFERS = 3000

FILL = (
    "UPDATE account SET username = :username, display_name = :name, contact = :phone WHERE member_id = :member",
    "UPDATE member SET opted_out = '{public_request}' WHERE id = :member",
    "INSERT INTO member_skill SELECT :member, min(code), NULL FROM skill ON CONFLICT DO NOTHING",
    "INSERT INTO duty_slot VALUES (:member, 5, 0, 60) ON CONFLICT DO NOTHING",
    "INSERT INTO duty_exception VALUES (:member, DATE '2026-06-20', 0, 60, true)",
    """
    INSERT INTO handover (id, from_member_id, to_member_id, day, from_minute, to_minute, state, created_at)
    SELECT gen_random_uuid(), :member, min(id::text)::uuid, DATE '2026-06-21', 0, 60, 'proposed', :now FROM member
    WHERE id <> :member
    """,
    """
    INSERT INTO drill (id, kind, title, area_code, area_name, started_by, started_at, until)
    SELECT gen_random_uuid(), 'muster', '点名：' || :name, '440802', '赤坎区', min(id::text)::uuid, :now,
           CAST(:now AS timestamptz) + interval '15 minutes' FROM account
    """,
    """
    INSERT INTO muster_call (drill_id, member_id, unit_code, community_code, answer, answered_at)
    SELECT d.id, :member, u.code, left(g.code, 12), 'here', :now FROM drill d, member m
    JOIN unit u ON u.id = m.unit_id JOIN grid g ON g.id = m.home_grid_id WHERE m.id = :member
    """,
    """
    INSERT INTO note (id, task_id, account_id, at, text)
    SELECT gen_random_uuid(), t.id, t.created_by, :now, 'call ' || :name || ', ' || :phone
    FROM task t WHERE t.id = (SELECT task_id FROM offer WHERE member_id = :member LIMIT 1)
    """,
    """
    INSERT INTO contact (id, member_id, channel, address, created_at)
    VALUES (gen_random_uuid(), :member, 'sms', :phone, :now), (gen_random_uuid(), :member, 'mail', :mail, :now)
    """,
    "INSERT INTO notify_preference (member_id, language, ladders) VALUES (:member, 'zh', '{\"critical\": [\"sms\"]}')",
    """
    INSERT INTO notification (id, event_id, member_id, template, params, urgency, offer_id, state, step, next_at,
                              created_at)
    SELECT gen_random_uuid(), 1, :member, 'offer.made', jsonb_build_object('name', CAST(:name AS text)), 'critical',
           id, 'waiting', 0, :now, :now FROM offer WHERE member_id = :member LIMIT 1
    """,
    """
    INSERT INTO delivery (id, notification_id, channel, state, attempts, next_at, last_error, created_at)
    SELECT gen_random_uuid(), id, 'sms', 'due', 1, :now, 'no route to ' || :phone, :now
    FROM notification WHERE member_id = :member
    """,
    """
    INSERT INTO reply_code (id, offer_id, kind, code_hash, created_at, expires_at)
    SELECT gen_random_uuid(), id, 'sms', 'hash', :now, :now FROM offer WHERE member_id = :member LIMIT 1
    """,
    # Asked so often, and always with a word about why not.
    f"""
    INSERT INTO offer (id, task_id, wave_id, seat_id, member_id, precedence, state, acceptance, created_at, expires_at,
                       answer, answered_at, ended_at, decline_reason)
    SELECT gen_random_uuid(), o.task_id, o.wave_id, o.seat_id, :member, 'normal', 'declined', 0.4, at, at, 'no', at,
           at, :told
    FROM (SELECT * FROM offer WHERE member_id = :member LIMIT 1) o,
         (SELECT CAST(:now AS timestamptz) - n * interval '1 hour' AS at FROM generate_series(1, {OFFERS}) n) times
    """,
    "UPDATE engagement SET end_reason = :told WHERE member_id = :member",
    "UPDATE offer SET decline_reason = :told WHERE member_id = :member",
    # What others wrote.
    "UPDATE task SET title = '请' || :name || '先到', end_reason = :name || '已到' WHERE id = :task",
    "UPDATE wave SET overrule_reason = :name || '自愿' WHERE task_id = :task",
    """
    UPDATE wave SET considered = ARRAY[CAST(:member AS uuid)], not_chosen = jsonb_build_array(
        jsonb_build_object('member_id', CAST(CAST(:member AS uuid) AS text), 'reason', 'resting', 'travel_minutes', 4))
    WHERE task_id = :task
    """,
    """
    INSERT INTO message (id, task_id, account_id, at, text)
    SELECT gen_random_uuid(), :task, created_by, CAST(:now AS timestamptz) - interval '3 hours',
           :name || '（' || :number || '），电话' || :phone FROM task WHERE id = :task
    """,
    """
    INSERT INTO import (id, kind, at, file_name, report)
    VALUES (:import, 'members', :now, :name || '.xlsx',
            jsonb_build_object('changed', jsonb_build_object('items', jsonb_build_array(
                jsonb_build_object('code', CAST(:number AS text))))))
    """,
    """
    INSERT INTO import_change (import_id, number, code, before, after)
    VALUES (:import, 1, :number, jsonb_build_object('number', CAST(:number AS text), 'name', CAST(:former AS text)),
            jsonb_build_object('number', CAST(:number AS text), 'name', CAST(:name AS text)))
    """,
    """
    INSERT INTO help_call (id, member_id, area_code, drill, called_at, last_at, times)
    VALUES (gen_random_uuid(), :member, '440802', false, :now, :now, 1)
    """,
    """
    INSERT INTO outbox (at, kind, area_code, unit_codes, task_id, member_id, data)
    VALUES (:now, 'engagement.withdrawn', '440802', '{}', :task, :member,
            jsonb_build_object('reason', CAST(:told AS text))),
           (:now, 'message.sent', '440802', '{}', :task, NULL, jsonb_build_object('text', CAST(:name AS text))),
           (:now, 'duty.switched', '440802', '{}', NULL, :member, '{}')
    """,
)


async def fill(session, clock, client, phone, login, asked, move):
    """The member at SPOT with all of it; gives the member and their task. They are engaged no more."""
    someone = await asked()
    engagement = await move(someone, "on_scene")
    member = someone.member
    await client.get(
        "/api/v1/positions", params={"task": someone.task}, headers=await login("dispatcher", areas=["4408"])
    )
    assert (await phone(member, "POST", f"/engagements/{engagement}/release")).status_code == 200
    await session.execute(
        text("UPDATE member SET name = :name, number = :number WHERE id = :member"),
        {"name": NAME, "number": NUMBER, "member": member},
    )
    await session.commit()
    await served(
        session, {"id": someone.task}, member, clock.at - timedelta(hours=5), clock.at - timedelta(hours=2)
    )
    await set_limits(session, member, 9.0)
    values = {
        "member": UUID(member),
        "task": UUID(someone.task),
        "import": new_id(),
        "username": USERNAME,
        "name": NAME,
        "former": FORMER,
        "number": NUMBER,
        "phone": PHONE,
        "mail": MAIL,
        "told": TOLD,
        "now": clock.at,
    }
    for statement in FILL:
        used = {name: value for name, value in values.items() if re.search(rf":{name}\b", statement)}
        await session.execute(text(statement), used)
    manager = await login("admin")
    account = await session.scalar(
        text("SELECT id FROM account WHERE member_id = :member"), {"member": UUID(member)}
    )
    await make_enrolment_code(session, UUID(member), account, clock.at)
    await session.commit()
    # Kept answers, the record, and attempts, as the service itself writes them.
    kept = {"Idempotency-Key": "once"}
    calls = [
        ("PATCH", f"/members/{member}", {"headers": manager | kept, "json": {"tier": "normal"}}),
        ("PATCH", f"/accounts/{account}", {"headers": manager | kept, "json": {"display_name": NAME}}),
    ]
    for method, path, options in calls:
        answer = await client.request(method, f"/api/v1{path}", **options)
        assert answer.status_code == 200, answer.text
    form = {"grant_type": "password", "username": USERNAME, "password": "wrong"}
    assert (await client.post("/api/v1/token", data=form)).status_code == 401
    answer = await phone(member, "PUT", "/me/duty", json={"state": "on"})
    assert answer.status_code == 200, answer.text
    return someone


TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relkind = 'r' ORDER BY 1
"""


async def everywhere(session, words):
    """Where in the database each of the words stands, by table: in texts, JSON, numbers, shapes and bytes."""
    found = {}
    for name in await session.scalars(text(TABLES)):
        rows = await session.scalars(text(f'SELECT lower(row_to_json(t)::text) FROM "{name}" t'))
        for row in rows:
            for word in words:
                # Bytes are shown in hexadecimal.
                if word.lower() in row or word.encode().hex() in row:
                    found.setdefault(word, set()).add(name)
    return found
