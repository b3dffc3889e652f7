"""Answers without a login: the page behind a link, and text messages that the gateway hands in."""

import hashlib
import hmac
import re
from base64 import b64encode
from datetime import timedelta

import pytest
from sqlalchemy import text

from service.dispatch.models import Offer
from service.notify.commands.replies import make_digits, make_link
from service.notify.models import ReplyCode
from tests.notify.conftest import SECRET, offers_of, run

MINE, OTHERS, NOBODYS = "13800000001", "13800000002", "13800000003"
KEY = {"X-Vanguard-Secret": SECRET}


@pytest.fixture
async def asked(city, notifier, gateway, clock):
    """Two members who were asked by text message for the same task: their offers, links and digits."""
    task = await city.post(title="张三家进水 ⟦某路 5 号⟧", seats=[{"count": 2}])
    offers = offers_of(task)[:2]
    for offer, number in zip(offers, (MINE, OTHERS), strict=True):
        await city.reach(offer["member_id"], sms=number)
    await run(notifier)
    texts = {got.fields["mobile"]: got.fields["content"] for got in gateway.at("/sms")}
    found = []
    for offer, number in zip(offers, (MINE, OTHERS), strict=True):
        link = re.search(r"https://vanguard\.test/v(/r/\S+)", texts[number])[1]
        digits = re.search(r"1 (\d{4})”", texts[number])[1]
        found.append((offer["id"], link, digits))
    return found


async def state_of(city, offer_id):
    """An offer's state and answer."""
    async with city.sessions() as session:
        offer = await session.get_one(Offer, offer_id)
        return offer.state, offer.answer


async def sms(city, number, words, headers=KEY):
    """Hand in a text message."""
    return await city.client.post("/api/v1/sms/sms", headers=headers, json={"from": number, "text": words})


async def test_a_link_shows_the_offer_and_takes_an_answer(city, asked, clock):
    (mine, link, _), (others, other_link, _) = asked
    page = await city.client.get(link)
    assert page.status_code == 200
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self'" in policy
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert not re.search(r"https?://|//[a-z]|⟦|张三", page.text)
    assert "能去" in page.text
    assert "I can come" in page.text
    assert "minutes left" in page.text
    style = re.search(r"<style>(.*)</style>", page.text, re.DOTALL)[1]
    assert f"'sha256-{b64encode(hashlib.sha256(style.encode()).digest()).decode()}'" in policy
    # Whoever shows a preview of a link fetches it: that answers nothing.
    for _ in range(2):
        assert (await city.client.get(link)).status_code == 200
    assert (await city.client.head(link)).status_code == 405
    assert await state_of(city, mine) == ("pending", None)

    yes = await city.client.post(link, data={"answer": "yes"})
    assert yes.status_code == 200
    assert "谢谢，已为你留位" in yes.text
    assert "<form" not in yes.text
    assert await state_of(city, mine) == ("accepted", "yes")
    assert (await city.client.post(link, data={"answer": "yes"})).status_code == 200
    no = await city.client.post(link, data={"answer": "no"})
    assert no.status_code == 409
    assert await state_of(city, mine) == ("accepted", "yes")
    assert await city.scalar("SELECT count(*) FROM engagement WHERE offer_id = :id", id=mine) == 1

    declined = await city.client.post(other_link, data={"answer": "no"})
    assert declined.status_code == 200
    assert await state_of(city, others) == ("declined", "no")
    assert (await city.client.post(other_link, data={"answer": "perhaps"})).status_code == 422
    record = await city.scalar(
        "SELECT string_agg(subject || detail::text, ' ') FROM audit WHERE action = 'offer.answer'"
    )
    assert '"by": "link"' in record
    assert link.rsplit("/", 1)[1] not in record


async def test_a_link_that_is_none_or_too_old(city, asked, clock):
    (mine, link, _), _ = asked
    assert (await city.client.get("/r/" + "A" * 22)).status_code == 404
    clock.at += timedelta(hours=5)
    late = await city.client.get(link)
    assert "如仍能去" in late.text
    yes = await city.client.post(link, data={"answer": "yes"})
    assert (await state_of(city, mine))[1] == "yes"
    assert yes.status_code == 200
    clock.at += timedelta(hours=2)
    old = await city.client.post(link, data={"answer": "yes"})
    assert old.status_code == 404
    assert "此链接无效或已过期" in old.text
    tries = [(await city.client.get(f"/r/{number:022}")).status_code for number in range(60)]
    assert tries[0] == 404
    assert tries[-1] == 429


async def test_a_text_message_answers_ones_own_offer(city, asked):
    (mine, _, digits), (others, _, other_digits) = asked
    yes = await sms(city, f"+86{MINE}", f"1 {digits}")
    assert yes.json() == {"taken": True, "text": "谢谢，已为你留位。"}
    assert await state_of(city, mine) == ("accepted", "yes")
    assert (await sms(city, MINE, f"好{digits}")).json()["taken"]
    contrary = (await sms(city, MINE, f"不 {digits}")).json()
    assert not contrary["taken"]
    assert await state_of(city, mine) == ("accepted", "yes")
    no = await sms(city, OTHERS, f"N {other_digits}", {**KEY, "Accept-Language": "en"})
    assert no.json()["taken"]
    assert await state_of(city, others) == ("declined", "no")
    assert not (await sms(city, MINE, "马上到")).json()["taken"]


async def test_somebody_elses_number_or_offer_is_refused_and_on_record(city, asked):
    (mine, _, digits), (others, _, other_digits) = asked
    if digits != other_digits:
        assert not (await sms(city, MINE, f"1 {other_digits}")).json()["taken"]
    refused = await sms(city, NOBODYS, f"1 {digits}")
    assert refused.status_code == 200
    assert refused.json()["text"].startswith("这四位数字不是发给本号码的")
    assert await state_of(city, mine) == ("pending", None)
    assert await state_of(city, others) == ("pending", None)
    rows = await city.scalar(
        "SELECT string_agg(outcome || detail::text, ' ') FROM audit WHERE subject = 'text message'"
    )
    assert "refused" in rows
    assert "unknown number" in rows
    assert not re.search(r"\d{5,}", rows)
    statuses = [(await sms(city, NOBODYS, f"1 {at:04}")).status_code for at in range(25)]
    assert statuses[-1] == 429
    assert (await sms(city, MINE, f"1 {digits}")).json()["taken"]


async def test_who_is_no_gateway_hands_in_nothing(city, asked):
    (mine, _, digits), _ = asked
    for headers in ({}, {"X-Vanguard-Secret": SECRET[:-1]}, {"X-Vanguard-Secret": "密".encode()}):
        answer = await sms(city, MINE, f"1 {digits}", headers)
        assert answer.status_code == 401
        assert answer.json()["type"] == "/problems/gateway-unknown"
    for channel in ("push", "nowhere"):
        answer = await city.client.post(
            f"/api/v1/sms/{channel}", headers=KEY, json={"from": MINE, "text": "1"}
        )
        assert answer.status_code == 401
    assert await state_of(city, mine) == ("pending", None)
    for content in (b"{", b"[]", b'{"from": 1, "text": 2}', b'{"from": "1"}'):
        typed = {**KEY, "Content-Type": "application/json"}
        odd = await city.client.post("/api/v1/sms/sms", headers=typed, content=content)
        assert odd.status_code == 422, content
    odd = await city.client.post(
        "/api/v1/sms/sms", headers=typed, content=rb'{"from": "\ud800\u0000", "text": "1 1234"}'
    )
    assert odd.json()["taken"] is False
    form = await city.client.post("/api/v1/sms/sms", headers=KEY, data={"from": MINE, "text": f"1 {digits}"})
    assert form.json()["taken"]


async def test_a_gateway_may_sign_instead(asked, client):
    (_, _, digits), _ = asked
    channels = client._transport.app.state.channels
    channel = channels.by_code["sms"].model_copy(update={"reply_how": "hmac", "reply_header": "X-Signature"})
    channels.by_code["sms"] = channel
    body = f'{{"from": "{MINE}", "text": "1 {digits}"}}'.encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    typed = {"Content-Type": "application/json"}
    wrong = await client.post(
        "/api/v1/sms/sms", content=body + b" ", headers=typed | {"X-Signature": signature}
    )
    assert wrong.status_code == 401
    right = await client.post(
        "/api/v1/sms/sms", content=body, headers=typed | {"X-Signature": signature.upper()}
    )
    assert right.json()["taken"]


async def test_a_late_yes_by_text_message_counts_while_there_is_a_seat(city, asked, clock):
    (mine, _, digits), _ = asked
    async with city.sessions.begin() as session:
        await session.execute(text("UPDATE offer SET state = 'expired', ended_at = :at WHERE id = :id"),
                              {"id": mine, "at": clock.at})  # fmt: skip
    clock.at += timedelta(minutes=20)
    yes = (await sms(city, MINE, f"1 {digits}")).json()
    assert yes["taken"]
    assert await state_of(city, mine) == ("accepted", "yes")


async def test_codes_are_only_kept_as_hashes(city, asked, clock):
    (_, link, digits), (others, _, _) = asked
    async with city.sessions.begin() as session:
        kept = [each.hex() for each in await session.scalars(text("SELECT code_hash FROM reply_code"))]
        assert hashlib.sha256(link.rsplit("/", 1)[1].encode()).hexdigest() in kept
        assert hashlib.sha256(digits.encode()).hexdigest() not in kept
        offer = await session.get_one(Offer, others)
        first, second = (
            await make_digits(session, offer, clock.at),
            await make_digits(session, offer, clock.at),
        )
        assert first != second
        assert len(await make_link(session, offer, clock.at)) == 22
    assert await city.rows(ReplyCode, kind="sms")
