"""Rules of imports: what is told of a file, the columns of its fields, what its cells say. Pure."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as has
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from service.errors import Invalid
from service.imports.fields import FIELDS, FieldRule

Detail = Mapping[str, str | int | float]


class Kind(StrEnum):
    """What can be imported; the last part of the route."""

    GOVERNANCE_GRIDS = "governance-grids"
    PARTY_GRIDS = "party-grids"
    LINKS = "links"
    UNITS = "units"
    MEMBERS = "members"


@dataclass(frozen=True, slots=True)
class Defect:
    """Something that keeps a file from being stored. Its text is the catalogue's `import.<reason>`.

    `row` and `field` are None where it is the whole file's or the whole row's; `detail` fills the text's placeholders.
    """

    row: int | None
    field: str | None
    reason: str
    detail: Detail = has(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know before the file is stored. Its text is the catalogue's `import.<reason>`."""

    row: int | None
    field: str | None
    reason: str
    detail: Detail = has(default_factory=dict)


class BadCell(ValueError):
    """A cell does not say what its field needs. `reason` and `detail` are those of a Defect."""

    def __init__(self, reason: str, **detail: str | int | float) -> None:
        super().__init__(f"{reason} {detail}")
        self.reason = reason
        self.detail = detail


_TRUE = {"true", "t", "yes", "y", "1", "是", "有", "真", "对", "有效", "在册", "启用", "√"}
_FALSE = {"false", "f", "no", "n", "0", "否", "无", "假", "错", "无效", "不在册", "停用", "注销", "×"}
_TIERS = {
    **dict.fromkeys(("normal", "普通", "一般", "常规", "普通队员", "平时"), "normal"),
    **dict.fromkeys(("standby", "reserve", "战备", "战备队员", "后备", "备勤"), "standby"),
}
_LEVELS = {
    **dict.fromkeys(("city", "市", "市级", "地市", "地级市"), "city"),
    **dict.fromkeys(("county", "district", "县", "区", "县级", "区县", "县区", "县级市", "县市区"), "county"),
    **dict.fromkeys(
        ("town", "street", "township", "镇", "乡", "街道", "镇街", "乡镇", "乡镇街道", "镇级"), "town"
    ),
    **dict.fromkeys(
        ("community", "village", "社区", "村", "村社区", "村居", "居委会", "村委会", "社区村"), "community"
    ),
    **dict.fromkeys(("grid", "网格", "网格级", "基础网格"), "grid"),
}
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}", re.ASCII)
LINE_LENGTH = 200
_SHAPEFILE_NAME_BYTES = 10


def guess_columns(
    kind: Kind, columns: Sequence[str], given: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The column of each field of a kind that has one, no column for two; `given` ones are taken as they are.

    First a column by the field's own name or a known one, whatever its case, spaces and underscores; then one that is
    the beginning of such a name, cut off at the ten bytes that a Shapefile leaves.
    Raises Invalid `mapping-field`, `mapping-column`, `mapping-twice` for what `given` may not say.
    """
    rules = FIELDS[kind]
    mapping = _given(rules, columns, given or {})
    for likely in (_is_name, _is_cut_name):
        for rule in rules:
            if rule.name in mapping:
                continue
            free = [column for column in columns if column not in mapping.values()]
            names = (rule.name, *rule.columns)
            found = next((column for name in names for column in free if likely(column, name)), None)
            if found is not None:
                mapping[rule.name] = found
    return mapping


def missing_fields(kind: Kind, mapping: Mapping[str, str]) -> tuple[str, ...]:
    """The fields that every row of a kind needs and that have no column."""
    return tuple(rule.name for rule in FIELDS[kind] if rule.required and rule.name not in mapping)


def code_of(text: str) -> str:
    """A code: 1 to 64 letters, digits, `_ . : -`, as everywhere in the API. Raises BadCell."""
    if not _CODE.fullmatch(text):
        raise BadCell("code-malformed", found=shortened(text))
    return text


def line_of(text: str) -> str:
    """One line of text of at most 200 characters. Raises BadCell."""
    line = " ".join(text.split())
    if "\x00" in line:
        raise BadCell("text-nul")
    if len(line) > LINE_LENGTH:
        raise BadCell("text-too-long", length=len(line), most=LINE_LENGTH)
    return line


def number_of(text: str, least: float, most: float) -> float:
    """A plain decimal number in a range, both ends included. Raises BadCell."""
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text.strip(), re.ASCII):
        raise BadCell("number-malformed", found=shortened(text))
    value = float(text)
    if not math.isfinite(value) or not least <= value <= most:
        raise BadCell("number-out-of-range", found=shortened(text), least=least, most=most)
    return value


def truth_of(text: str) -> bool:
    """Yes or no, in Chinese or English. Raises BadCell."""
    word = text.strip().casefold()
    if word not in _TRUE | _FALSE:
        raise BadCell("truth-unknown", found=shortened(text))
    return word in _TRUE


def tier_of(text: str) -> str:
    """`normal` or `standby` (战备). Raises BadCell."""
    return _word(_TIERS, text, "tier-unknown")


def level_of(text: str) -> str:
    """`city`, `county`, `town`, `community` or `grid`. Raises BadCell."""
    return _word(_LEVELS, text, "level-unknown")


def day_of(text: str) -> date:
    """A day: 2027-01-31, 2027/1/31, 2027.1.31, 20270131 or 2027年1月31日. Raises BadCell."""
    found = re.fullmatch(
        r"(\d{4})(?:[-/.](\d{1,2})[-/.](\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d\d)(\d\d))",
        text.strip(),
        re.ASCII,
    )
    try:
        year, month, day = (int(part) for part in found.groups() if part) if found else (0, 0, 0)
        return date(year, month, day)
    except ValueError:
        raise BadCell("day-malformed", found=shortened(text)) from None


class SkillText(NamedTuple):
    """A skill as a cell names it, by its code or name, and the last day on which it is held."""

    name: str
    expires_on: date | None


def skills_of(text: str) -> tuple[SkillText, ...]:
    """Skills set apart by `;`, `,` or `、`, each with a day after a colon if it expires: `first_aid; boat:2027-01-31`.

    Raises BadCell.
    """
    skills: list[SkillText] = []
    for part in re.split(r"[;；,，、\n]", text):
        name, _, day = (piece.strip() for piece in re.sub("：", ":", part).partition(":"))
        if not name and not day:
            continue
        if not name:
            raise BadCell("skill-nameless", found=shortened(part))
        if name in {skill.name for skill in skills}:
            raise BadCell("skill-twice", found=shortened(name))
        skills.append(SkillText(name, day_of(day) if day else None))
    return tuple(skills)


def shortened(text: str, most: int = 40) -> str:
    """What was found, short enough to be told."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _given(rules: Sequence[FieldRule], columns: Sequence[str], given: Mapping[str, str]) -> dict[str, str]:
    names = [rule.name for rule in rules]
    for name, column in given.items():
        if name not in names:
            raise Invalid("mapping-field", found=shortened(name), known=", ".join(names))
        if column not in columns:
            raise Invalid(
                "mapping-column", mapped=name, found=shortened(column), known=", ".join(columns) or "—"
            )
        if list(given.values()).count(column) > 1:
            raise Invalid("mapping-twice", found=shortened(column))
    return dict(given)


def _bare(name: str) -> str:
    """A name without what people write differently: case, spaces, underscores, brackets."""
    return re.sub(r"[\s_\-.()（）*:：/、]+", "", name).casefold()


def _is_name(column: str, name: str) -> bool:
    return _bare(column) == _bare(name)


def _is_cut_name(column: str, name: str) -> bool:
    """Whether a Shapefile could have made the column of a longer name.

    In UTF-8 a Chinese character takes three bytes, and one that does not fit goes whole.
    """
    size = len(column.encode())
    cut = (
        _SHAPEFILE_NAME_BYTES - 2 <= size <= _SHAPEFILE_NAME_BYTES
        if not column.isascii()
        else (size == _SHAPEFILE_NAME_BYTES)
    )
    return cut and name.casefold().startswith(column.casefold())


def _word(words: Mapping[str, str], text: str, reason: str) -> str:
    word = words.get(_bare(text))
    if word is None:
        raise BadCell(reason, found=shortened(text))
    return word
