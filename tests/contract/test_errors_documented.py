"""Every error that the code raises has its texts and its line in docs/errors.md, and neither has one more."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import service.app  # noqa: F401  (every error class: they are found as subclasses)
from service.dispatch.engine.problem import Precedence, Reason, Source
from service.dispatch.rules import OfferState, Trigger
from service.errors import ServiceError
from service.texts import Language, catalogue
from service.web import problems

ROOT = Path(__file__).parents[2]
OF_CLASS = {
    "NotFound": ("not-found", {"kind"}),
    "Refused": ("forbidden", set()),
    "TooMany": ("too-many-attempts", {"retry_after"}),
    "LoginFailed": ("login-failed", set()),
}
"""Errors with a slug of their own, and what their class fills in."""


class Raised(NamedTuple):
    """One construction of an error: its place, and what can be seen there of it; None where it cannot."""

    where: str
    status: int | None
    slug: str | None
    given: set[str] | None


def classes(root: type[ServiceError] = ServiceError) -> dict[str, type[ServiceError]]:
    """Every error class by name."""
    found = {root.__name__: root}
    for child in root.__subclasses__():
        found |= classes(child)
    return found


def constant(node: ast.expr | None) -> object:
    """What a literal says; None of anything else."""
    return node.value if isinstance(node, ast.Constant) else None


def raised() -> Iterator[Raised]:
    """Every construction of an error in service/."""
    known = classes()
    for path in sorted((ROOT / "service").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in known:
                yield read(f"{path.relative_to(ROOT)}:{node.lineno}", name, known[name], node)


def read(where: str, name: str, kind: type[ServiceError], node: ast.Call) -> Raised:
    """One construction. StatusError has its status first; the slug follows, or is the class's own."""
    arguments = list(node.args)
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    status: object = kind.status
    if kind is problems.StatusError:
        status = constant(arguments.pop(0))
    own, given = OF_CLASS.get(name, (None, set()))
    if name in ("NotFound", "LoginFailed"):
        arguments = []
    slug = constant(arguments[0]) if arguments else constant(keywords.get("slug")) or own
    seen = None if None in keywords else given | set(keywords)
    return Raised(where, status, slug, seen)  # type: ignore[arg-type]


def by_the_edge() -> dict[str, int]:
    """The slugs that web.problems chooses from, with their statuses."""
    chosen = {slug: status for status, slug in problems.HTTP_SLUGS.items()}
    slugs = {*problems.FIELD_SLUGS.values(), "invalid-body", "invalid-parameter", "malformed-request"}
    return chosen | dict.fromkeys(slugs, 422)


def in_the_code() -> dict[str, set[int]]:
    """Every slug with its statuses."""
    found = {slug: {status} for slug, status in by_the_edge().items()}
    for each in raised():
        if each.slug is not None and each.status is not None:
            found.setdefault(each.slug, set()).add(each.status)
    return found


def on_the_page() -> list[tuple[str, int, str, str, str]]:
    """The rows of docs/errors.md: slug, status, title in Chinese and English, when."""
    status, rows = 0, []
    for line in (ROOT / "docs/errors.md").read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## (\d{3}) ", line):
            status = int(heading[1])
        elif row := re.fullmatch(r"\| `([a-z0-9-]+)` \| (.+?) \| (.+?) \| (.+) \|", line):
            rows.append((row[1], status, row[2], row[3], row[4]))
    return rows


def in_the_catalogue(room: str) -> set[str]:
    """The second part of the catalogue's keys that begin with `room`."""
    return {key.split(".")[1] for key in catalogue() if key.startswith(f"{room}.")}


def placeholders(slug: str) -> set[str]:
    """What the texts of a slug want to be told."""
    texts = [catalogue()[f"problem.{slug}.{part}"][each] for part in ("title", "detail") for each in Language]
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


def test_what_is_raised_is_found():
    found = list(raised())
    assert len(found) > 70
    unseen = [each.where for each in found if each.slug is None]
    assert all(where.startswith("service/web/problems.py:") for where in unseen), unseen


def test_the_page_is_the_code_in_words():
    expected = sorted(
        (slug, status, *(catalogue()[f"problem.{slug}.title"][each] for each in Language))
        for slug, statuses in in_the_code().items()
        for status in statuses
    )
    assert sorted(row[:4] for row in on_the_page()) == expected


def test_the_page_goes_up_by_status():
    statuses = [row[1] for row in on_the_page()]
    assert statuses == sorted(statuses)


def test_the_catalogue_has_both_texts_of_each_error_and_no_more():
    assert in_the_catalogue("problem") == set(in_the_code())
    for slug in in_the_code():
        for part in ("title", "detail"):
            assert all(catalogue()[f"problem.{slug}.{part}"][each].strip() for each in Language)


def test_every_placeholder_is_filled_where_the_error_is_raised():
    missing = {
        each.where: lacking
        for each in raised()
        if each.slug is not None
        and each.given is not None
        and (lacking := placeholders(each.slug) - each.given)
    }
    assert not missing


def test_both_languages_tell_the_same():
    for key, texts in catalogue().items():
        fields = [{name for _, name, _, _ in Formatter().parse(texts[each]) if name} for each in Language]
        assert fields[0] == fields[1], key


def test_the_other_texts_are_those_of_the_states_and_reasons():
    for section in ("offer", "asked"):
        assert in_the_catalogue(section) == set(OfferState)
    assert in_the_catalogue("trigger") == set(Trigger)
    for section in ("reason", "your_reason"):
        assert in_the_catalogue(section) == set(Reason)
    for section in ("source", "your_source"):
        assert in_the_catalogue(section) == set(Source)
    assert in_the_catalogue("precedence") == set(Precedence)
