"""What is guessed of columns, what cells may say, and that every reason has its text."""

import re
from datetime import date
from pathlib import Path

import pytest

from service.errors import Invalid
from service.geo.repair import repair
from service.imports import rules
from service.imports.fields import FIELDS
from service.imports.rules import BadCell, Kind, SkillText, guess_columns, missing_fields
from service.texts import Language, catalogue, placeholders, text

READING = sorted((Path(rules.__file__).parent / "reading").glob("*.py"))


@pytest.mark.parametrize(
    ("kind", "columns", "expected"),
    [
        (
            Kind.GOVERNANCE_GRIDS,
            ["OBJECTID", "网格编码", "网格名称", "上级编码", "级别"],
            {"code": "网格编码", "name": "网格名称", "parent_code": "上级编码", "level": "级别"},
        ),
        (
            Kind.GOVERNANCE_GRIDS,
            ["Grid Code", "NAME", "Name_EN", "parent_cod"],
            {"code": "Grid Code", "name": "NAME", "name_en": "Name_EN", "parent_code": "parent_cod"},
        ),
        (
            Kind.GOVERNANCE_GRIDS,
            ["网格编", "网格名", "上级编"],
            {"code": "网格编", "name": "网格名", "parent_code": "上级编"},
        ),
        (
            Kind.PARTY_GRIDS,
            ["code", "name", "responsibl"],
            {"code": "code", "name": "name", "unit_code": "responsibl"},
        ),
        (
            Kind.UNITS,
            ["单位代码", "单位名称", "单位性质", "经度", "纬度"],
            {"code": "单位代码", "name": "单位名称", "kind": "单位性质", "lon": "经度", "lat": "纬度"},
        ),
        (
            Kind.MEMBERS,
            ["序号", "编号", "姓名", "所属单位", "所在社区", "类别", "技能"],
            {
                "number": "编号",
                "name": "姓名",
                "unit_code": "所属单位",
                "home_community": "所在社区",
                "tier": "类别",
                "skills": "技能",
            },
        ),
        (
            Kind.LINKS,
            ["编码", "名称", "英文名", "类型", "通行时间（分钟）", "等候时间"],
            {"code": "编码", "name": "名称", "name_en": "英文名", "kind": "类型", "wait_minutes": "等候时间"},
        ),
    ],
)
def test_columns_are_guessed(kind: Kind, columns: list[str], expected: dict[str, str]) -> None:
    assert guess_columns(kind, columns) == expected


def test_no_column_is_taken_for_two_fields() -> None:
    for kind in Kind:
        every = [name for rule in FIELDS[kind] for name in (rule.name, *rule.columns)]
        for column in every:
            assert len(guess_columns(kind, [column])) == 1
        found = guess_columns(kind, every)
        assert len(set(found.values())) == len(found) == len(FIELDS[kind])


def test_what_is_given_comes_before_what_is_guessed() -> None:
    found = guess_columns(Kind.PARTY_GRIDS, ["code", "name", "unit", "别名"], {"name": "别名"})
    assert found == {"code": "code", "name": "别名", "unit_code": "unit"}
    # A column that is given away is not guessed for its own field.
    assert guess_columns(Kind.PARTY_GRIDS, ["code", "name"], {"unit_code": "name"}) == {
        "unit_code": "name",
        "code": "code",
    }


@pytest.mark.parametrize(
    ("given", "slug", "known"),
    [
        ({"nme": "a"}, "mapping-field", "code, name, unit_code"),
        ({"name": "b"}, "mapping-column", "a, 名"),
        ({"name": "a", "code": "a"}, "mapping-twice", None),
    ],
)
def test_a_wrong_mapping_is_refused_with_what_there_is(
    given: dict[str, str], slug: str, known: str | None
) -> None:
    with pytest.raises(Invalid) as caught:
        guess_columns(Kind.PARTY_GRIDS, ["a", "名"], given)
    assert (caught.value.slug, caught.value.params.get("known")) == (slug, known)


def test_required_fields_without_a_column_are_named() -> None:
    assert missing_fields(Kind.MEMBERS, {"name": "姓名"}) == ("number", "unit_code", "home_community")


def test_cells_are_understood_in_chinese_and_english() -> None:
    assert [rules.truth_of(cell) for cell in ("是", "TRUE", "停用", "0")] == [True, True, False, False]
    assert [rules.tier_of(cell) for cell in ("战备", "Standby", "普通")] == ["standby", "standby", "normal"]
    assert [rules.level_of(cell) for cell in ("区县", "镇/街", "社区（村）")] == [
        "county",
        "town",
        "community",
    ]
    days = ("2027-01-31", "2027/1/31", "20270131", "2027年1月31日")
    assert {rules.day_of(cell) for cell in days} == {date(2027, 1, 31)}
    assert rules.number_of(" 12.50 ", 0, 20) == 12.5
    assert rules.line_of(" 赤坎 \n 区 ") == "赤坎 区"
    assert rules.skills_of("first_aid; boat:2027-01-31、急救：2027/2/1；") == (
        SkillText("first_aid", None),
        SkillText("boat", date(2027, 1, 31)),
        SkillText("急救", date(2027, 2, 1)),
    )


@pytest.mark.parametrize(
    ("read", "cell", "reason"),
    [
        ("code_of", "网格 1", "code-malformed"),
        ("code_of", "a" * 65, "code-malformed"),
        ("line_of", "长" * 201, "text-too-long"),
        ("truth_of", "也许", "truth-unknown"),
        ("tier_of", "精锐", "tier-unknown"),
        ("level_of", "省", "level-unknown"),
        ("day_of", "2027-02-30", "day-malformed"),
        ("day_of", "明天", "day-malformed"),
        ("skills_of", "boat; boat", "skill-twice"),
        ("skills_of", ":2027-01-01", "skill-nameless"),
        ("skills_of", "boat:soon", "day-malformed"),
    ],
)
def test_cells_that_say_nothing_are_named(read: str, cell: str, reason: str) -> None:
    with pytest.raises(BadCell) as caught:
        getattr(rules, read)(cell)
    assert caught.value.reason == reason
    assert text(f"import.{reason}", Language.ZH, **caught.value.detail)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("12a", "number-malformed"),
        ("nan", "number-malformed"),
        ("１２", "number-malformed"),
        ("21", "number-out-of-range"),
    ],
)
def test_numbers_are_plain_and_in_range(cell: str, reason: str) -> None:
    with pytest.raises(BadCell) as caught:
        rules.number_of(cell, 0, 20)
    assert caught.value.reason == reason
    assert text(f"import.{reason}", Language.EN, **caught.value.detail)


def test_every_reason_has_its_texts() -> None:
    told = re.compile(
        r"""(?:BadCell|BadShape|\.defect|\.note|fault=|reason = |Cell\(column, \w+, |_word\(_\w+, text, )\(?"""
        r"""(?:[\w.]+, [\w]+, )?"([a-z]+(?:-[a-z]+)+)\""""
    )
    sources = (*READING, Path(rules.__file__), Path(repair.__code__.co_filename))
    reasons = {reason for path in sources for reason in told.findall(path.read_text(encoding="utf-8"))}
    assert {
        "ring-open",
        "cell-error",
        "skill-twice",
        "geometry-collapsed",
        "tier-unknown",
        "crs-differs",
    } <= reasons
    assert not {reason for reason in reasons if f"import.{reason}" not in catalogue()}
    assert placeholders("import.cell-formula") == {"cell"}
