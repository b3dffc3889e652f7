"""CQL2, read into SQL through a list of what is allowed; nothing of a filter's text ever stands in a statement.

`cql2` turns text and JSON into the same tree, and it alone is not to be trusted with what strangers send: brackets in
each other take it exponentially long, and a long row of minus signs crashes the process. So a filter is measured
first. The tree is then walked here: every operator, property and literal is known, or the filter is refused by name.
"""

import re
from typing import Any

import cql2
from sqlalchemy import ColumnElement

from service.errors import Malformed
from service.ogc.cql.operators import predicate
from service.ogc.cql.values import Reading

TEXT, JSON = "cql2-text", "cql2-json"
LONGEST, DEEPEST, MOST_TERMS = 4000, 7, 500
"""Characters of a filter, brackets open at once, and terms of its tree."""
DEEPEST_TREE = 64


def condition(text: str, language: str, reading: Reading) -> ColumnElement[bool]:
    """The WHERE condition of a filter. Raises Malformed, which says what is wrong with it."""
    tree = parse(text, language)
    measure_tree(tree)
    return predicate(tree, reading)


def parse(text: str, language: str) -> Any:
    """The tree of a filter. Raises Malformed."""
    if len(text) > LONGEST or deepest(text) > DEEPEST or re.search(r"-(\s*-){9}", text):
        raise too_large()
    if "\x00" in text:
        raise Malformed("filter-syntax", dialect=language, reason="U+0000")
    try:
        return (cql2.parse_json(text) if language == JSON else cql2.parse_text(text)).to_json()
    except (cql2.ParseError, cql2.ValidationError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:300]
        raise Malformed("filter-syntax", dialect=language, reason=reason) from error


def too_large() -> Malformed:
    """The error of a filter that would take too long to read."""
    return Malformed("filter-too-large", length=LONGEST, depth=DEEPEST, nodes=MOST_TERMS)


def deepest(text: str) -> int:
    """How many round brackets are open at once, those in quotes left out."""
    depth = most = 0
    for found in re.finditer(r"'(?:[^']|'')*'|\"[^\"]*\"|[()]", text):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        most = max(most, depth)
    return most


def measure_tree(tree: Any) -> None:
    """Raises Malformed for a tree with too many terms, or too deep to walk. Coordinates are no terms."""
    terms, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        terms += 1
        if terms > MOST_TERMS or depth > DEEPEST_TREE:
            raise too_large()
        if isinstance(node, dict) and "coordinates" not in node:
            waiting += [(each, depth + 1) for each in node.values() if isinstance(each, dict | list)]
        elif isinstance(node, list):
            waiting += [(each, depth + 1) for each in node]
