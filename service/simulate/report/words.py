"""The report's texts by language."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from service.texts import Language


@cache
def _catalogue() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


def word(language: Language, kind: str, name: str, **params: Any) -> str:
    """A text of the catalogue. KeyError if there is none."""
    chinese, english = _catalogue()[kind][name]
    return (chinese if language is Language.ZH else english).format(**params)
