"""A playbook as a whole, as it is written, and everything that is wrong with it. Pure.

Types are somebody else's care; what is checked here is whether the engine could work with the numbers, and whether
the parts fit each other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any

from service.dispatch.engine.probability import reaches
from service.dispatch.engine.problem import Mode, Section
from service.roster.rules import DAY_MINUTES
from service.tasks.rules import Level
from service.texts import Language


@dataclass(frozen=True, slots=True)
class Draft:
    """A playbook as somebody wants it: the engine's parameters by mode, who is told when, guidance by language."""

    name_zh: str
    name_en: str
    sections: Mapping[Mode, Section]
    levels: Mapping[Level, Mapping[str, Any]]
    """What a level of activation sets otherwise than the emergency section, by field of `Section`."""
    ladder: Sequence[tuple[str, float]]
    """The rungs that are told when seats have been open for so many minutes."""
    guidance: Mapping[str, str]
    """By `Language`."""


def columns(draft: Draft) -> dict[str, Any]:
    """A draft as it is stored: JSON in the words of the API, by column."""
    return {
        "name_zh": draft.name_zh,
        "name_en": draft.name_en,
        "sections": {mode: asdict(section) for mode, section in draft.sections.items()},
        "levels": {level: dict(changes) for level, changes in draft.levels.items()},
        "ladder": [{"rung": rung, "minutes": minutes} for rung, minutes in draft.ladder],
        "guidance": dict(draft.guidance),
    }


class Wrong(StrEnum):
    """What can be wrong with a field; the catalogue has it in words (`defect.<…>`)."""

    MISSING_TEXT = "missing_text"
    MISSING_MODE = "missing_mode"
    UNKNOWN_FIELD = "unknown_field"
    NO_ENTRY = "no_entry"
    OUT_OF_RANGE = "out_of_range"
    NOT_A_PROBABILITY = "not_a_probability"
    UNREACHABLE_STEP = "unreachable_step"
    NOT_FROM_MIDNIGHT = "not_from_midnight"
    HOUR_NOT_LATER = "hour_not_later"
    CANNOT_FILL = "cannot_fill"
    RUNG_TWICE = "rung_twice"
    RUNG_OUT_OF_ORDER = "rung_out_of_order"
    RUNG_NOT_LATER = "rung_not_later"


@dataclass(frozen=True, slots=True)
class Defect:
    """One thing that is wrong, and what the words for it need."""

    path: str
    """Of the field: `sections.normal.reach_minutes.2`."""
    wrong: Wrong
    params: dict[str, str] = field(default_factory=dict)


BOUNDS: Mapping[str, tuple[float, float]] = {
    # Nobody reads and answers faster; and an offer that ends as it is made would have wave follow wave.
    "answer_minutes": (0.5, DAY_MINUTES),
    "move_minutes": (1, DAY_MINUTES),
    "max_offers": (1, 200),
    "rest_minutes": (0, 7 * DAY_MINUTES),
    "confirm_minutes": (0, DAY_MINUTES),
    "speed_kmh": (1, 200),
    # No way is shorter than the straight line: the search outwards rests on it.
    "road_factor": (1, 5),
}
"""The least and the most of each number of a section, both allowed."""
STEP_BOUNDS = (1, DAY_MINUTES)
RUNG_BOUNDS = (0, DAY_MINUTES)
HOUR_BOUNDS = (0, 23)
FILLING = ("max_offers", "target_probability", "acceptance_prior")
"""The fields that decide together whether a wave can fill a seat."""
PARAMETERS = tuple(each.name for each in fields(Section))


def defects(draft: Draft, rungs: Sequence[str]) -> list[Defect]:
    """Everything that is wrong with a draft, in the order in which it is written; none: it can be put in force.

    `rungs` are the ladder's, from the nearest on.
    """
    return [
        *_in_texts({"name_zh": draft.name_zh, "name_en": draft.name_en}),
        *_in_sections(draft.sections),
        *_in_levels(draft.levels, draft.sections.get(Mode.EMERGENCY)),
        *_in_ladder(draft.ladder, rungs),
        *_in_texts({f"guidance.{language}": draft.guidance.get(language, "") for language in Language}),
    ]


def _in_texts(texts: Mapping[str, str]) -> Iterator[Defect]:
    for path, text in texts.items():
        if not text.strip():
            yield Defect(path, Wrong.MISSING_TEXT)


def _in_sections(sections: Mapping[Mode, Section]) -> Iterator[Defect]:
    for mode in Mode:
        path = f"sections.{mode}"
        if mode not in sections:
            yield Defect(path, Wrong.MISSING_MODE)
            continue
        for name in PARAMETERS:
            yield from _in_field(name, getattr(sections[mode], name), path)
        yield from _in_filling(sections[mode], f"{path}.{FILLING[0]}")


def _in_levels(levels: Mapping[Level, Mapping[str, Any]], emergency: Section | None) -> Iterator[Defect]:
    """What the levels change is checked by itself, and for whether it fits what they leave as it is."""
    for level, changes in levels.items():
        path = f"levels.{level}"
        known = {name: value for name, value in changes.items() if name in PARAMETERS}
        for name in changes:
            if name not in known:
                yield Defect(f"{path}.{name}", Wrong.UNKNOWN_FIELD, {"known": ", ".join(PARAMETERS)})
        for name, value in known.items():
            yield from _in_field(name, value, path)
        # Where the level changes none of them, the emergency section's own defect has been named already.
        if emergency is not None and (changed := [name for name in FILLING if name in known]):
            yield from _in_filling(replace(emergency, **known), f"{path}.{changed[0]}")


def _in_field(name: str, value: Any, section: str) -> Iterator[Defect]:
    """What is wrong with one field of a section by itself."""
    path = f"{section}.{name}"
    if name == "reach_minutes":
        yield from _in_steps(value, path)
    elif name == "acceptance_prior":
        yield from _in_prior(value, path)
    elif name == "target_probability":
        yield from _in_probability(value, path)
    elif name in BOUNDS:
        yield from _in_bounds(value, BOUNDS[name], path)


def _in_steps(steps: Sequence[float], path: str) -> Iterator[Defect]:
    if not steps:
        yield Defect(path, Wrong.NO_ENTRY)
    for index, minutes in enumerate(steps):
        yield from _in_bounds(minutes, STEP_BOUNDS, f"{path}.{index}")
    for index, (before, minutes) in enumerate(pairwise(steps), 1):
        if minutes <= before:
            params = {"minutes": f"{minutes:g}", "before": f"{before:g}"}
            yield Defect(f"{path}.{index}", Wrong.UNREACHABLE_STEP, params)


def _in_prior(prior: Sequence[tuple[int, float]], path: str) -> Iterator[Defect]:
    if not prior:
        yield Defect(path, Wrong.NO_ENTRY)
    for index, (hour, probability) in enumerate(prior):
        yield from _in_bounds(hour, HOUR_BOUNDS, f"{path}.{index}.0")
        yield from _in_probability(probability, f"{path}.{index}.1")
    if prior and prior[0][0] > 0:
        yield Defect(f"{path}.0.0", Wrong.NOT_FROM_MIDNIGHT)
    for index, ((before, _), (hour, _)) in enumerate(pairwise(prior), 1):
        if hour <= before:
            params = {"hour": str(hour), "before": str(before)}
            yield Defect(f"{path}.{index}.0", Wrong.HOUR_NOT_LATER, params)


def _in_probability(value: float, path: str) -> Iterator[Defect]:
    if not 0 < value < 1:
        yield Defect(path, Wrong.NOT_A_PROBABILITY)


def _in_bounds(value: float, bounds: tuple[float, float], path: str) -> Iterator[Defect]:
    least, most = bounds
    if not least <= value <= most:
        yield Defect(path, Wrong.OUT_OF_RANGE, {"least": f"{least:g}", "most": f"{most:g}"})


def _in_filling(section: Section, path: str) -> Iterator[Defect]:
    """Whether one wave could fill even one seat, at the hour at which people say yes most seldom.

    If n people are asked who say yes with probability p each, one of them does with 1 - (1 - p)^n.
    """
    if [defect for name in FILLING for defect in _in_field(name, getattr(section, name), path)]:
        return
    hour, prior = min(section.acceptance_prior, key=lambda step: step[1])
    best = 1 - (1 - prior) ** section.max_offers
    if not reaches(best, section.target_probability):
        params = {"offers": str(section.max_offers), "hour": str(hour)}
        params |= {"best": f"{best:.2%}", "target": f"{section.target_probability:.2%}"}
        yield Defect(path, Wrong.CANNOT_FILL, params)


def _in_ladder(ladder: Sequence[tuple[str, float]], rungs: Sequence[str]) -> Iterator[Defect]:
    for index, (rung, minutes) in enumerate(ladder):
        above = [each for each, _ in ladder[:index] if rungs.index(each) >= rungs.index(rung)]
        if rung in above:
            yield Defect(f"ladder.{index}.rung", Wrong.RUNG_TWICE, {"rung": rung})
        elif above:
            params = {"rung": rung, "before": above[-1]}
            yield Defect(f"ladder.{index}.rung", Wrong.RUNG_OUT_OF_ORDER, params)
        yield from _in_bounds(minutes, RUNG_BOUNDS, f"ladder.{index}.minutes")
    for index, ((_, before), (_, minutes)) in enumerate(pairwise(ladder), 1):
        if minutes <= before:
            params = {"minutes": f"{minutes:g}", "before": f"{before:g}"}
            yield Defect(f"ladder.{index}.minutes", Wrong.RUNG_NOT_LATER, params)
