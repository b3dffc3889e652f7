"""The wording of the ledger: each reason, trigger and cause in both languages, whatever the ledger kept of it."""

from datetime import UTC, date, datetime
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from service.db.base import new_id
from service.dispatch.engine.problem import Mode, Precedence, Reason, Source
from service.dispatch.models import Offer, Wave
from service.dispatch.queries.ledger import Names
from service.dispatch.rules import OfferState, Trigger
from service.dispatch.schemas.wave_words import BEFORE_SKILLS, wave_text
from service.dispatch.schemas.why import asked
from service.dispatch.schemas.words import FACTS, Of, Voice, not_chosen, not_chosen_yourself
from service.tasks.rules import Level
from service.texts import Language, catalogue, placeholders

NOON = datetime(2026, 6, 3, 4, 0, tzinfo=UTC)
DAY = date(2026, 6, 3)
NAMES = {
    Language.ZH: Names(
        {"first_aid": "急救", "boat": "驾船"}, {"flood": "防汛"}, {"440802001001": "示例社区"}
    ),
    Language.EN: Names(
        {"first_aid": "First aid", "boat": "Boat handling"}, {"flood": "Floods"}, {"440802001001": "Example"}
    ),
}
DETAILS = {
    Reason.BUSY: {"by": "offer", "precedence": "normal", "on_scene": False},
    Reason.MISSING_SKILL: {"skills": ["first_aid", "boat"]},
    Reason.EXPIRED_SKILL: {"skills": ["boat"]},
    Reason.OPTED_OUT: {"category": "flood"},
    Reason.UNWANTED: {"category": "flood"},
    Reason.NOT_RESIDENT: {"community": "440802001001"},
    Reason.RESTING: {"until": "2026-06-03T10:30:00+00:00"},
    Reason.QUIET_HOURS: {"until": "2026-06-03T23:00:00+00:00"},
    Reason.WEEKLY_HOURS: {"hours": 12.5, "limit": 12.0},
    Reason.TOO_FAR: {"reach": 20.0},
}
"""What the engine keeps of each reason; of the others nothing."""


def voice(language=Language.ZH):
    """A voice over a small world."""
    return Voice(language, ZoneInfo("Asia/Shanghai"), NAMES[language])


def entry(reason, **kept):
    """An element of a wave's `not_chosen`."""
    return {"member_id": str(new_id()), "travel_minutes": 12, "reason": reason, "source": "presence"} | kept


def wave(**changes):
    """The first wave of a task: 10 people within 20 minutes, 3 of whom were asked."""
    kept = {
        "number": 1,
        "trigger": "posted",
        "mode": "emergency",
        "level": "II",
        "batch_id": None,
        "reach_minutes": 20.0,
        "searched_minutes": 20.0,
        "target_probability": 0.9,
        "probability": 0.8999,
        "chosen": [{}, {}, {}],
        "people": 10,
        "counts": {"off_duty": 5, "resting": 2},
        "shortfall": None,
        "overrule_reason": None,
    }
    return Wave(**kept | changes)


@pytest.mark.parametrize(
    ("entry", "zh", "en"),
    [
        (
            {"reason": "resting", "source": "presence", "detail": {"until": "2026-06-03T10:30:00+00:00"}},
            "离任务 12 分钟（按签到位置），正在休息至 18:30",
            "12 minutes away (by their position), resting until 18:30",
        ),
        (
            {"reason": "quiet_hours", "source": "home", "detail": {"until": "2026-06-03T23:00:00+00:00"}},
            "离任务 12 分钟（按家庭社区），免打扰至 6 月 4 日 07:00",
            "12 minutes away (by their home community), in their quiet hours until 07:00 on 4 June",
        ),
        (
            {"reason": "weekly_hours", "source": "office", "detail": {"hours": 20.52, "limit": 20.0}},
            "离任务 12 分钟（按单位办公地），本周已服务 20.5 小时，上限 20 小时",
            "12 minutes away (by their unit's office), 20.5 hours of service this week, the ceiling being 20",
        ),
        (
            {"reason": "too_far", "source": "home", "detail": {"reach": 20.0}, "travel_minutes": 35},
            "离任务至少 35 分钟（按家庭社区），超出本波次的 20 分钟",
            "at least 35 minutes away (by their home community), beyond the 20 minutes of this wave",
        ),
        (
            {"reason": "unreachable", "source": "home", "detail": {}, "travel_minutes": None},
            "没有可通行的路线（按家庭社区）",
            "no way there (by their home community)",
        ),
        (
            {"reason": "opted_out", "source": "presence", "detail": {"category": "flood"}},
            "离任务 12 分钟（按签到位置），依法或因健康不参加“防汛”",
            "12 minutes away (by their position), opted out of “Floods” by law or health",
        ),
        # As earlier releases wrote them: without position and detail.
        (
            {"reason": "missing_skill"},
            "离任务 12 分钟，缺少所需技能",
            "12 minutes away, without a skill that the seats need",
        ),
        ({"reason": "off_duty", "travel_minutes": 1}, "离任务 1 分钟，不在值守", "1 minute away, off duty"),
        # And as a later one might.
        (
            {"reason": "on_strike", "source": "boat", "detail": {"since": 3}},
            "离任务 12 分钟，on_strike",
            "12 minutes away, on_strike",
        ),
    ],
)
def test_what_the_ledger_kept_is_put_into_words(entry, zh, en):
    kept = {"travel_minutes": 12} | entry
    assert not_chosen(kept, 20, DAY, voice()) == zh
    assert not_chosen(kept, 20, DAY, voice(Language.EN)) == en


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_told_to_others_and_to_the_member_with_and_without_its_detail(reason, language):
    in_full, bare = entry(reason, detail=DETAILS.get(reason, {})), entry(reason, detail={})
    for tell in (not_chosen, not_chosen_yourself):
        texts = [tell(each, 20, DAY, voice(language)) for each in (in_full, bare)]
        assert all("12" in each for each in texts)
        assert not any(set("{}_") & set(each) for each in texts)
        assert (texts[0] != texts[1]) is (reason in DETAILS)


def test_the_member_is_spoken_to_as_you():
    kept = entry("resting", source="home", detail={"until": "2026-06-03T10:30:00+00:00"})
    assert not_chosen_yourself(kept, 20, DAY, voice()) == (
        "你当时离任务约 12 分钟（按家庭社区），正在休息至 18:30，因此没有问你。"
    )
    assert not_chosen_yourself(kept, 20, DAY, voice(Language.EN)) == (
        "You were about 12 minutes from the task (by your home community) and were resting until 18:30,"
        " so you were not asked."
    )
    nowhere = entry("unreachable", travel_minutes=None)
    assert (
        not_chosen_yourself(nowhere, 20, DAY, voice())
        == "你当时没有可通行的路线（按签到位置），因此没有问你。"
    )


@pytest.mark.parametrize("precedence", Precedence)
@pytest.mark.parametrize(
    ("by", "on_scene", "zh"),
    [
        ("offer", False, "正被一项{}派单占用"),
        ("engagement", False, "正在执行一项{}任务"),
        ("engagement", True, "正在一项{}任务的现场"),
    ],
)
def test_what_holds_somebody_is_named(by, on_scene, zh, precedence):
    kept = entry("busy", detail={"by": by, "precedence": precedence, "on_scene": on_scene})
    word = {"drill": "演练", "normal": "常规", "emergency": "应急"}[precedence]
    assert not_chosen(kept, 20, DAY, voice()).endswith(zh.format(word))


def test_every_placeholder_of_a_reason_is_a_fact_that_can_be_said():
    for key in catalogue():
        if key.split(".")[0] in ("reason_in_full", "your_reason_in_full"):
            assert placeholders(key) <= FACTS.keys(), key
            assert placeholders(key), key


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("trigger", Trigger)
def test_every_trigger_is_told(trigger, language):
    told = wave_text(wave(trigger=trigger), voice(language))
    assert f"trigger.{trigger}" in catalogue()
    assert catalogue()[f"trigger.{trigger}"][language] in told
    assert not list(name for _, name, _, _ in Formatter().parse(told) if name)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("reason", [None, *Reason, "on_strike"])
@pytest.mark.parametrize("skills", [[], ["first_aid", "boat"]])
def test_every_cause_is_told(reason, skills, language):
    cause = {"skills": skills, "seats": 2, "reason": reason, "people": 3 if reason else 0}
    shortfall = {"unfillable_seats": [], "causes": [cause], "probability": 0.5}
    told = wave_text(wave(shortfall=shortfall), voice(language))
    last = told.removeprefix(wave_text(wave(shortfall={"causes": []}), voice(language)))
    assert ("急救、驾船" in last or "First aid, Boat handling" in last) is bool(skills)
    assert ("有此技能" in last or "with the skills" in last) is (
        bool(skills) and reason is not None and reason not in BEFORE_SKILLS
    )
    assert ("3 " in last) is (reason is not None)
    assert "20 " in last


def test_who_is_kept_before_their_skills_are_looked_at_is_not_said_to_have_them():
    assert {Reason.BUSY, Reason.MISSING_SKILL} <= BEFORE_SKILLS
    assert not {Reason.EXPIRED_SKILL, Reason.OFF_DUTY} & BEFORE_SKILLS


def test_a_probability_short_of_the_target_is_not_rounded_up_to_it():
    told = wave_text(wave(shortfall={"causes": []}), voice())
    assert told.endswith("目标是全部空缺岗位有 90% 的把握到位，目前只算得 89%。")
    assert "至少有 93%" in wave_text(wave(probability=0.93), voice())


def test_counts_are_told_the_most_frequent_first():
    told = wave_text(wave(counts={"resting": 2, "off_duty": 5}), voice())
    assert "看了 20 分钟内 10 人：问 3 人，未问 7 人：不在值守 5、正在休息 2。" in told
    assert "看了 20 分钟内 3 人，都问了。" in wave_text(wave(counts={}, people=3), voice())


def test_normal_mode_asks_one_a_seat_and_says_what_was_matched_together():
    normal = {"mode": Mode.NORMAL, "level": None, "batch_id": new_id()}
    told = wave_text(wave(**normal), voice())
    assert told.startswith("第 1 波：任务发布。常规模式。与同批次的其他任务一起配对。范围 20 分钟，")
    assert told.endswith("每个空缺岗位问一人。")
    told = wave_text(wave(**normal, shortfall={"causes": []}), voice(Language.EN))
    assert told.endswith("One person is asked for each open seat; for some there is nobody.")


@pytest.mark.parametrize("level", Level)
def test_the_level_is_told(level):
    assert f"应急模式（{level} 级）。" in wave_text(wave(level=level), voice())


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("state", OfferState)
def test_what_became_of_every_offer_is_told(state, language):
    offer = Offer(state=state, created_at=NOON, expires_at=NOON.replace(minute=3))
    told = asked(offer, voice(language), NOON)
    assert "12:00" in told
    assert not set("{}_") & set(told)


@pytest.mark.parametrize("of", Of)
@pytest.mark.parametrize("source", Source)
def test_every_position_is_told(of, source):
    assert f"{of}source.{source}" in catalogue()
