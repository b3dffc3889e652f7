"""From what happens to who is told, up the ladder, and no further than it must."""

import asyncio
from datetime import timedelta
from uuid import UUID

from service.db.base import new_id
from service.events.record import record
from service.notify.models import Delivery, Notification
from service.notify.rules import NOTICES
from service.roster.models import Handover
from service.tasks.models import Message
from tests.conftest import NOON
from tests.notify.conftest import ROBOT, offers_of, run

CHIKAN = "440802"


async def test_an_unanswered_offer_climbs_to_the_duty_officer(city, notifier, gateway, clock):
    task = await city.post(drill=True)
    members = [offer["member_id"] for offer in offers_of(task)]
    for at, member in enumerate(members):
        await city.reach(member, push=f"user-{at}", sms=f"1380000{at:04}")
    officer = await city.scalar(
        "SELECT id FROM account WHERE 'dispatcher' = ANY(roles) AND active AND areas && ARRAY["
        " left(:code, 4), left(:code, 6), left(:code, 9), :code] ORDER BY length(areas[1]) DESC, username",
        code=task["grid"]["code"] if "grid" in task else task["grid_code"],
    )
    await city.reach(account_id=officer, push="officer-1")
    await run(notifier)
    pushed = [got.fields for got in gateway.at("/push")]
    assert sorted(each["touser"] for each in pushed) == [f"user-{at}" for at in range(len(members))]
    assert all(each["text"]["content"].startswith("【演练】派单：") for each in pushed)
    assert all("https://vanguard.test/v/r/" in each["text"]["content"] for each in pushed)
    assert gateway.at("/sms") == []

    clock.at += timedelta(minutes=1)
    await run(notifier)
    texts = [got.fields for got in gateway.at("/sms")]
    assert sorted(each["mobile"] for each in texts) == [f"1380000{at:04}" for at in range(len(members))]
    assert all("回“1 " in each["content"] and len(each["content"]) <= 134 for each in texts)

    clock.at = NOON + timedelta(minutes=2, seconds=30)
    await run(notifier)
    assert len(gateway.got) == 2 * len(members)
    # The offers' time is up after some minutes; the ladder's last rung comes before.
    clock.at = NOON + timedelta(minutes=3)
    still = await city.scalar("SELECT count(*) FROM offer WHERE expires_at > :now", now=clock.at)
    await run(notifier)
    told = [got.fields for got in gateway.at("/push") if got.fields["touser"] == "officer-1"]
    assert len(told) == (1 if still else 0)
    assert still == 0 or "无人答复" in told[0]["text"]["content"]


async def test_an_answer_stops_the_ladder(city, notifier, gateway, clock):
    task = await city.post()
    offers = offers_of(task)
    for at, offer in enumerate(offers):
        await city.reach(offer["member_id"], push=f"user-{at}", sms=f"1380000{at:04}")
    await run(notifier)
    headers = await city.phone(offers[0]["member_id"])
    answer = await city.client.post(f"/api/v1/offers/{offers[0]['id']}/accept", headers=headers)
    assert answer.status_code == 200, answer.text
    gateway.got.clear()
    clock.at += timedelta(minutes=10)
    await run(notifier)
    # The others are told that there are enough; nobody is asked by text message any more.
    assert gateway.at("/sms") == []
    assert len(gateway.at("/push")) == len(offers) - 1
    assert all("人员已够" in got.fields["text"]["content"] for got in gateway.at("/push"))
    states = {each.state for each in await city.rows(Notification, template="offer_made")}
    assert states == {"cancelled"}


async def test_who_is_told_what(city, notifier, gateway, clock):
    """Every kind of event of the table, and one that is told to nobody."""
    task = await city.post(title="张三家进水 ⟦某路 5 号⟧", urgency="urgent")
    member = await city.scalar("SELECT id FROM member WHERE active ORDER BY number LIMIT 1")
    await run(notifier)
    for code in (CHIKAN, f"{CHIKAN}001"):
        await city.login("dispatcher", areas=[code])
    below = await city.scalar(
        "SELECT array_agg(id) FROM account WHERE areas IN (ARRAY[:county], ARRAY[:town])",
        county=CHIKAN,
        town=f"{CHIKAN}001",
    )
    area = await city.scalar("SELECT grid_code FROM task WHERE id = :id", id=task["id"])
    named = await city.scalar("SELECT id FROM account WHERE 'unit_manager' = ANY(roles) AND active LIMIT 1")
    message = Message(
        id=new_id(), task_id=UUID(task["id"]), account_id=named, at=clock.at, text="带上雨衣和手电"
    )
    other = await city.scalar("SELECT id FROM member WHERE active AND id <> :id LIMIT 1", id=member)
    handover = Handover(
        id=new_id(),
        from_member_id=other,
        to_member_id=member,
        day=NOON.date(),
        from_minute=0,
        to_minute=60,
        state="proposed",
        created_at=clock.at,
        decided_at=None,
    )
    async with city.sessions.begin() as session:
        session.add_all([message, handover])
        await session.flush()
        for kind in [*NOTICES, "task.posted", "wave.planned", "limits.changed"]:
            if kind == "offer.made":
                continue
            await record(
                session,
                kind,
                clock.at,
                area_code=CHIKAN if kind.startswith("activation") else area,
                task_id=None if kind.startswith(("activation", "duty")) else UUID(task["id"]),
                member_ids=[None]
                if kind.startswith(("activation", "task"))
                else [member, other][: 2 if kind.startswith("duty") else 1],
                data={"officers": [str(named)], "level": "II", "until": NOON.isoformat(), "day": "2026-06-05"}
                | ({"message": str(message.id)} if kind == "message.sent" else {})
                | ({"handover": str(handover.id)} if kind.startswith("duty") else {}),
            )
    before = {each.id for each in await city.rows(Notification, template="offer_made")}
    await run(notifier)
    rows = [each for each in await city.rows(Notification) if each.id not in before]
    told = {template: {(each.member_id, each.account_id) for each in rows if each.template == template} for template in
            {each.template for each in rows}}  # fmt: skip
    for template in ("offer_superseded", "offer_cancelled", "offer_stood_down", "confirm_due", "message",
                     "engagement_cancelled", "engagement_preempted", "handover"):  # fmt: skip
        assert told.pop(template) == {(member, None)}
    assert told.pop("escalated") == {(None, named)}
    officers = told.pop("need_help")
    assert officers
    assert all(account is not None for _, account in officers)
    assert told.pop("unconfirmed") == officers
    began = told.pop("activation_began")
    assert began == told.pop("activation_ended")
    assert {account for _, account in began} >= {*below, *(account for _, account in officers)}
    assert told == {}
    assert "⟦" not in str([each.params for each in rows])
    assert all(each.state == "done" for each in rows)


async def test_old_news_is_no_news_and_nothing_is_told_twice(city, notifiers, clock):
    one, two = await notifiers(), await notifiers()
    task = await city.post()
    async with city.sessions.begin() as session:
        await record(
            session, "engagement.cancelled", clock.at - timedelta(hours=2),
            task_id=UUID(task["id"]), member_ids=[UUID(offers_of(task)[0]["member_id"])],
        )  # fmt: skip
    for _ in range(3):
        await asyncio.gather(run(one), run(two))
    rows = await city.rows(Notification)
    assert {each.template for each in rows} == {"offer_made"}
    assert len(rows) == len(offers_of(task))


async def test_two_notifiers_send_nothing_twice(city, notifiers, gateway):
    one, two = await notifiers(), await notifiers()
    task = await city.post(seats=[{"count": 8}])
    offers = offers_of(task)
    assert len(offers) > 8
    for at, offer in enumerate(offers):
        await city.reach(offer["member_id"], push=f"user-{at}")
    for _ in range(8):
        await asyncio.gather(run(one), run(two))
    addresses = [got.fields["touser"] for got in gateway.at("/push")]
    assert sorted(addresses) == sorted(f"user-{at}" for at in range(len(offers)))
    keys = {got.headers["idempotency-key"] for got in gateway.at("/push")}
    assert keys == {str(each.id) for each in await city.rows(Delivery)}
    assert all(ROBOT in got.path for got in gateway.got)


async def test_a_members_own_ladder_and_language(city, notifier, gateway, mailbox, clock):
    task = await city.post()
    member = offers_of(task)[0]["member_id"]
    headers = await city.phone(member)
    for code, address in (("mail", "someone@example.org"), ("push", "user-1")):
        put = await city.client.put(f"/api/v1/me/contacts/{code}", headers=headers, json={"address": address})
        assert put.status_code == 200, put.text
    wish = {"language": "en", "ladders": {"critical": ["mail", "push"]}}
    put = await city.client.put("/api/v1/me/notify", headers=headers, json=wish)
    assert put.status_code == 200, put.text
    assert [rung["channel"] for rung in put.json()["in_force"]["critical"]] == [
        "mail",
        "push",
        "duty_officer",
    ]
    await run(notifier)
    ((to, subject, body),) = mailbox.got
    assert (to, subject) == ("someone@example.org", "Vanguard")
    assert body.startswith("Can you come? ")
    assert gateway.got == []
    clock.at += timedelta(minutes=1)
    await run(notifier)
    assert [got.fields["touser"] for got in gateway.at("/push")] == ["user-1"]
