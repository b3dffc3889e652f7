"""The table of rules in docs/dispatch.md is the one in code: the same reasons, in the same order, hard and soft."""

import re
from pathlib import Path

from service.dispatch.engine.eligibility import RULES
from service.texts import Language, text

PAGE = Path(__file__).parents[2] / "docs" / "dispatch.md"
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| (hard|soft) \|", re.MULTILINE)


def test_the_page_has_the_table_of_the_code():
    expected = [
        (rule.reason, text(f"reason.{rule.reason}", Language.ZH), "hard" if rule.hard else "soft")
        for rule in RULES
    ]
    assert ROW.findall(PAGE.read_text(encoding="utf-8")) == expected
