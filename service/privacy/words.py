"""Finding a person's name, number and addresses in what others wrote, and taking them out. Pure."""

import json
import re
from dataclasses import dataclass
from typing import Any

ERASED = "已删除"
"""What stands where a person was named."""
SHORTEST, SHORT = 2, 3
"""A name of one character is everywhere, and says nothing. One of two (马路, 高山) is a common word as well: it is
looked for where the person was concerned, and one of three or more everywhere."""


@dataclass(frozen=True, slots=True)
class Words:
    """What names a person."""

    names: frozenset[str]
    """Names and addresses, wherever they stand."""
    codes: frozenset[str]
    """Numbers and usernames, where they stand alone: M1 is not in M12."""

    def everywhere(self) -> "Words":
        """Those that are nobody else's words."""
        return Words(frozenset(name for name in self.names if len(name) >= SHORT), self.codes)

    def short(self) -> "Words":
        """The names that are common words as well."""
        return Words(frozenset(name for name in self.names if SHORTEST <= len(name) < SHORT), frozenset())

    def pattern(self) -> re.Pattern[str] | None:
        """Any of the words, in whatever case; None without words."""
        alternatives = {word: re.escape(word) for word in self.names}
        alternatives |= {word: rf"(?<![0-9A-Za-z]){re.escape(word)}(?![0-9A-Za-z])" for word in self.codes}
        longest_first = sorted(alternatives, key=lambda word: (-len(word), word))
        if not longest_first:
            return None
        return re.compile("|".join(alternatives[word] for word in longest_first), re.IGNORECASE)

    def needles(self) -> list[str]:
        """What a stored text, or a JSON value's text, holds in lower case if it holds one of the words."""
        lower = {word.lower() for word in self.names | self.codes}
        return sorted(lower | {json.dumps(word, ensure_ascii=False)[1:-1] for word in lower})


def without(value: Any, words: re.Pattern[str]) -> Any:
    """A text, or a JSON value, that names nobody any more."""
    if isinstance(value, str):
        return words.sub(ERASED, value)
    if isinstance(value, dict):
        return {words.sub(ERASED, name): without(each, words) for name, each in value.items()}
    return [without(each, words) for each in value] if isinstance(value, list) else value
