"""Every reason that the checks name has its sentence in both languages, and its placeholders are filled."""

import ast
from pathlib import Path

from service.imports import checks
from service.texts import catalogue, placeholders

FOLDERS = [Path(checks.__file__).parent, Path(checks.__file__).parent.parent / "commands"]


def remarks():
    """(place, reason, what it is told) of each defect and note in the code whose reason is written out."""
    for path in sorted(file for folder in FOLDERS for file in folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") not in ("defect", "note"):
                continue
            told = {keyword.arg for keyword in node.keywords}
            if len(node.args) == 3 and isinstance(node.args[2], ast.Constant):
                yield f"{path.name}:{node.lineno}", node.args[2].value, told


def test_every_reason_has_its_sentence_filled():
    found = list(remarks())
    assert len(found) > 40
    for place, reason, told in found:
        key = f"import.{reason}"
        assert key in catalogue(), place
        assert None in told or placeholders(key) <= told, place
