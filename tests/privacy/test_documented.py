"""The table of docs/privacy.md is the one in code, and the page names what is kept and for how long."""

import re
from pathlib import Path

from service.privacy.rules import RULES, Viewer
from service.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| (\w+) \| (\w+) \| (\w+) \|$", re.MULTILINE)


def test_the_page_has_the_table_of_the_code():
    assert ROW.findall(PAGE) == [
        (standing, *(cells[viewer] for viewer in Viewer)) for standing, cells in RULES.items()
    ]


def test_the_page_has_the_days_of_the_settings():
    said = dict(re.findall(r"`VANGUARD_(\w+_DAYS)` \((\d+)\)", PAGE))
    defaults = Settings.model_fields
    assert {name: int(days) for name, days in said.items()} == {
        name.upper(): defaults[name].default
        for name in ("checkin_days", "look_days", "audit_days", "event_days")
    }
