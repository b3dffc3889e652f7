"""The one catalogue of text for people: zh_Hans first, en second, side by side in catalogue.toml."""

import tomllib
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from string import Formatter
from typing import Any


class Language(StrEnum):
    """The languages of the catalogue, the first one first."""

    ZH = "zh"
    EN = "en"


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every text by its key (`problem.not-found.detail`): a template in each language."""
    raw = tomllib.loads(files(__name__).joinpath("catalogue.toml").read_text(encoding="utf-8"))
    found: dict[str, dict[str, str]] = {}

    def walk(prefix: str, node: dict[str, Any]) -> None:
        if set(node) == set(Language):
            found[prefix] = node
            return
        for name, child in node.items():
            walk(f"{prefix}.{name}" if prefix else name, child)

    walk("", raw)
    return found


def text(key: str, language: Language, **params: Any) -> str:
    """The text of a key with its placeholders filled. Raises KeyError when there is none."""
    return catalogue()[key][language].format(**params)


@cache
def placeholders(key: str) -> frozenset[str]:
    """What a text wants to be told; none where there is no such text."""
    texts = catalogue().get(key, {})
    return frozenset(name for each in texts.values() for _, name, _, _ in Formatter().parse(each) if name)


@lru_cache(maxsize=256)
def choose(accept_language: str | None) -> Language:
    """The language that an Accept-Language header asks for; Chinese when it asks for none of ours."""
    wishes: list[tuple[float, Language]] = []
    for part in (accept_language or "").split(","):
        tag, _, weight = part.strip().partition(";q=")
        for language in Language:
            if tag.lower().split("-")[0] == language:
                try:
                    wishes.append((float(weight or 1), language))
                except ValueError:
                    continue
    return max(wishes, key=lambda wish: wish[0])[1] if wishes else Language.ZH


def either(language: Language, zh: str, en: str | None) -> str:
    """A name in the language: the English one where it is asked for and there is one, else the Chinese."""
    return zh if language == Language.ZH else en or zh
