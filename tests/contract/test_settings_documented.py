"""Every setting is in the README's table, and the table has no setting that there is not."""

import re
from pathlib import Path

from service.settings import Settings

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_readme_lists_every_setting():
    rows = "\n".join(re.findall(r"^\| `(?:VANGUARD_|deploy/).*$", README, re.MULTILINE))
    listed = set(re.findall(r"`VANGUARD_([A-Z_]+)`", rows))
    assert listed == {name.upper() for name in Settings.model_fields}
