"""The pure rules: replies, ladders, pauses, and words that fit and tell no place."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.db.base import new_id
from service.events.follow import Happened
from service.notify.commands.tell import Seen, params_of
from service.notify.rules import (
    DUTY_OFFICER,
    MOST_CHARACTERS,
    NOTICES,
    Climb,
    Kind,
    Reply,
    Rung,
    Template,
    city_ladder,
    climb,
    masked,
    own_ladder,
    pause,
    plain_address,
    plain_number,
    read_reply,
)
from service.notify.wording import Answering, write
from service.texts import Language
from tests.conftest import NOON

ZONE = ZoneInfo("Asia/Shanghai")
LADDER = (Rung("push", 1), Rung("sms", 2), Rung(DUTY_OFFICER, 0))
LONG = {
    "zh": "城市内涝与应急抢险救援保障工作",
    "en": "Urban waterlogging and emergency rescue support",
    "place": "湛江经济技术开发区乐华街道办事处第十二网格",
    "minutes": 120,
    "until": NOON.isoformat(),
    "drill": True,
    "number": "LC-2026-00001234",
    "level": "III",
    "day": "2026-06-03",
    "said": "请到现场后先到指挥点报到，穿戴好救生衣，" * 10,
}


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("1 4821", Reply(True, "4821")),
        ("１　４８２１", Reply(True, "4821")),
        ("14821", Reply(True, "4821")),
        ("好4821", Reply(True, "4821")),
        (" 好的，4821。", Reply(True, "4821")),
        ("y 4821", Reply(True, "4821")),
        ("YES:4821!", Reply(True, "4821")),
        ("2 0007", Reply(False, "0007")),
        ("不 4821", Reply(False, "4821")),
        ("不能去4821", Reply(False, "4821")),
        ("No 4821", Reply(False, "4821")),
        ("4821", None),
        ("1 482", None),
        ("1 48215", None),
        ("不好 4821", None),
        ("1 4821 马上到", None),
        ("", None),
    ],
)
def test_a_reply_is_read_or_it_is_none(text, reply):
    assert read_reply(text) == reply


def test_numbers_and_addresses_are_stored_in_one_way():
    for number in ("138 0000 0000", "+86 138-0000-0000", "008613800000000", "8613800000000"):
        assert plain_number(number) == "13800000000"
    assert plain_number("+852 5550 0000") == "+85255500000"
    assert plain_address(Kind.SMS, "call me") is None
    assert plain_address(Kind.MAIL, "a@b.example") == "a@b.example"
    assert plain_address(Kind.MAIL, "a@b.example,c@d.example") is None
    assert plain_address(Kind.MESSAGE, "id/../?x=1") is None
    assert plain_address(Kind.PUSH, "user-1") == "user-1"
    assert masked("13800001234") == "…34"
    assert masked("someone@example.org") == "s…@example.org"


def test_pauses_grow_and_are_spread():
    middles = [pause(attempt, 0.5).total_seconds() for attempt in range(1, 9)]
    assert middles == [10, 20, 40, 80, 160, 320, 600, 600]
    assert pause(1, 0) == timedelta(seconds=5)
    assert pause(99, 1) == timedelta(minutes=15)


def go(step, has, *, asks=True, failed=False, minutes=0.0):
    """A climb of the ladder so long after the beginning."""
    return climb(
        LADDER, step, has, asks=asks, failed=failed, created_at=NOON, now=NOON + timedelta(minutes=minutes)
    )


def test_the_ladder_is_climbed_rung_by_rung():
    assert go(0, {"push", "sms"}) == Climb(1, NOON + timedelta(minutes=1), send="push")
    assert go(1, {"push", "sms"}, minutes=1) == Climb(2, NOON + timedelta(minutes=3), send="sms")
    assert go(2, {"push", "sms"}, minutes=3) == Climb(3, None, officers=True, over=True)
    # A channel that the person does not have is passed by, but the duty officer waits for its minutes.
    assert go(0, {"sms"}) == Climb(2, NOON + timedelta(minutes=2), send="sms")
    assert go(0, set()) == Climb(2, NOON + timedelta(minutes=3))
    assert go(2, {"push"}, failed=True, minutes=1).officers
    # What asks for nothing goes no further by itself, and never to the duty officer.
    assert go(0, {"push"}, asks=False) == Climb(1, None, send="push")
    assert go(2, {"push"}, asks=False) == Climb(3, None, over=True)


def test_whose_ladder_it_is():
    channels = [("mail", Kind.MAIL), ("sms", Kind.SMS), ("app", Kind.PUSH)]
    assert [rung.channel for rung in city_ladder(channels, "critical")] == [
        "app",
        "sms",
        "mail",
        DUTY_OFFICER,
    ]
    assert [rung.channel for rung in city_ladder(channels, "routine")] == ["app", "sms", "mail"]
    assert own_ladder(LADDER, ["sms"], "critical") == (Rung("sms", 2), Rung(DUTY_OFFICER, 0))
    assert own_ladder(LADDER, None, "critical") == LADDER


@pytest.mark.parametrize("language", Language)
def test_every_text_fits_into_two_text_messages(language):
    answering = Answering(f"https://vanguard.example.cn/v/r/{'x' * 22}", "4821")
    for template in Template:
        _, text = write(template, LONG, language, Kind.SMS, ZONE, answering)
        assert len(text) <= MOST_CHARACTERS[language]
        assert text.startswith("【演练】" if language is Language.ZH else "[DRILL]")
    _, offer = write(Template.OFFER_MADE, LONG, language, Kind.SMS, ZONE, answering)
    assert "4821" in offer
    assert "12:00" in offer
    assert answering.link in offer


def test_each_notice_has_its_words():
    assert {notice.template for notice in NOTICES.values()} | {Template.OFFER_UNANSWERED} == set(Template)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    secret=st.text(st.characters(categories=["L", "N"]), min_size=6, max_size=60),
    lon=st.floats(110.0, 110.9),
    lat=st.floats(20.2, 21.9),
    kind=st.sampled_from(sorted(NOTICES)),
)
def test_no_words_tell_a_title_or_a_position(secret, lon, lat, kind):
    marked = f"⟦{secret}⟧"
    task = SimpleNamespace(
        id=new_id(),
        playbook_id=1,
        title=marked,
        instructions=marked,
        lon=lon,
        lat=lat,
        grid_name="寸金街道",
        drill=False,
    )
    playbook = SimpleNamespace(name_zh="抢险", name_en="Rescue")
    offer = SimpleNamespace(expires_at=NOON, travel_minutes=12)
    event = Happened(
        1, 1, NOON, kind, "440802001", [], task.id, None, {"title": marked, "lon": lon, "lat": lat}
    )
    seen = Seen({task.id: task}, {1: playbook}, {}, {})
    params = asyncio.run(params_of(None, event, task, offer, seen))
    for language in Language:
        for channel in Kind:
            told = "".join(write(NOTICES[kind].template, params, language, channel, ZONE))
            assert "⟦" not in told
            assert f"{lon}" not in told
            assert f"{lat}" not in told
