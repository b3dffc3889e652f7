"""Gateways that are down, slow, hang, or answer 200 with an error inside: nothing lost, nothing doubled."""

import asyncio
import time
from datetime import timedelta
from uuid import UUID

import httpx
from sqlalchemy import text

from service.events.record import record
from service.notify.channels import Channel
from service.notify.gateway import Letter, Line, scrubbed
from service.notify.models import Delivery, Notification
from tests.notify.conftest import ROBOT, SECRET, offers_of, run

NUMBER = "13800001234"


async def asked(city, **contacts):
    """A task of one seat whose offers all but one cannot be sent; gives the member who can be reached."""
    task = await city.post()
    member = offers_of(task)[0]["member_id"]
    await city.reach(member, **contacts)
    return member


async def make_long(city):
    """Offers that stand for a day, so that they outlive the retries."""
    async with city.sessions.begin() as session:
        await session.execute(text("UPDATE offer SET expires_at = created_at + interval '1 day'"))


async def test_a_gateway_that_is_down_is_tried_again_then_given_up_and_replayed(
    city, notifier, gateway, clock, fresh_login
):
    gateway.answers = lambda got: (503, f"cannot reach {NUMBER} with key={ROBOT}")
    member = await asked(city, push="user-1", sms=NUMBER)
    await make_long(city)
    await run(notifier)
    (delivery,) = await city.rows(Delivery)
    assert (delivery.state, delivery.attempts) == ("due", 1)
    assert timedelta(seconds=5) <= delivery.next_at - clock.at <= timedelta(seconds=15)
    for _ in range(40):
        clock.at += timedelta(minutes=5)
        await run(notifier)
    deliveries = {each.channel: each for each in await city.rows(Delivery)}
    assert {each.state for each in deliveries.values()} == {"dead"}
    assert [deliveries[code].attempts for code in ("push", "sms")] == [8, 8]
    assert len(gateway.got) == 16
    # Each attempt at an offer has digits and a link of its own, and all of them have the same key.
    assert len({got.headers["idempotency-key"] for got in gateway.at("/push")}) == 1
    (offer,) = await city.rows(Notification, template="offer_made", member_id=UUID(member))
    assert offer.state == "dead"

    admin = await fresh_login("admin")
    dead = await city.client.get("/api/v1/notifications?state=dead", headers=admin)
    (item,) = dead.json()["items"]
    assert item["member"]
    assert {each["channel"] for each in item["deliveries"]} == {"push", "sms"}
    assert all(each["last_error"].startswith("status 503") for each in item["deliveries"])
    for secret in (NUMBER, ROBOT, SECRET, "user-1", "127.0.0.1"):
        assert secret not in dead.text
    channels = await city.client.get("/api/v1/channels", headers=admin)
    by_code = {each["code"]: each for each in channels.json()["items"]}
    assert (by_code["push"]["dead"], by_code["push"]["due"], by_code["push"]["last_success"]) == (1, 0, None)
    assert by_code["sms"]["takes_replies"]
    for secret in (ROBOT, SECRET, "127.0.0.1"):
        assert secret not in channels.text

    gateway.answers = lambda got: (200, '{"errcode": 0}')
    gateway.got.clear()
    async with city.sessions.begin() as session:
        await session.execute(text("UPDATE offer SET state = 'pending', expires_at = :at WHERE id = :id"),
                              {"id": offer.offer_id, "at": clock.at + timedelta(hours=1)})  # fmt: skip
    replayed = await city.client.post(f"/api/v1/notifications/{item['id']}/replay", headers=admin)
    assert replayed.status_code == 200, replayed.text
    assert {each["state"] for each in replayed.json()["deliveries"]} == {"due"}
    await run(notifier)
    assert len(gateway.got) == 2
    again = await city.client.post(f"/api/v1/notifications/{item['id']}/replay", headers=admin)
    assert again.json()["type"] == "/problems/nothing-dead"
    assert (await city.client.get("/api/v1/notifications?state=dead", headers=admin)).json()["items"] == []
    refused = await city.client.get("/api/v1/notifications", headers=city.headers)
    assert refused.status_code == 403


async def test_a_200_with_an_error_inside_has_failed(city, notifier, gateway, clock):
    gateway.answers = lambda got: (200, '{"errcode": 40058, "errmsg": "bad user-1"}')
    await asked(city, push="user-1")
    await run(notifier)
    (delivery,) = await city.rows(Delivery)
    assert (delivery.state, delivery.attempts) == ("due", 1)
    assert "40058" in delivery.last_error
    assert "user-1" not in delivery.last_error
    gateway.answers = lambda got: (200, '{"errcode": "0"}')
    clock.at += timedelta(seconds=20)
    await run(notifier)
    (delivery,) = await city.rows(Delivery)
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("sent", 2, None)


async def test_what_a_gateway_refuses_goes_to_the_next_rung_at_once(city, notifier, gateway):
    gateway.answers = lambda got: (404 if got.path.startswith("/push") else 200, "{}")
    await asked(city, push="user-1", sms=NUMBER)
    await run(notifier)
    states = {each.channel: (each.state, each.attempts) for each in await city.rows(Delivery)}
    assert states == {"push": ("dead", 1), "sms": ("sent", 1)}


async def test_a_gateway_that_hangs_slows_nothing_else(city, notifier, gateway, clock):
    """Two channels hang, one by HTTP and one in threads of Apprise's; text messages go out all the same."""
    gateway.hanging = {"/push", "/message"}
    async with city.sessions.begin() as session:
        await session.execute(
            text(
                "INSERT INTO notify_preference SELECT id, 'zh', '{\"critical\": [\"message\"]}' FROM member"
                " WHERE number LIKE '%1' OR number LIKE '%3' OR number LIKE '%5'"
                " ON CONFLICT DO NOTHING"
            )
        )
    task = await city.post(seats=[{"count": 10}])
    offers = offers_of(task)
    for at, offer in enumerate(offers):
        await city.reach(offer["member_id"], push=f"user-{at}", message=f"user-{at}")
    one = await city.scalar("SELECT id FROM member WHERE id <> ALL(:ids) AND active LIMIT 1",
                            ids=[each["member_id"] for each in offers])  # fmt: skip
    await city.reach(one, sms=NUMBER)
    await notifier.step()
    hung = len(notifier.sending)
    assert 0 < hung <= 2 + 4
    async with city.sessions.begin() as session:
        await session.execute(
            text("UPDATE notify_preference SET ladders = '{}' WHERE member_id = :id"), {"id": one}
        )
        await record(
            session,
            "engagement.cancelled",
            clock.at,
            area_code="440802",
            task_id=task["id"],
            member_ids=[one],
        )
    began = time.monotonic()
    while not gateway.at("/sms"):
        await notifier.step()
        await asyncio.sleep(0)
        assert time.monotonic() - began < 5
    await asyncio.gather(*notifier.sending)
    errors = {each.last_error for each in await city.rows(Delivery) if each.attempts}
    assert "no answer within 0.3 s" in errors
    # Threads that hang keep their slots: no more than four of them ever, and the process need not wait for them.
    assert notifier.lines["push"].free == 2
    await notifier.finish(0)


async def test_a_crash_between_sending_and_noting_sends_at_most_once_more(city, notifiers, gateway, clock):
    one, two = await notifiers(), await notifiers()
    await asked(city, push="user-1")

    # The first one dies after the gateway has taken the message, before it has noted so.
    async def dies(attempt, outcome):
        raise asyncio.CancelledError

    one.note = dies
    while not gateway.got:
        await one.step()
        await asyncio.gather(*one.sending, return_exceptions=True)
    for _ in range(3):
        await run(two)
    assert len(gateway.got) == 1
    clock.at += timedelta(seconds=21)
    for _ in range(3):
        await run(two)
        clock.at += timedelta(seconds=10)
    assert len(gateway.got) == 2
    first, second = gateway.got
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    (delivery,) = await city.rows(Delivery)
    assert (delivery.state, delivery.attempts) == ("sent", 2)


async def test_an_address_that_was_taken_away_is_used_no_more(city, notifier, gateway, clock):
    gateway.answers = lambda got: (503, "")
    member = await asked(city, push="user-1")
    await run(notifier)
    async with city.sessions.begin() as session:
        await session.execute(text("DELETE FROM contact WHERE member_id = :id"), {"id": member})
    gateway.got.clear()
    clock.at += timedelta(seconds=20)
    await run(notifier)
    assert gateway.got == []
    (delivery,) = await city.rows(Delivery)
    assert (delivery.state, delivery.last_error) == ("dead", "the address was taken away")


async def test_a_channel_is_tried_by_an_administrator(city, gateway, mailbox, fresh_login):
    admin = await fresh_login("admin")

    async def try_it(code, address):
        return await city.client.post(
            f"/api/v1/channels/{code}/test", headers=admin, json={"address": address}
        )

    assert (await try_it("push", "user-1")).json() == {"sent": True, "error": None}
    assert (await try_it("mail", "someone@example.org")).json() == {"sent": True, "error": None}
    assert (await try_it("message", "user-1")).json() == {"sent": True, "error": None}
    assert mailbox.got[0][0] == "someone@example.org"
    assert "通道的测试消息" in gateway.at("/push")[0].fields["text"]["content"]
    gateway.answers = lambda got: (500, f"user-1 {ROBOT} https://somewhere.example/x?key=1")
    for code in ("push", "message"):
        answer = (await try_it(code, "user-1")).json()
        assert not answer["sent"]
        assert "500" in answer["error"]
        assert "user-1" not in answer["error"]
        assert ROBOT not in answer["error"]
        assert "somewhere" not in answer["error"]
    assert (await try_it("sms", "no number")).json()["type"] == "/problems/invalid-address"
    assert (await try_it("nowhere", "user-1")).status_code == 404
    audit = await city.scalar(
        "SELECT string_agg(detail::text, ' ') FROM audit WHERE action = 'notification.write'"
    )
    assert "user-1" not in audit
    assert (await city.client.post("/api/v1/channels/push/test", headers=city.headers, json={"address": "x"})).status_code == 403  # fmt: skip  # noqa: E501


async def test_logs_hold_no_address_and_no_secret(city, notifier, gateway, capsys):
    gateway.answers = lambda got: (200, f'{{"errcode": 1, "errmsg": "{NUMBER} {ROBOT}"}}')
    await asked(city, push="user-1", message="user-2")
    await run(notifier)
    said = capsys.readouterr()
    assert "notification not sent" in said.out
    for secret in (NUMBER, ROBOT, SECRET, "user-1", "127.0.0.1:"):
        assert secret not in said.out + said.err


def test_errors_are_scrubbed():
    channel = Channel.model_validate(
        {
            "code": "x", "kind": "mail", "name_zh": "x", "name_en": "x",
            "apprise": "mailtos://robot:pa55word!x@smtp.example.cn?to={address}&token=Abc123",
        }
    )  # fmt: skip
    letter = Letter("who@example.org", "title", "text with 4821", "key")
    error = (
        "pa55word!x refused who@example.org at https://a.b/c?d=Abc123 4821\n13812345678 "
        + "Q" * 30
        + " late\x00"
    )
    plain = scrubbed(error, channel, letter)
    for secret in ("pa55word", "who@", "https", "Abc123", "4821", "138", "QQQ", "\x00", "\n"):
        assert secret not in plain
    assert "refused" in plain
    assert "late" in plain
    assert "pa55word" not in repr(channel)


async def test_a_channel_keeps_its_pace(gateway, clock):
    channel = Channel.model_validate(
        {
            "code": "slow", "kind": "push", "name_zh": "慢", "name_en": "Slow", "per_minute": 2,
            "http": {"url": f"http://127.0.0.1:{gateway.port}/slow"},
        }
    )  # fmt: skip
    line = Line(channel)
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(2):
            assert (await line.send(Letter("a", "", "", "k"), client, clock.at)).sent
    assert line.room(clock.at) == 0
    assert line.room(clock.at + timedelta(seconds=61)) == 2
